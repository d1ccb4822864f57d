"""Tier 2: a project keeps to its structure: imports go down its floors, types hold, and nothing is unused."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from jinja2 import Environment
from vulture import Vulture

from tests.combinations import ALONE, ALONE_AND_ALL, FEATURES, FRAMEWORKS, Combination, identifier
from tests.conftest import RENDERINGS
from tools.environments import environment_of
from tools.render import ROOT

PACKAGE = "thedemo"
DATABASE_FLOOR, SHARED_FLOOR, FEATURE_FLOOR, GLUE_FLOOR = 1, 2, 3, 4
FLOORS = {
    "config": 0,
    "errors": 0,
    "db": DATABASE_FLOOR,
    "samples": SHARED_FLOOR,
    "web": SHARED_FLOOR,
    **dict.fromkeys(FEATURES, FEATURE_FLOOR),
}
"""The floors of a package's rooms (docs/architecture.md); what is not listed is glue, above all of them."""

Rendering = Callable[[Combination], Path]
each_project = pytest.mark.parametrize("combination", ALONE_AND_ALL, ids=identifier)


def python_of(folder: Path) -> list[Path]:
    """Return the modules of a folder."""
    return sorted(folder.rglob("*.py"))


def is_test(path: Path) -> bool:
    """Return True if a module of a project is a test or helps tests."""
    return path.name.startswith(("test_", "conftest")) or path.parent.name == "tests"


# --- Imports ---------------------------------------------------------------------------------------------------------


def imports_of(folder: Path) -> dict[str, set[str]]:
    """Return the modules of the package that each of its modules imports, except tests; names without the package's."""
    modules = {name_of(path, folder): path for path in python_of(folder / PACKAGE) if not is_test(path)}
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        imported = (longest_known(target, modules) for target in targets(ast.parse(path.read_text()), package))
        graph[name] = {target for target in imported if target not in {"", name}}
    return graph


def name_of(path: Path, folder: Path) -> str:
    """Return the dotted name of a module inside its package; empty for the package itself."""
    parts = path.relative_to(folder / PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def targets(module: ast.Module, package: str) -> Iterator[str]:
    """Yield the dotted names that a module imports from its own project, wherever in the module."""
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom(level=0, module=str(absolute)) if absolute.split(".")[0] == PACKAGE:
                base = absolute.split(".")[1:]
            case ast.ImportFrom(level=level) if level:
                above = package.split(".")[: len(package.split(".")) - level + 1] if package else []
                base = above + (node.module.split(".") if node.module else [])
            case ast.Import():
                yield from (name.name.removeprefix(f"{PACKAGE}.") for name in node.names if PACKAGE in name.name)
                continue
            case _:
                continue
        yield from (".".join([*base, name.name]) for name in node.names)


def longest_known(target: str, modules: Iterable[str]) -> str:
    """Return the module of a dotted name, whose last part may be a name in the module."""
    while target and target not in modules:
        target = target.rpartition(".")[0]
    return target


def room_of(module: str) -> str:
    """Return the folder of a module, or the module itself if it is in none."""
    return module.split(".")[0]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return a circle of a graph; empty without one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@each_project
def test_no_import_leads_up_or_to_another_feature(rendering: Rendering, combination: Combination) -> None:
    for module, imported in imports_of(rendering(combination)).items():
        here = room_of(module)
        for target in imported:
            there = room_of(target)
            floor, below = FLOORS.get(here, GLUE_FLOOR), FLOORS.get(there, GLUE_FLOOR)
            assert below <= floor, f"{module} imports {target}, which is above it"
            assert here == there or FEATURE_FLOOR not in {floor} or below != FEATURE_FLOOR, f"{module}: {target}"


@each_project
def test_no_imports_go_in_a_circle(rendering: Rendering, combination: Combination) -> None:
    graph = imports_of(rendering(combination))
    assert circle(graph) == []
    rooms: dict[str, set[str]] = {room_of(module): set() for module in graph}
    for module, imported in graph.items():
        rooms[room_of(module)] |= {room_of(target) for target in imported} - {room_of(module)}
    assert circle(rooms) == []


def test_an_import_is_seen_wherever_it_is(tmp_path: Path) -> None:
    files = {
        "__init__.py": "",
        "app.py": "from . import ttl\nfrom .web.pages import render\nimport thedemo.db\n",
        "db/__init__.py": "",
        "db/driver.py": "def late():\n    from ..ttl import service\n    from . import driver\n    import coodie.aio\n",
        "ttl/__init__.py": "from thedemo.errors import NotFound\n",
        "ttl/service.py": "from ..db.driver import late\n",
        "errors.py": "from .config import *\n",
        "config.py": "",
        "web/__init__.py": "",
        "web/pages.py": "",
    }
    for path, text in files.items():
        (tmp_path / PACKAGE / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / PACKAGE / path).write_text(text)
    graph = imports_of(tmp_path)
    assert {module: imported for module, imported in graph.items() if imported} == {
        "app": {"ttl", "web.pages", "db"},
        "db.driver": {"ttl.service"},
        "ttl": {"errors"},
        "ttl.service": {"db.driver"},
        "errors": {"config"},
    }
    assert set(circle(graph)) == {"db.driver", "ttl.service"}


# --- Dead code -------------------------------------------------------------------------------------------------------

IGNORED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["vulture"]
DOTTED = re.compile(r"\w+(?:\.\w+)+")
"""A name in a text, as Django's settings have them."""
DATA = {"BaseModel", "Document", "NamedTuple", "Schema", "UserType"}
"""The classes, and what is derived of them, whose fields are read by those who get them as JSON or give them."""


def unused(sources: list[Path], templates: Iterable[Path] = (), used: Iterable[str] = ()) -> list[str]:
    """Return what some sources define but neither they nor templates use."""
    vulture = Vulture(ignore_names=IGNORED["ignore_names"], ignore_decorators=IGNORED["ignore_decorators"])
    vulture.scavenge(sources)
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in sources]
    vulture.used_names.update(used, names_in_templates(templates), names_in_texts(modules), declarations(modules))
    vulture.used_names.update(fields_of_data(modules), found_by_their_base(modules))
    found = vulture.get_unused_code(IGNORED["min_confidence"])
    # Django reads its settings by their names.
    unused = [item for item in found if not (item.filename.name == "settings.py" and item.name.isupper())]
    return [f"{item.filename}:{item.first_lineno}: {item.message}" for item in unused]


