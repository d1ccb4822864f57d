"""Tier 6: a project follows its template: newer versions, features added and removed, its owner's edits kept."""

import shutil
import subprocess
from pathlib import Path

import pytest
from copier import run_copy, run_update

from tools.render import ROOT


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints."""
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.invalid"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """The template as a git repository with the tag v1.0.0."""
    folder = tmp_path / "template"
    folder.mkdir()
    shutil.copy(ROOT / "copier.yml", folder)
    for name in ("template", "includes"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    git(folder, "init", "--quiet")
    commit(folder, "Version 1")
    git(folder, "tag", "v1.0.0")
    return folder


@pytest.fixture
def project(tagged: Path, tmp_path: Path) -> Path:
    """A committed project with one feature, made from v1.0.0."""
    folder = tmp_path / "project"
    answers = {"demo_name": "kept", "framework": "fastapi", "features": ["ttl"]}
    run_copy(str(tagged), folder, data=answers, defaults=True, quiet=True)
    git(folder, "init", "--quiet")
    commit(folder, "Rendered")
    return folder


def update(project: Path, **answers: object) -> None:
    """Update a project like `copier update --defaults`; conflicts become markers in the files."""
    run_update(project, data=answers, defaults=True, overwrite=True, quiet=True)


def test_a_newer_template_reaches_the_project_and_its_owners_edits_stay(tagged: Path, project: Path) -> None:
    models = project / "kept" / "ttl" / "models.py"
    models.write_text(models.read_text().replace("DEFAULT_TTL = 30", "DEFAULT_TTL = 45"))
    commit(project, "A longer life")
    style = tagged / "template" / "<<demo_name>>" / "web" / "static" / "app.css.jinja"
    style.write_text(style.read_text() + "\n.new-in-version-2 { color: inherit; }\n")
    commit(tagged, "Version 2")
    git(tagged, "tag", "v2.0.0")
    update(project)
    assert "DEFAULT_TTL = 45" in models.read_text()
    assert "new-in-version-2" in (project / "kept" / "web" / "static" / "app.css").read_text()
    assert git(project, "ls-files", "--unmerged") == ""


def test_a_conflict_is_visible_and_loses_nothing(tagged: Path, project: Path) -> None:
    readme = project / "kept" / "ttl" / "__init__.py"
    readme.write_text('"""My own words."""\n')
    commit(project, "My words")
    source = tagged / "template" / "<<demo_name>>" / "ttl" / "__init__.py"
    source.write_text('"""The template\'s new words."""\n')
    commit(tagged, "Version 2")
    git(tagged, "tag", "v2.0.0")
    update(project)
    text = readme.read_text()
    assert "My own words." in text and "The template's new words." in text
    assert "kept/ttl/__init__.py" in git(project, "ls-files", "--unmerged")


def test_a_feature_is_added_and_taken_out_again(project: Path) -> None:
    before = git(project, "ls-tree", "-r", "HEAD")
    update(project, features=["ttl", "lwt"])
    assert (project / "kept" / "lwt" / "models.py").exists()
    assert "lwt_routes" in (project / "kept" / "app.py").read_text()
    assert git(project, "ls-files", "--unmerged") == ""
    commit(project, "lwt, too")
    update(project, features=["ttl"])
    assert not (project / "kept" / "lwt").exists()
    commit(project, "ttl alone again")
    assert git(project, "ls-tree", "-r", "HEAD") == before
