"""Tier 1: a release: version, changelog and tag agree, main is tagged once, and copier renders what was tagged."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.repositories import commit, git
from tools.render import ROOT

FAILED = 2
WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"
IDENTITY = {"user.name": "Tests", "user.email": "tests@example.invalid"}
CHANGES = "# Changelog\n\n## Unreleased\n\n{}## 0.1.0 - 2026-11-26\n\n- The first line.\n"
A_CHANGE = "### Added\n\n- A line.\n\n"

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a small template and one unreleased change, pushed to a bare one that lies beside it."""
    folder = tmp_path / "template"
    (folder / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "tools/__init__.py", "tools/release.py"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "copier.yml").write_text("_subdirectory: template\nfeature: {type: str, default: ttl}\n")
    (folder / "template" / "{{feature}}").mkdir(parents=True)
    (folder / "template" / "{{feature}}" / "models.py").write_text("")
    answers = folder / "template" / "{{_copier_conf.answers_file}}.jinja"
    answers.write_text("{{_copier_answers|to_nice_yaml}}")
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(re.sub(r"(?m)^version = .*$", 'version = "0.1.0"', project, count=1))
    (folder / "CHANGELOG.md").write_text(CHANGES.format(A_CHANGE))
    (folder / ".gitignore").write_text("__pycache__\n")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for name, value in IDENTITY.items():
        git(folder, "config", name, value)
    commit(folder, "Begin")
    git(tmp_path, "clone", "--quiet", "--bare", "template", "origin.git")
    git(folder, "remote", "add", "origin", str(tmp_path / "origin.git"))
    return folder


@pytest.fixture
def release(repository: Path) -> Command:
    """Runs the command that `make release` runs: release("0.2.0"), or without a version the one that CI runs."""

    def run(*version: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools.release", *version], cwd=repository, capture_output=True, text=True
        )

    return run


def tag_as_ci_does(repository: Path) -> None:
    """Run what the workflow runs once the tests have passed."""
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    (script,) = [step["run"] for step in job["steps"] if "run" in step]
    subprocess.run(["bash", "-e", "-c", script], cwd=repository, check=True, capture_output=True)


def tags_of_origin(repository: Path) -> list[str]:
    """Return the tags that everybody sees."""
    return git(repository.parent / "origin.git", "tag").split()