def classes_of(modules: list[ast.Module]) -> list[ast.ClassDef]:
    """Return all classes."""
    return [node for module in modules for node in ast.walk(module) if isinstance(node, ast.ClassDef)]


def fields_of_data(modules: list[ast.Module]) -> Iterator[str]:
    """Yield the names of the fields of schemas and documents."""
    classes, data = classes_of(modules), set(DATA)
    while derived := {node.name for node in classes if names_in(node.bases) & data} - data:
        data |= derived
    fields = (line for node in classes if node.name in data for line in node.body if isinstance(line, ast.AnnAssign))
    return (field.target.id for field in fields if isinstance(field.target, ast.Name))


def found_by_their_base(modules: list[ast.Module]) -> Iterator[str]:
    """Yield the names of the classes whose base is asked for its subclasses."""
    attributes = (node for module in modules for node in ast.walk(module) if isinstance(node, ast.Attribute))
    asked = names_in(attribute for attribute in attributes if attribute.attr == "__subclasses__")
    return (node.name for node in classes_of(modules) if names_in(node.bases) & asked)


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names in some expressions."""
    return {name.id for node in nodes for name in ast.walk(node) if isinstance(name, ast.Name)}


def declarations(modules: list[ast.Module]) -> Iterator[str]:
    """Yield the names and arguments of functions without a body, which say to a type checker what others define."""
    for node in (node for module in modules for node in ast.walk(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.unparse(node.body[-1]) == "...":
            yield node.name
            yield from (argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg))


def names_in_texts(modules: list[ast.Module]) -> Iterator[str]:
    """Yield the last part of each dotted name that stands in a text, and the names of annotations that are texts."""
    for node in (node for module in modules for node in ast.walk(module)):
        match node:
            case ast.Constant(value=str(text)) if DOTTED.fullmatch(text):
                yield text.rpartition(".")[2]
            case (
                ast.arg(annotation=ast.Constant(value=str(text)))
                | ast.FunctionDef(returns=ast.Constant(value=str(text)))
            ):
                yield from re.findall(r"\w+", text)


@cache
def names_in_template(text: str) -> frozenset[str]:
    """Return the names in an HTML template's tags."""
    return frozenset(value for _, kind, value in Environment().lex(text) if kind == "name")


