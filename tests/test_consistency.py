"""Tier 1: the registry, the choices, the folders and the presets agree."""

import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from jinja2 import UndefinedError

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE
from tests.stories import story
from tools.generate import README, with_features
from tools.render import PRESETS, ROOT, preset_names, read_preset, render

PACKAGE = ROOT / "template" / "<<demo_name>>"
QUESTIONS = {name for name, spec in TEMPLATE.items() if not name.startswith("_") and spec.get("when") is not False}
PROSE = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *PRESETS.glob("*.yml"), ROOT / "copier.yml", ROOT / "Makefile"]
NUMBERS = "four|five|six|seven|eight|nine|ten|eleven|twelve|[4-9]|[1-9][0-9]+"
"""Numbers that stand for every feature, until there is another one."""
REGISTRY = TEMPLATE["registry"]["default"]
SHARED_FOLDERS = {"db", "management", "samples", "web"}
FILES = [
    *("README.md", "__init__.py", "models.py", "schemas.py", "service.py", "routes.py", "pages.py", "seed.py"),
    *("headline.py", "apps.py", "urls.py", "browser.py"),
]
"""What every feature has, beside templates, tests and a sample feed."""
DJANGO = "<% import 'includes/django/app.jinja' as app with context %>\n<< app.{macro}('{feature}') >>\n"
LEAD = re.compile(r"(?:[^\n]+\n)+\n```python\n(?P<block>.+?)\n```\n", re.DOTALL)
"""What a section begins with: one paragraph, and a block of Python."""
FILE = re.compile(r"# (?P<path>[\w/]+\.py)")
"""A line of the block that names the file which the lines below it are from."""


# --- The registries --------------------------------------------------------------------------------------------------


def documented(registry: str) -> dict[str, str]:
    """Return what the comment above a registry in copier.yml says of each key."""
    text = (ROOT / "copier.yml").read_text(encoding="utf-8")
    comment = re.search(rf"((?:^#.*\n)+){registry}:$", text, re.MULTILINE)
    assert comment, f"{registry} has no comment"
    return dict(re.findall(r"^#   (\w+)  +(.+)$", comment[1], re.MULTILINE))


@pytest.mark.parametrize("registry", ["registry", "parts", "frameworks"])
def test_every_entry_has_the_keys_that_are_documented_above_its_registry(registry: str) -> None:
    meanings = documented(registry)
    required = {key for key, meaning in meanings.items() if not meaning.startswith("optional")}
    for name, entry in TEMPLATE[registry]["default"].items():
        assert required <= entry.keys() <= meanings.keys(), name


def test_the_registry_and_the_folders_name_the_same_features() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders - SHARED_FOLDERS == set(FEATURES)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_has_every_file_that_a_feature_needs(feature: str) -> None:
    folder = PACKAGE / feature
    present = {path.name.removesuffix(".jinja") for path in folder.iterdir()}
    assert [name for name in FILES if name not in present] == []
    for pattern in ("sample.*", f"templates/{feature}/*.html", f"test_{feature}.py*"):
        assert list(folder.glob(pattern)), pattern
    # What makes it an app of Django is the same for all.
    assert (folder / "apps.py.jinja").read_text(encoding="utf-8") == DJANGO.format(macro="config", feature=feature)
    assert (folder / "urls.py.jinja").read_text(encoding="utf-8") == DJANGO.format(macro="urls", feature=feature)


def test_the_registry_and_the_choices_name_the_same_frameworks() -> None:
    folders = {path.parent.name for path in (ROOT / "includes").glob("*/routes.jinja")}
    locks = {path.stem for path in (ROOT / "includes" / "locks").glob("*.lock")}
    assert list(TEMPLATE["framework"]["choices"].values()) == FRAMEWORKS
    assert folders == locks == set(FRAMEWORKS)


@pytest.mark.parametrize("key", ["title", "keyspace", "page", "accent"])
def test_no_two_features_share(key: str) -> None:
    assert duplicates(entry[key] for entry in REGISTRY.values()) == []


