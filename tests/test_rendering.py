"""Tier 2: what is rendered is clean source, with nothing of what was not chosen."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from io import StringIO
from itertools import chain
from keyword import kwlist
from pathlib import Path
from tokenize import OP, STRING, TokenInfo, generate_tokens

import pytest
from copier import run_copy

from tests.combinations import FEATURES, FRAMEWORKS, RENDERED, TEMPLATE, Combination, Features, identifier
from tests.conftest import RENDERINGS, in_one_process
from tests.repositories import git
from tools.render import ROOT

REGISTRY = TEMPLATE["registry"]["default"]
PARTS = TEMPLATE["parts"]["default"]
FRAMEWORK_WORDS = {
    "fastapi": r"fastapi|uvicorn|starlette",
    "flask": r"flask|werkzeug",
    "django": r"django|ninja|whitenoise",
}
KEYWORDS_AND_MODULES = ["class", "import", "json", "email", "django", "coodie", "dotenv", "tests"]
NO_IDENTIFIERS = ["../x", "a b", "1a", "", "x-y", "ünï", "a\n", "x" * 41]


@dataclass(frozen=True)
class Rendered:
    """A rendered project: every file's text by its path, and what was chosen."""

    folder: Path
    texts: dict[str, str]
    framework: str
    features: Features


@pytest.fixture(scope="module", params=in_one_process("rendered", RENDERED, identifier))
def rendered(request: pytest.FixtureRequest, rendering: Callable[[Combination], Path]) -> Rendered:
    """A rendered project."""
    folder = rendering(request.param)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
    return Rendered(folder, texts, *request.param)


@cache
def has_docstring(source: str) -> bool:
    """Return True if a module compiles and, unless it is empty, says what it is for; most projects share most files."""
    module = ast.parse(source)
    return bool(ast.get_docstring(module) or not module.body)


@cache
def is_tidy(text: str, is_prose: bool) -> bool:
    """Return True if no delimiter of the template is left, nor, in prose, a double blank line from one of its tags."""
    left = re.search(r"<<|(?<![\w>])>>|<%|%>|<#|#>", text)  # list<frozen<a_type>> is CQL
    # In the Python of a README, two blank lines are as they should be.
    prose = re.sub(r"^```python\n.+?\n```$", "```", text, flags=re.DOTALL | re.MULTILINE) if is_prose else ""
    return not left and text.endswith("\n") and "\n\n\n" not in prose


def test_it_compiles_and_every_module_says_what_it_is_for(rendered: Rendered) -> None:
    modules = {path: text for path, text in rendered.texts.items() if path.endswith(".py")}
    assert [path for path, text in modules.items() if not has_docstring(text)] == []


def test_no_delimiter_and_no_double_blank_line_of_the_template_is_left(rendered: Rendered) -> None:
    untidy = [
        path
        for path, text in rendered.texts.items()
        if text and not is_tidy(text, is_prose=not path.endswith((".py", ".lock")))
    ]
    assert untidy == []


@cache
def untidy_lines(text: str, kind: str) -> list[str]:
    """Return the lines that nobody would have written by hand, in a text with this end of its file's name."""
    wrong = [r"[ \t]$"]
    if kind == ".html":
        wrong += [r"\[\"(items|keys|values)\"\]", r".{161}"]
    lines = [line for line in text.split("\n") if any(re.search(pattern, line) for pattern in wrong)]
    return lines + (needless_parentheses(text) if kind == ".py" else [])


def needless_parentheses(source: str) -> list[str]:
    """Return the lines with parentheses around nothing but a name, its attributes and calls, as in (f()).x."""
    tokens, found, opened = list(generate_tokens(StringIO(source).readline)), [], []
    for index, token in enumerate(tokens):
        if token.type == OP and token.string in "([{":
            opened.append(index)
        elif token.type == OP and token.string in ")]}":
            first = opened.pop()
            if token.string == ")" and not is_called(tokens[first - 1]) and tokens[first].start[0] == token.start[0]:
                inside = token.line[tokens[first].end[1] : token.start[1]]
                if isinstance(expression(inside), ast.Attribute | ast.Call | ast.Name | ast.Subscript):
                    found.append(token.line.strip())
    return found


def is_called(token: TokenInfo) -> bool:
    """Return True if the parentheses after a token hold arguments, or the bases of a class."""
    is_name = token.string.isidentifier() and token.string not in kwlist
    return is_name or token.string in {")", "]", "}"} or token.type == STRING