def names_in_templates(templates: Iterable[Path]) -> set[str]:
    """Return the names in the tags of HTML templates."""
    return set().union(*(names_in_template(path.read_text(encoding="utf-8")) for path in templates))


@pytest.mark.parametrize("combination", ALONE, ids=identifier)
def test_a_project_with_one_feature_holds_nothing_unused(rendering: Rendering, combination: Combination) -> None:
    folder = rendering(combination)
    modules = [path for path in python_of(folder) if not is_test(path) and path.parent.name != "tools"]
    found = unused(modules, folder.rglob("*.html"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("combination", ALONE, ids=identifier)
def test_its_tests_hold_nothing_unused(rendering: Rendering, combination: Combination) -> None:
    modules = [path for path in python_of(rendering(combination)) if is_test(path)]
    # A fixture is used by those who name it as an argument, also for what it does alone; a field by those who set it.
    nodes = [node for path in modules for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    found = unused(modules, used=(node.arg for node in nodes if isinstance(node, ast.arg | ast.keyword) and node.arg))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f() -> None:\n    pass\n", ["function 'f'"]),
        ("def f(n: int) -> None: ...\n", []),
        ("def f() -> 'A':\n    return 1\n\n\nclass A: ...\n\n\nf()\n", []),
        ("class A(Schema):\n    read: int\n\n\nA\n", []),
        ("class A:\n    read: int\n\n\nA\n", ["variable 'read'"]),
        ("class A(B[int]): ...\n\n\nclass B(Document):\n    read: int\n", ["class 'A'"]),
        ("class A: ...\n\n\nclass B(A): ...\n\n\nA.__subclasses__()\n", []),
        ("@router.get('/')\ndef page() -> None:\n    pass\n", []),
        ("def page() -> None:\n    pass\n\n\nVIEW = 'thedemo.page'\nVIEW\n", []),
        ("def shown() -> None:\n    pass\n", []),
    ],
)
def test_dead_code_is_found_and_what_frameworks_use_is_not(source: str, found: list[str], tmp_path: Path) -> None:
    module, template = tmp_path / "module.py", tmp_path / "page.html"
    module.write_text(source)
    template.write_text("f {# f #} {{ shown(a.b) }}")
    assert [message.partition("unused ")[2] for message in unused([module], [template])] == found


# --- Types -----------------------------------------------------------------------------------------------------------

RELAXED = {"module", "ignore_missing_imports", "follow_untyped_imports", "implicit_reexport"}
"""What a project may ask of mypy for packages without types, or with types that are not strict."""
IGNORE = re.compile(r"#\s*type:\s*ignore(?P<code>\[[a-z, -]+\])?(?P<reason>  # \S.*)?")


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_types_hold_with_each_feature_alone_and_with_all(rendering: Rendering, framework: str) -> None:
    complaints = {}
    for combination in ALONE_AND_ALL:
        if combination[0] == framework:
            folder = rendering(combination)
            # The next project's check need not read the same packages again.
            cache_dir = ["--cache-dir", str(RENDERINGS / f"{framework}.mypy_cache")]
            python = ["--python-executable", str(environment_of(folder) / "bin" / "python")]
            command = [sys.executable, "-m", "mypy", *cache_dir, *python, "."]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                complaints[folder.name] = (done.stdout + done.stderr).splitlines()
    summary = [f"{name}: {line}" for name, lines in complaints.items() for line in lines[-40:]]
    assert not complaints, "\n".join(summary)


@each_project
def test_types_are_strict(rendering: Rendering, combination: Combination) -> None:
    folder = rendering(combination)
    settings = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert settings["strict"] is True
    assert not any(isinstance(value, bool) and not value for value in settings.values()), settings
    for override in settings["overrides"]:
        assert override.keys() <= RELAXED, override
        assert PACKAGE not in str(override["module"]), override
    ignored = [match for path in python_of(folder) for match in IGNORE.finditer(path.read_text(encoding="utf-8"))]
    assert [match[0] for match in ignored if not (match["code"] and match["reason"])] == []
    assert len(ignored) <= 10