@pytest.mark.parametrize("key", ["tables", "types"])
def test_no_two_features_share_one_of_their(key: str) -> None:
    assert duplicates(name for entry in REGISTRY.values() for name in entry[key]) == []


def test_no_two_features_share_an_address() -> None:
    declared = re.compile(r"'(get|post|put|patch|delete)': '([^']+)'|@router\.(get|post)\(\"([^\"]+)\"")
    found = []
    for path in [*PACKAGE.glob("*/routes.py.jinja"), *PACKAGE.glob("*/pages.py.jinja")]:
        for words in declared.findall(path.read_text(encoding="utf-8")):
            method, address = filter(None, words)
            found.append(f"{method} {re.sub(r'{[^}]+}', '{}', address)}")
    assert found
    assert duplicates(found) == []


@pytest.mark.parametrize("feature", FEATURES)
def test_the_page_of_a_feature_is_a_function_of_that_name(feature: str) -> None:
    page = REGISTRY[feature]["page"]
    source = (PACKAGE / feature / "pages.py.jinja").read_text(encoding="utf-8")
    assert f'@router.get("{page}", name="{feature}.{page[1:]}")\nasync def {page[1:]}(' in source


def test_features_need_the_parts_that_there_are() -> None:
    needs = {need for entry in REGISTRY.values() for need in entry["needs"]}
    assert needs == set(TEMPLATE["parts"]["default"])


def duplicates(values: Iterable[str]) -> list[str]:
    """Return what comes more than once."""
    return [value for value, times in Counter(values).items() if times > 1]


@pytest.mark.parametrize("feature", FEATURES)
def test_every_address_that_is_read_has_a_bound(feature: str) -> None:
    routes = (PACKAGE / feature / "routes.py.jinja").read_text(encoding="utf-8")
    pages = (PACKAGE / feature / "pages.py.jinja").read_text(encoding="utf-8")
    # Streams end with their reader.
    declared = [
        entry for entry in re.findall(r"{'do':.*?}(?=,\n    {|,\n\])", routes, re.DOTALL) if "'streams'" not in entry
    ]
    read = {address for entry in declared for address in re.findall(r"'get': '([^']+)'", entry)}
    read |= set(re.findall(r'@router\.get\("([^"]+)"', pages))
    bounded = {re.sub(r"{[^}]+}", "{}", address.partition("?")[0]) for address in story(feature).READS}
    assert {re.sub(r"{[^}]+}", "{}", address) for address in read} == bounded


# --- Features and glue -----------------------------------------------------------------------------------------------


def test_no_two_features_share_the_name_of_a_schema_of_the_api() -> None:
    schema = re.compile(r"'(?:query|body|returns|pages|streams)': '(?:models\.)?(\w+)'")
    routes = [(PACKAGE / feature / "routes.py.jinja").read_text(encoding="utf-8") for feature in FEATURES]
    # One document describes them all by these names.
    assert duplicates(name for source in routes for name in set(schema.findall(source))) == []


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_knows_no_framework_and_no_other_feature(feature: str) -> None:
    for path in (PACKAGE / feature).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.name not in {"apps.py.jinja", "urls.py.jinja"}:
            # Pages are written in FastAPI's idiom, with this import.
            source = path.read_text(encoding="utf-8").replace("from fastapi import APIRouter, Request, Response\n", "")
            assert not re.search(r"fastapi|flask|django", source, re.IGNORECASE), path
            others = "|".join(other for other in FEATURES if other != feature)
            assert not re.search(rf"(from|import) \.+({others})\b|registry\.({others})\b", source), path