def test_a_release_is_a_version_in_both_files_and_a_tag_once_main_has_passed(
    repository: Path, release: Command
) -> None:
    tag_as_ci_does(repository)
    assert tags_of_origin(repository) == [], "a change that belongs to no version"
    done = release("0.2.0")
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)
    assert tomllib.loads((repository / "pyproject.toml").read_text())["project"]["version"] == "0.2.0"
    headings = re.findall(r"^## .*$", (repository / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:2] == ["## Unreleased", f"## 0.2.0 - {datetime.now(UTC):%Y-%m-%d}"]
    assert (repository / "CHANGELOG.md").read_text().index("- A line.") > (
        repository / "CHANGELOG.md"
    ).read_text().index("## 0.2.0")
    assert git(repository, "log", "-1", "--format=%s").strip() == "Release 0.2.0"
    assert git(repository, "status", "--porcelain") == ""
    for _ in range(2):
        tag_as_ci_does(repository)
        assert tags_of_origin(repository) == ["v0.2.0"]
    assert git(repository, "rev-parse", "v0.2.0") == git(repository, "rev-parse", "HEAD")


def test_a_change_after_a_release_is_not_tagged(repository: Path, release: Command) -> None:
    release("0.2.0")
    tag_as_ci_does(repository)
    changes = repository / "CHANGELOG.md"
    changes.write_text(changes.read_text().replace("## Unreleased\n", "## Unreleased\n\n- More.\n"))
    commit(repository, "Change more")
    tag_as_ci_does(repository)
    assert tags_of_origin(repository) == ["v0.2.0"]
    assert release("0.2.1").returncode == 0
    tag_as_ci_does(repository)
    assert tags_of_origin(repository) == ["v0.2.0", "v0.2.1"]


@pytest.mark.parametrize("version", ["", "0.2", "v0.2.0", "0.2.0rc1", "0.02.0", "0.2.0; echo", "0.1.0", "0.0.9"])
def test_a_version_that_is_none_or_not_higher_is_refused(repository: Path, release: Command, version: str) -> None:
    done = release(version)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (FAILED, "", 1)
    assert git(repository, "status", "--porcelain") == ""


def test_a_version_is_compared_by_its_numbers(release: Command) -> None:
    assert release("0.10.0").returncode == 0


def test_uncommitted_changes_are_not_released(repository: Path, release: Command) -> None:
    (repository / "copier.yml").write_text("")
    assert "uncommitted" in release("0.2.0").stderr


@pytest.mark.parametrize("changes", [CHANGES.format(""), CHANGES.format(A_CHANGE).replace("## Unreleased\n", ""), None])
def test_nothing_is_not_released(repository: Path, release: Command, changes: str | None) -> None:
    (repository / "CHANGELOG.md").unlink()
    if changes is not None:
        (repository / "CHANGELOG.md").write_text(changes)
    commit(repository, "Nothing")
    done = release("0.2.0")
    assert (done.returncode, done.stderr) == (
        FAILED,
        "Under Unreleased, CHANGELOG.md says that nothing has changed since the last version.\n",
    )


@pytest.mark.parametrize("tag", ["v0.2.0", "v0.3.0", "v0.10.0"])
def test_a_version_below_a_tag_is_not_released(repository: Path, release: Command, tag: str) -> None:
    for name in ("v0.1.0", "nightly", tag):
        git(repository, "tag", name)
    done = release("0.2.0")
    assert (done.returncode, done.stderr) == (FAILED, f"The last version is {tag[1:]}: choose a higher one.\n")


def test_what_git_does_not_commit_is_not_left_behind(repository: Path, release: Command) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho Not today. >&2\nexit 1\n")
    hook.chmod(0o755)
    done = release("0.2.0")
    assert (done.returncode, done.stderr.splitlines()) == (
        FAILED,
        ["Not today.", "git did not commit the version, so both files are as they were."],
    )
    assert git(repository, "status", "--porcelain") == ""
    hook.unlink()
    assert release("0.2.0").returncode == 0


def test_without_a_repository_git_says_why(repository: Path, release: Command) -> None:
    shutil.rmtree(repository / ".git")
    done = release("0.2.0")
    assert (done.returncode, len(done.stderr.splitlines())) == (FAILED, 1)


def test_a_version_that_was_never_tagged_is_not_left_behind(repository: Path, release: Command) -> None:
    git(repository, "tag", "v0.0.9")
    done = release("0.2.0")
    assert done.returncode == FAILED and "v0.1.0" in done.stderr


def test_make_hands_the_version_on(repository: Path) -> None:
    for version, code in (("0.2", FAILED), ("0.2.0", 0)):
        command = ["make", "--assume-old", "setup", "release", f"PYTHON={sys.executable}", f"VERSION={version}"]
        assert subprocess.run(command, cwd=repository, capture_output=True).returncode == code


def test_every_tag_of_this_repository_has_the_version_that_it_names() -> None:
    for tag in git(ROOT, "tag", "--list", "v*").split():
        project = tomllib.loads(git(ROOT, "show", f"{tag}:pyproject.toml"))["project"]
        headings = re.findall(r"^## (\S+)", git(ROOT, "show", f"{tag}:CHANGELOG.md"), re.MULTILINE)
        assert (f"v{project['version']}", headings[:2]) == (tag, ["Unreleased", tag.removeprefix("v")])


# --- What copier makes of it -----------------------------------------------------------------------------------------


def copier(*arguments: str, folder: Path) -> str:
    """Run copier and return all that it says."""
    command = [sys.executable, "-m", "copier", *arguments]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_user_gets_the_newest_release_and_no_warning(repository: Path, release: Command, tmp_path: Path) -> None:
    template = (repository.parent / "origin.git").as_uri()
    assert "No git tags" in copier("copy", "--defaults", template, "before", folder=tmp_path)
    release("0.2.0")
    git(repository, "push", "--quiet", "origin", "main")
    tag_as_ci_does(repository)
    (repository / "template" / "later.txt").write_text("later\n")
    commit(repository, "Add a file")
    git(repository, "push", "--quiet", "origin", "main")

    released, newest = tmp_path / "released", tmp_path / "newest"
    assert "warning" not in copier("copy", "--defaults", template, str(released), folder=tmp_path).lower()
    copier("copy", "--defaults", "-r", "HEAD", template, str(newest), folder=tmp_path)
    assert "_commit: v0.2.0\n" in (released / ".copier-answers.yml").read_text()
    assert not (released / "later.txt").exists() and (newest / "later.txt").exists()
    for project, options in ((released, []), (newest, ["-r", "HEAD"])):
        git(project, "init", "--quiet")
        commit(project, "Rendered")
        copier("update", "--defaults", *options, "-d", "feature=lwt", folder=project)
        assert (project / "lwt" / "models.py").exists()
