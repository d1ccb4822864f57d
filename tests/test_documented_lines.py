"""Tier 4: every command in the documentation runs as it is written, in order, and answers what the text says."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.combinations import FEATURES, FRAMEWORKS
from tests.conftest import RENDERINGS, project_environment
from tests.documents import Line, find_lines, lines_of_block
from tests.founding import FOUNDING
from tests.reader import Reader
from tests.repositories import commit, git
from tools.environments import locked
from tools.render import PUBLISHED, ROOT, preset_names, read_preset, render

DOCUMENTS = ("README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
GALLERY = "generated/README.md"
FEATURES_OF = {framework: FEATURES[number :: len(FRAMEWORKS)] for number, framework in enumerate(FRAMEWORKS)}
"""Three projects, one for each framework, that have all features between them."""

NOT_HERE = {
    "make test": "minutes: test_projects.py runs it in the projects, and here it would start this test again",
    "make test-fast": "test_feature.py runs it in a copy of the repository",
    "make lint": ".ci/run runs it in the repository, test_projects.py in every preset",
    "make feature": "test_feature.py runs it in a copy of the repository, with everything that comes after it",
    "make generate": "half a minute: test_feature.py runs it, and test_generated.py renders the same",
    "make bench": "minutes, on a machine that does nothing else: test_bench.py runs its parts",
    "make screenshots": "minutes, and pictures differ from machine to machine",
    "make lock": "takes what is newest at the moment",
    "make release": "test_release.py runs it, in repositories of its own",
    "git push": "comes after make release, and would change what the other lines are copied from",
    "make db-logs": "has nothing to show here, where the database is the tests' own; test_cassandra_tool.py runs it",
    "make run DB=docker": "there is no Docker here: ScyllaDB, and what comes from compose.yaml, is untried",
    "uvicorn main:app": "the lines for production come with a server in the lock",
    "gunicorn": "the lines for production come with a server in the lock",
    ".venv/bin/python manage.py check": "the lines for production come with a server in the lock",
}
"""What the lines begin with that are not run here, and why."""

VARIABLES = re.compile(r"^([A-Z_]+=\S+ )+")


def is_excused(command: str) -> bool:
    """Return True if NOT_HERE has a reason not to run a line."""
    return any(begins(command, beginning) for beginning in NOT_HERE)


def begins(command: str, beginning: str) -> bool:
    """Return True if the words of a command, its variables left out, begin with those of another."""
    words = shlex.split(VARIABLES.sub("", command))
    return words[: len(beginning.split())] == beginning.split()


def runnable(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines that NOT_HERE doesn't excuse."""
    return (line for line in lines if not is_excused(line.command))


# --- The repository's documents --------------------------------------------------------------------------------------

IGNORED = shutil.ignore_patterns(".git", ".venv", ".uv", ".work", ".cassandra", "vendor", "__pycache__", ".*_cache")


@pytest.fixture(scope="session")
def published() -> Path:
    """The template as it is right now, in a git repository without tags, made once for all test processes."""
    folder = RENDERINGS / "published"
    with locked(RENDERINGS / "published.lock"):
        if not folder.exists():
            copy = shutil.copytree(ROOT, RENDERINGS / "unfinished" / folder.name, symlinks=True, ignore=IGNORED)
            git(copy, "init", "--quiet")
            commit(copy, "Published")
            copy.rename(folder)
    return folder


@pytest.fixture
def environment(database: str, published: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of somebody for whom git finds the published template in `published`, and the tests' database."""
    name = re.sub(r"\W+", "_", request.node.name.partition("[")[2]).strip("_").lower()
    return project_environment(database, f"lines_{name}") | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{published}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://github.com/{PUBLISHED.removeprefix('gh:')}.git",
    }


@pytest.fixture
def checkout(published: Path, tmp_path: Path) -> Path:
    """A checkout of the template."""
    folder = tmp_path / "coodie-demos"
    git(tmp_path, "clone", "--quiet", str(published), str(folder))
    return folder


def lines_of(document: str) -> list[Line]:
    """Return the commands of one of the repository's documents; in the gallery, of one preset for all of them."""
    lines = list(find_lines((ROOT / document).read_text(encoding="utf-8"), document))
    if document != GALLERY:
        return [line for line in lines if not is_mention(line, document)]
    others = preset_names()[1:]
    return [line for line in lines if not any(preset in line.command for preset in others)]


