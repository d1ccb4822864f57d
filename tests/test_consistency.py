"""Tier 1: the registry, the choices, the folders and the presets agree."""

import keyword
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE
from tools.generate import README, with_features
from tools.render import PRESETS, ROOT, preset_names, read_preset, render

PACKAGE = ROOT / "template" / "<<demo_name>>"
QUESTIONS = {name for name, spec in TEMPLATE.items() if not name.startswith("_") and spec.get("when") is not False}
PROSE = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *PRESETS.glob("*.yml"), ROOT / "copier.yml", ROOT / "Makefile"]
NUMBERS = "four|five|six|seven|eight|nine|ten|eleven|twelve|[4-9]|[1-9][0-9]+"
"""Numbers that stand for every feature, until there is another one."""
SHARED_FOLDERS = {"management", "static", "templates"}


def test_the_registry_and_the_folders_name_the_same_features() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders - SHARED_FOLDERS == set(FEATURES)


def test_every_feature_is_tested_in_a_browser() -> None:
    modules = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "features").glob("test_*.py")}
    assert modules == set(FEATURES)


def test_the_registry_and_the_choices_name_the_same_frameworks() -> None:
    dialects = {path.parent.name for path in (ROOT / "includes").glob("*/web.jinja")}
    locks = {path.stem for path in (ROOT / "includes" / "locks").glob("*.lock")}
    assert list(TEMPLATE["framework"]["choices"].values()) == FRAMEWORKS
    assert dialects == locks == set(FRAMEWORKS)


@pytest.mark.parametrize("field", ["keyspace", "page", "accent", "title"])
def test_no_two_features_share(field: str) -> None:
    values = [entry[field] for entry in TEMPLATE["registry"]["default"].values()]
    assert len(set(values)) == len(values)


def test_no_two_features_share_a_table() -> None:
    tables = [table for entry in TEMPLATE["registry"]["default"].values() for table in entry["tables"]]
    assert len(set(tables)) == len(tables)


def test_features_need_the_parts_that_there_are() -> None:
    needs = {need for entry in TEMPLATE["registry"]["default"].values() for need in entry["needs"]}
    assert needs == set(TEMPLATE["parts"]["default"])


def test_no_two_features_share_the_name_of_a_schema_of_the_api() -> None:
    schema = re.compile(r"'(?:query|body|returns|pages|streams)': '(?:models\.)?(\w+)'")
    routes = [(PACKAGE / feature / "routes.py.jinja").read_text(encoding="utf-8") for feature in FEATURES]
    names = [name for source in routes for name in set(schema.findall(source))]
    # One document describes them all by these names.
    assert [name for name, times in Counter(names).items() if times > 1] == []


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_knows_no_framework_and_no_other_feature(feature: str) -> None:
    for path in (PACKAGE / feature).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            source = path.read_text(encoding="utf-8")
            assert not re.search(r"fastapi|flask|django", source, re.IGNORECASE), path
            others = "|".join(other for other in FEATURES if other != feature)
            assert not re.search(rf"(from|import) \.+({others})\b|registry\.({others})\b", source), path


def test_glue_names_no_feature() -> None:
    glue = [path for path in (ROOT / "template").rglob("*.jinja") if path.is_file()]
    glue += (ROOT / "includes").rglob("*.jinja")
    names = re.compile(rf"""['"]({"|".join(FEATURES)})['"] (in|not in) features""")
    for path in glue:
        assert not names.search(path.read_text(encoding="utf-8")), path


def test_jinja_stands_in_no_path_but_that_of_the_package() -> None:
    for path in (ROOT / "template").rglob("*"):
        parts = path.relative_to(ROOT / "template").parts
        assert not re.search(r"[<>:\"|?*%\\]", "/".join(part for part in parts if part != "<<demo_name>>")), path


@pytest.mark.parametrize("name", preset_names())
def test_a_presets_keys_are_questions_and_its_answers_come_back(name: str, template: Path, tmp_path: Path) -> None:
    answers = read_preset(name)
    assert set(answers) == QUESTIONS, "a preset answers every question"
    stored = yaml.safe_load((render(template, tmp_path / name, answers) / ".copier-answers.yml").read_text())
    assert {key: value for key, value in stored.items() if not key.startswith("_")} == answers


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_starts_with_a_sentence_for_the_gallery(name: str) -> None:
    assert re.match(r"# [A-Z].*\.$", (PRESETS / f"{name}.yml").read_text(encoding="utf-8").splitlines()[0])


def test_the_reserved_names_cover_this_python() -> None:
    listed = (ROOT / "includes" / "names.jinja").read_text(encoding="utf-8").split()
    public = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    assert public | set(keyword.kwlist) <= set(listed)


def test_no_lock_holds_a_registry_address_or_the_wrong_scylla() -> None:
    for lock in [ROOT / "requirements.lock", *(ROOT / "includes" / "locks").glob("*.lock")]:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text and "index-url" not in text, lock
        names = {line.split("==")[0] for line in text.splitlines() if "==" in line}
        assert not names & {"scylla", "cassandra-driver"}, lock
        assert "scylla-driver" in names, lock


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
    for slug, entry in TEMPLATE["registry"]["default"].items():
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
    version = tomllib.loads((everything / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    sources = [path for path in everything.rglob("*") if path.suffix in {".py", ".toml", ".yaml", ".yml"}]
    holders = [path.name for path in sources if f'"{version}"' in path.read_text(encoding="utf-8")]
    assert holders == ["pyproject.toml"]


def test_the_links_of_a_projects_readme_lead_to_its_files(everything: Path) -> None:
    assert broken_links(everything / "README.md") == []


@pytest.mark.parametrize("path", [path for path in PROSE if path.suffix == ".md"], ids=lambda path: path.name)
def test_links_lead_to_files(path: Path) -> None:
    assert broken_links(path) == []


def broken_links(markdown: Path) -> list[str]:
    """Return the links of a document to files that do not exist."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", markdown.read_text(encoding="utf-8"))
    return [link for link in links if not (markdown.parent / link).exists()]


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