def expression(source: str) -> ast.expr | None:
    """Return an expression, or None if the text is not one."""
    try:
        return ast.parse(source, mode="eval").body
    except SyntaxError:
        return None


@pytest.mark.parametrize(
    ("text", "kind", "wrong"),
    [
        ("a \nb\n", ".md", 1),
        ("<p>\n  \n</p>\n", ".html", 1),
        ('{{ page["items"] }}\n', ".html", 1),
        (f"<p>{'x' * 160}</p>\n", ".html", 1),
        ("x = (f(a)).b\n", ".py", 1),
        ("x = f((a))\n", ".py", 1),
        ("x = [(a.b)]\n", ".py", 1),
        ("x = f((a, b)), (a + b) * c, (await f()).b, f(a)(b), (1).real\n", ".py", 0),
        ("def f(a): ...\n\n\nclass A(B): ...\n", ".py", 0),
    ],
)
def test_untidy_lines_are_found(text: str, kind: str, wrong: int) -> None:
    assert len(untidy_lines(text, kind)) == wrong


def test_no_line_tells_that_a_machine_wrote_it(rendered: Rendered) -> None:
    untidy = {path: lines for path, text in rendered.texts.items() if (lines := untidy_lines(text, Path(path).suffix))}
    assert untidy == {}


def test_no_folder_is_empty(rendered: Rendered) -> None:
    assert [path for path in rendered.folder.rglob("*") if path.is_dir() and not any(path.iterdir())] == []


def test_nothing_of_an_unchosen_feature_or_framework_is_left(rendered: Rendered) -> None:
    unchosen = {slug: REGISTRY[slug] for slug in FEATURES if slug not in rendered.features}
    titles = [entry["title"] for entry in unchosen.values()] + [f"theme-{slug}" for slug in unchosen]
    tables = [table for entry in unchosen.values() for table in entry["tables"]]
    others = [words for framework, words in FRAMEWORK_WORDS.items() if framework != rendered.framework]
    for path, text in rendered.texts.items():
        if path.startswith("tools/cassandra"):
            continue
        assert not set(path.split("/")) & set(unchosen), path
        assert [title for title in titles if title in text] == [], path
        assert [table for table in tables if table in text and names_table(text, table)] == [], path
        if path.endswith((".py", ".toml", "Makefile", ".html")) and path != "tools/assets.py":
            assert not (found := re.search(rf"\b({'|'.join(others)})\b", text, re.IGNORECASE)), f"{path}: {found}"


def names_table(text: str, table: str) -> bool:
    """Return True if a text has a table's name in quotes or in CQL; some names are everyday words, too."""
    return bool(re.search(rf"""(["'`]|FROM |INTO |UPDATE |TABLE ){table}\b""", text))


def test_it_has_the_parts_that_its_features_need_and_no_other(rendered: Rendered) -> None:
    needed = {part for feature in rendered.features for part in REGISTRY[feature]["needs"]}
    depended = set(tomllib.loads(rendered.texts["pyproject.toml"])["project"]["dependencies"])
    for name, part in PARTS.items():
        for path in part["files"]:
            assert (path.replace("PACKAGE", "thedemo") in rendered.texts) == (name in needed), f"{path} of {name}"
    asked = set(TEMPLATE["dependencies"]["default"]) | set(
        TEMPLATE["frameworks"]["default"][rendered.framework]["dependencies"]
    )
    assert depended == asked.union(*(PARTS[name]["dependencies"] for name in needed))


def test_a_single_feature_has_no_dashboard(rendered: Rendered) -> None:
    assert ("thedemo/dashboard.py" in rendered.texts) == (len(rendered.features) > 1)


# --- All of them together --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["check --output-format concise", "format --check --diff"])
def test_ruff_leaves_every_project_as_it_is(rendering: Callable[[Combination], Path], command: str) -> None:
    folders = [rendering(combination).name for combination in RENDERED]
    # Each project's own settings hold; that git ignores the folder of the tests must not.
    ruff = [sys.executable, "-m", "ruff", *command.split(), "--no-cache", "--no-respect-gitignore", *folders]
    done = subprocess.run(ruff, cwd=RENDERINGS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join((done.stdout + done.stderr).splitlines()[:60])


@pytest.fixture(scope="session")
def package(rendering: Callable[[Combination], Path]) -> Path:
    """The package of a project with every feature."""
    return rendering((FRAMEWORKS[0], tuple(FEATURES))) / "thedemo"


def declared(folder: Path, pattern: str) -> set[str]:
    """Return what the modules of a folder declare, its tests apart: the first group of each match."""
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if not path.name.startswith("test_")]
    return {match[1] for source in sources for match in re.finditer(pattern, source, re.MULTILINE)}