def is_mention(line: Line, document: str) -> bool:
    """Return True if a sentence for contributors speaks of a target of make, in the template or in a project."""
    return document != "README.md" and not line.in_block and begins(line.command, "make")


def targets(makefile: Path) -> set[str]:
    """Return what a Makefile can make."""
    return set(re.findall(r"^([a-z-]+):", makefile.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.slow
@pytest.mark.parametrize("document", (*DOCUMENTS, GALLERY))
def test_the_lines_of_a_document_run(
    document: str, checkout: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    Reader(checkout, environment, tmp_path / "scratch").read(runnable(lines_of(document)))


def test_the_gallery_says_the_same_of_every_preset() -> None:
    text = (ROOT / GALLERY).read_text(encoding="utf-8")
    first, *others = preset_names()
    shown = [(line.command, line.beside) for line in lines_of(GALLERY)]
    assert shown
    for preset in others:
        for command, beside in shown:
            of_preset = command.replace(first, preset), beside
            assert of_preset in {(line.command, line.beside) for line in find_lines(text, GALLERY)}


def test_a_target_that_contributors_read_of_is_there() -> None:
    known = targets(ROOT / "Makefile") | targets(ROOT / "template" / "Makefile.jinja")
    for document in DOCUMENTS:
        for line in find_lines((ROOT / document).read_text(encoding="utf-8"), document):
            if is_mention(line, document):
                named = {word for word in shlex.split(line.command) if re.fullmatch("[a-z-]+", word)} - {"make"}
                assert named <= known, line.place


# --- The projects' READMEs -------------------------------------------------------------------------------------------


@pytest.fixture
def copied(environment: dict[str, str], tmp_path: Path) -> Callable[..., Path]:
    """Makes a project from the published template: copied(framework, features) returns its folder."""

    def copy(framework: str, features: list[str]) -> Path:
        answers = {"demo_name": "mydemo", "framework": framework, "features": f"[{', '.join(features)}]"}
        data = [argument for name, value in answers.items() for argument in ("-d", f"{name}={value}")]
        command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet", *data, PUBLISHED, "mydemo"]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
        return tmp_path / "mydemo"

    return copy


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_lines_of_a_projects_readme_run(
    framework: str, copied: Callable[..., Path], environment: dict[str, str], tmp_path: Path
) -> None:
    project = copied(framework, FEATURES_OF[framework])
    readme = (project / "README.md").read_text(encoding="utf-8")
    Reader(project, environment, tmp_path / "scratch").read(runnable(find_lines(readme, "README.md")))


def test_every_reason_not_to_run_a_line_is_needed(rendering: Callable[..., Path]) -> None:
    readmes = [rendering((framework, tuple(FEATURES))) / "README.md" for framework in FRAMEWORKS]
    texts = [path.read_text(encoding="utf-8") for path in (*(ROOT / name for name in DOCUMENTS), *readmes)]
    commands = [line.command for text in texts for line in find_lines(text, "")]
    assert [reason for reason in NOT_HERE if not any(begins(command, reason) for command in commands)] == []


# --- The documents that this suite of demos was founded on ------------------------------------------------------------


class Founder(Reader):
    """A reader who puts ids in the place of names such as <user-id>."""

    made = ""
    """The id of what was made last."""

    def run(self, line: Line, command: str) -> str:
        """Run a command with the id of what was made last."""
        output = super().run(line, re.sub("<[a-z]+-id>", self.made, command))
        told = re.search(r'"(?:user_)?id":\s*"([-0-9a-f]{36})"', output)
        if "-X POST" in command and told:
            self.made = told[1]
        return output


@pytest.mark.slow
@pytest.mark.parametrize("preset", FOUNDING)
def test_the_lines_of_a_founding_document_run(
    preset: str, template: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    project = render(template, tmp_path / preset, read_preset(preset))
    Founder(project, environment, tmp_path / "scratch").read(lines_of_block(FOUNDING[preset], preset, 0))
    assert not {path.name for path in project.iterdir()} & {".venv", "uv.lock"}