def test_glue_names_no_feature() -> None:
    glue = [path for path in (ROOT / "template").rglob("*.jinja") if path.is_file()]
    glue += (ROOT / "includes").rglob("*.jinja")
    names = re.compile(rf"""['"]({"|".join(FEATURES)})['"] (in|not in) features""")
    for path in glue:
        assert not names.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_misspelt_key_of_an_endpoint_is_named(framework: str, template: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(template, tmp_path / "template")
    routes = changed / "template" / PACKAGE.name / FEATURES[0] / "routes.py.jinja"
    routes.write_text(routes.read_text(encoding="utf-8").replace("'query':", "'querry':", 1), encoding="utf-8")
    with pytest.raises(UndefinedError, match="'querry'"):
        render(changed, tmp_path / "project", {"framework": framework, "features": FEATURES[:1]})


def test_jinja_stands_in_no_path_but_that_of_the_package() -> None:
    for path in (ROOT / "template").rglob("*"):
        parts = path.relative_to(ROOT / "template").parts
        assert not re.search(r"[<>:\"|?*%\\]", "/".join(part for part in parts if part != "<<demo_name>>")), path


# --- The presets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_preset_of_each_framework_has_every_feature(framework: str) -> None:
    preset = read_preset(f"everything-{framework}")
    assert (preset["framework"], preset["features"]) == (framework, FEATURES)


@pytest.mark.parametrize("name", preset_names())
def test_a_presets_keys_are_questions_and_its_answers_come_back(name: str, template: Path, tmp_path: Path) -> None:
    answers = read_preset(name)
    assert set(answers) < QUESTIONS
    stored = yaml.safe_load((render(template, tmp_path / name, answers) / ".copier-answers.yml").read_text())
    assert stored.keys() == QUESTIONS | {"_src_path"}
    assert {key: stored[key] for key in answers} == answers
    assert stored["demo_name"] == name.replace("-", "_")


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_starts_with_a_sentence_for_the_gallery(name: str) -> None:
    assert re.match(r"# [A-Z].*\.$", (PRESETS / f"{name}.yml").read_text(encoding="utf-8").splitlines()[0])


# --- Locks ------------------------------------------------------------------------------------------------------------


def test_no_lock_holds_a_registry_address_or_the_wrong_scylla() -> None:
    for lock in [ROOT / "requirements.lock", *(ROOT / "includes" / "locks").rglob("*.lock")]:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text and "index-url" not in text, lock
        names = {line.split("==")[0] for line in text.splitlines() if "==" in line}
        assert not names & {"scylla", "cassandra-driver"}, lock
        assert "scylla-driver" in names or lock.parent.name == "parts", lock


def test_the_locks_hold_what_the_projects_ask_for(template: Path, tmp_path: Path) -> None:
    for framework in FRAMEWORKS:
        folder = render(template, tmp_path / framework, {"framework": framework, "features": FEATURES})
        asked = set(re.findall(r'^    "([a-z0-9-]+)[>=]', (folder / "pyproject.toml").read_text(), re.MULTILINE))
        locked = set(re.findall(r"^([a-z0-9-]+)==", (folder / "requirements.lock").read_text(), re.MULTILINE))
        assert asked <= locked


def test_nothing_tracked_names_this_machine() -> None:
    here = str(ROOT.parent)
    # As text: .gitattributes makes git take generated/ for binary files, which -I would leave out.
    found = subprocess.run(["git", "grep", "-naF", here + "/"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 1, found.stdout + found.stderr


# --- What contributors and users read -------------------------------------------------------------------------------


def test_the_readme_has_the_features_of_the_registry() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_features(text) == text, "run make generate"
    for slug, entry in REGISTRY.items():
        row = re.search(rf"^\| \[`{slug}`\]\((\S+)/\) \| .*{re.escape(entry['title'])} \|$", text, re.MULTILINE)
        assert row and slug in read_preset(Path(row[1]).name)["features"], slug


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_sentence_counts_the_features(path: Path) -> None:
    counted = rf"\b(?:{NUMBERS}) features\b|\ball (?:{NUMBERS}) (?:together|of them)\b"
    assert re.findall(counted, path.read_text(encoding="utf-8"), re.IGNORECASE) == []


def test_the_changelog_has_the_version_and_what_is_to_come() -> None:
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert headings[:2] == ["Unreleased", version]


@pytest.fixture(scope="module", params=FRAMEWORKS)
def everything(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with every feature."""
    answers = {"framework": request.param, "features": FEATURES}
    return render(template, tmp_path_factory.mktemp("everything") / request.param, answers)


def test_a_projects_version_stands_in_one_place(everything: Path) -> None:
    sources = [path for path in everything.rglob("*") if path.suffix in {".py", ".toml", ".yaml", ".yml"}]
    (package,) = (path for path in sources if path.name == "__init__.py" and "__version__" in path.read_text())
    version = package.read_text(encoding="utf-8").split("__version__ = ")[1].strip()
    assert [path for path in sources if version in path.read_text(encoding="utf-8")] == [package]


def test_the_links_of_a_projects_readme_lead_to_its_files(everything: Path) -> None:
    assert broken_links(everything / "README.md") == []


@pytest.mark.parametrize("path", [path for path in PROSE if path.suffix == ".md"], ids=lambda path: path.name)
def test_links_lead_to_files(path: Path) -> None:
    assert broken_links(path) == []


def broken_links(markdown: Path) -> list[str]:
    """Return the links of a document to files that do not exist."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", markdown.read_text(encoding="utf-8"))
    return [link for link in links if not (markdown.parent / link).exists()]


@pytest.mark.parametrize("feature", FEATURES)
def test_a_section_of_the_readme_begins_with_lines_of_the_source(everything: Path, feature: str) -> None:
    readme = (everything / "README.md").read_text(encoding="utf-8")
    lead = LEAD.match(readme.partition(f"{REGISTRY[feature]['title']}\n\n")[2])
    assert lead, "first one paragraph, then a block of Python"
    sources = [path for path in everything.glob(f"*/{feature}/**/*.py") if not path.name.startswith("test_")]
    for path, lines in chunks(lead["block"]):
        texts = [source.read_text(encoding="utf-8") for source in sources if source.as_posix().endswith(f"/{path}")]
        assert texts, f"there is no {path}"
        assert any(occurs(lines, text.splitlines()) for text in texts), "\n".join([f"not in {path}:", *lines])


def chunks(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield which lines follow one another in a source, with the end of its path: a file's name or `...` ends them."""
    path, lines = "", list[str]()
    for line in [*block.splitlines(), "..."]:
        named = FILE.fullmatch(line)
        if not named and line.strip() != "...":
            lines.append(line)
            continue
        if text := "\n".join(lines).strip("\n"):
            yield path, text.splitlines()
        path, lines = named["path"] if named else path, []


def occurs(lines: list[str], source: list[str]) -> bool:
    """Return whether lines follow one another in a source, however far they are indented there."""
    wanted, number = dedent("\n".join(lines)), len(lines)
    return any(dedent("\n".join(source[at : at + number])) == wanted for at in range(len(source)))


def test_lines_that_are_not_in_the_source_are_found() -> None:
    block = "# ttl/models.py\nclass A:\n    b: int\n\n\n# service.py\nawait c()\n...\nd()"
    assert list(chunks(block)) == [
        ("ttl/models.py", ["class A:", "    b: int"]),
        ("service.py", ["await c()"]),
        ("service.py", ["d()"]),
    ]
    source = ["def f():", "    if x:", "        await c()", "        d()"]
    assert occurs(["if x:", "    await c()"], source)
    assert not occurs(["if x:", "    d()"], source)
    assert not occurs(["c()"], source)


def test_every_workflow_pins_its_actions_by_the_same_commits() -> None:
    workflows = [path for top in (ROOT, ROOT / "template") for path in (top / ".github" / "workflows").iterdir()]
    used = [set(re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))) for path in workflows]
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in set().union(*used))
    pins = Counter(action.partition("@")[0] for action in set().union(*used))
    assert [action for action, times in pins.items() if times > 1] == []


def test_every_workaround_is_described_under_its_name() -> None:
    described = set(re.findall(r"^## (\w+)$", (ROOT / "docs" / "workarounds.md").read_text(encoding="utf-8"), re.M))
    files = [*(PACKAGE / "db").iterdir(), *(ROOT / "includes").glob("*/driver.py.jinja")]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in files)
    workarounds = set(re.findall(r"^class (\w+)\((?:CassandraDriver|RetryPolicy)\)", sources, re.M))
    assert workarounds <= described
    assert [name for name in described if not re.search(rf"\b{name}\b", sources)] == []