def duplicates(names: Iterable[str]) -> list[str]:
    """Return the names that come twice."""
    return [name for name, times in Counter(names).items() if times > 1]


def test_git_ignores_what_make_clean_removes(rendering: Callable[[Combination], Path], tmp_path: Path) -> None:
    for project in (ROOT, rendering((FRAMEWORKS[0], tuple(FEATURES)))):
        recipe = subprocess.run(["make", "-n", "clean"], cwd=project, capture_output=True, text=True, check=True).stdout
        removed = re.search(r"^rm -rf (.+)$", recipe, re.MULTILINE)
        assert removed
        folders = [*removed[1].split(), ".cassandra", "tests/__pycache__", "generated/demo/demo/web/static/vendor"]
        files = [f"{folder}/file" for folder in folders]
        shutil.copy(project / ".gitignore", tmp_path)
        git(tmp_path, "init", "--quiet")
        assert git(tmp_path, "check-ignore", *files).splitlines() == files


def test_the_registry_names_every_table(package: Path) -> None:
    for feature in FEATURES:
        assert declared(package / feature, r'^ {8}name = "(\w+)"$') == set(REGISTRY[feature]["tables"]), feature


def test_the_registry_names_every_user_defined_type(package: Path) -> None:
    for feature in FEATURES:
        named = declared(package / feature, r'^ {8}__type_name__ = "(\w+)"$')
        assert named == set(REGISTRY[feature]["types"]), feature
        # Without a name of its own, a type gets one from its class, and another feature may have such a class, too.
        assert len(declared(package / feature, r"^class (\w+)\(UserType\):$")) == len(named), feature


def test_no_two_features_share_an_option_of_the_seed(package: Path) -> None:
    option = r'\b[Oo]ption\(\s*\[?"(--[a-z-]+)'
    options = [declared(package / feature, option) for feature in FEATURES]
    common = set(re.findall(option, (package.parent / "seed.py").read_text(encoding="utf-8")))
    assert {"--count", "--feed", "--features", "--random-seed"} <= common
    assert duplicates(chain(common, *options)) == []


# --- Answers ---------------------------------------------------------------------------------------------------------


def test_it_renders_without_trust_and_with_defaults_only(template: Path, tmp_path: Path) -> None:
    run_copy(str(template), tmp_path / "My Demo-2", defaults=True, quiet=True, unsafe=False)
    assert (tmp_path / "My Demo-2" / "my_demo_2" / "ttl" / "models.py").exists()


@pytest.mark.parametrize("name", KEYWORDS_AND_MODULES + NO_IDENTIFIERS)
def test_a_name_that_is_no_package_is_refused_with_one_sentence(template: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"[.;]$|\.\"?$|name") as refusal:
        run_copy(str(template), tmp_path / "out", data={"demo_name": name}, defaults=True, quiet=True)
    assert "demo_name" in str(refusal.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("keyspace", ["system", "system_auth", "1a", "a-b", "Upper", "x" * 49, "a;b", ""])
def test_a_keyspace_that_the_database_refuses_is_refused(template: Path, tmp_path: Path, keyspace: str) -> None:
    with pytest.raises(ValueError, match="keyspace"):
        run_copy(str(template), tmp_path / "out", data={"keyspace": keyspace}, defaults=True, quiet=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("answers", "question"),
    [({"features": []}, "features"), ({"features": ["nope"]}, "features"), ({"framework": "rails"}, "framework")],
)
def test_choices_that_do_not_exist_are_refused(template: Path, tmp_path: Path, answers: dict, question: str) -> None:
    with pytest.raises(ValueError, match=question):
        run_copy(str(template), tmp_path / "out", data=answers, defaults=True, quiet=True)
    assert not (tmp_path / "out").exists()


def test_pytest_copie_renders_it_too(copie) -> None:
    result = copie.copy(extra_answers={"framework": "flask", "features": ["ttl"], "demo_name": "copied"})
    assert result.exit_code == 0, result.exception
    assert (result.project_dir / "copied" / "ttl" / "service.py").exists()
