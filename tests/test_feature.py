"""Tier 2: a feature is added as the documentation says, by make feature, and nothing else has to be done."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.combinations import FRAMEWORKS, TEMPLATE
from tests.conftest import RENDERINGS, Project, project_environment
from tests.repositories import commit, git
from tests.test_projects import passed
from tools.environments import inherited, locked
from tools.feature import MAX_LENGTH, new_accent, new_title, refusal
from tools.render import ROOT, render, snapshot

NAME = "guestbook"
GROWN = RENDERINGS / "grown"
IGNORED = shutil.ignore_patterns(".git", ".venv", ".uv", ".work", ".cassandra", "vendor", "__pycache__", ".*_cache")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a copy of this repository, without what this run of the tests has put into the environment."""
    environment = {name: value for name, value in inherited().items() if not name.startswith(("PYTEST", "TEST_"))}
    pipe, merged = subprocess.PIPE, subprocess.STDOUT
    return subprocess.run(command, cwd=folder, env=environment, stdout=pipe, stderr=merged, text=True, check=False)


def make(folder: Path, *arguments: str) -> str:
    """Run make in a copy and return what it printed; fail with that unless it succeeds."""
    done = run(folder, "make", "--no-print-directory", *arguments)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def grown() -> Path:
    """A copy of this repository in which `make feature` has been run, made once for all test processes."""
    with locked(RENDERINGS / "grown.lock"):
        if not GROWN.exists():
            copy = shutil.copytree(ROOT, RENDERINGS / "unfinished" / GROWN.name, symlinks=True, ignore=IGNORED)
            (copy / ".venv").symlink_to(ROOT / ".venv")
            os.utime(copy / "requirements.lock", (0, 0))  # older than the environment, for make
            git(copy, "init", "--quiet")
            commit(copy, "Copied")
            make(copy, "feature", f"NAME={NAME}")
            copy.rename(GROWN)
    return GROWN


@pytest.mark.slow
def test_it_adds_a_folder_an_entry_and_what_is_generated(grown: Path) -> None:
    changed = {line[3:] for line in run(grown, "git", "status", "--porcelain").stdout.splitlines()}
    by_hand = {path for path in changed if not path.startswith(("generated/", "README.md"))}
    presets = {f"presets/everything-{framework}.yml" for framework in FRAMEWORKS}
    assert by_hand == {"copier.yml", f"template/<<demo_name>>/{NAME}/", *presets}
    diff = run(grown, "git", "diff", "--numstat", "copier.yml").stdout
    assert diff.split()[1] == "0", "nothing that was in copier.yml is written otherwise"
    assert (grown / "generated" / "everything-flask" / "everything_flask" / NAME / "service.py").exists()


@pytest.mark.slow
def test_every_fast_test_passes_with_it(grown: Path) -> None:
    assert passed(make(grown, "test-fast")) > 100


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_it_passes_its_own_tests(grown: Path, database: str, framework: str, tmp_path: Path) -> None:
    name = f"{framework}_{NAME}"
    answers = {"framework": framework, "features": [NAME], "demo_name": name}
    with snapshot(grown) as template:
        project = Project(render(template, tmp_path / name, answers), project_environment(database, name))
    project.set_up()
    project.make("lint")
    assert passed(project.make("test", f"ARGS={name}").stdout) > 10


# --- Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("", "Guestbook", "guest_book", "guest-book", "2nd", "../x", "a b", "ünï", "x" * (MAX_LENGTH + 1)),
        *("ttl", "if", "json", "pydantic", "django", "conftest"),
        *("db", "app", "settings", "management"),
        *("docs", "users", "vault", "path"),
    ],
)
def test_a_name_that_cannot_be_a_features_is_refused_with_one_sentence(name: str) -> None:
    assert re.fullmatch(r"[^\n]+\.", refusal(name))


@pytest.mark.parametrize("name", ["a", "n0t", "x" * MAX_LENGTH])
def test_any_other_name_is_not_refused(name: str) -> None:
    assert refusal(name) == ""


@pytest.mark.slow
def test_a_refused_name_changes_nothing(grown: Path) -> None:
    before = run(grown, "git", "status", "--porcelain").stdout
    done = run(grown, ".venv/bin/python", "-m", "tools.feature", NAME)
    assert (done.returncode, done.stdout) == (2, f"NAME={NAME} is already a feature.\n")
    assert run(grown, "git", "status", "--porcelain").stdout == before


def test_its_title_and_its_colour_are_new() -> None:
    entries = TEMPLATE["registry"]["default"].values()
    assert new_title(NAME).partition(":")[0] not in {entry["title"].partition(":")[0] for entry in entries}
    assert re.fullmatch("#[0-9a-f]{6}", new_accent())
    assert new_accent() not in {entry["accent"] for entry in entries}
