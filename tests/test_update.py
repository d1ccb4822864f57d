"""Tier 6: a project follows its template: newer versions, features added and removed, its owner's edits kept."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from copier import run_copy, run_update

from tests.combinations import FEATURES
from tests.repositories import commit, git
from tools.feature import jinja
from tools.render import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The template as a git repository without tags, below a folder whose name is not plain."""
    folder = tmp_path / "the témplate" / "coodie-demos"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "copier.yml", folder)
    for name in ("template", "includes"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    git(folder, "init", "--quiet")
    commit(folder, "Version 1")
    return folder


@pytest.fixture
def tagged(checkout: Path) -> Path:
    """The template as a git repository with the tag v1.0.0."""
    git(checkout, "tag", "v1.0.0")
    return checkout


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


# --- Projects made from a checkout ------------------------------------------------------------------------------------


def copier(folder: Path, *arguments: str, **environment: str) -> str:
    """Run copier in a folder, as users do, and return what it prints; fail with that unless it succeeds."""
    command = [sys.executable, "-m", "copier", *arguments]
    environment = {**os.environ, **environment}
    merged = subprocess.STDOUT
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=merged, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stdout, done.stdout
    return done.stdout


def source(project: Path) -> str:
    """Return the template that a project's answers name."""
    return yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))["_src_path"]


@pytest.mark.slow
def test_a_project_from_a_checkout_follows_it_by_the_commands_that_it_is_told(checkout: Path) -> None:
    everything = ["-d", f"features=[{', '.join(FEATURES)}]"]
    told = copier(checkout, "copy", "--defaults", "--pretend", *everything, ".", "../all").partition("all is ready")[2]
    assert [line for line in told.splitlines() if len(line) > 80] == []
    told = copier(checkout, "copy", "--defaults", ".", "../my demo").partition("my demo is ready")[2]
    commands = [line.strip() for line in told.splitlines() if line.startswith("  ")]
    assert commands[0] == "cd '../my demo'"
    project = checkout.parent / "my demo"
    assert source(project) == str(checkout)
    version = checkout / "template" / "LICENSE.jinja"
    version.write_text(version.read_text(encoding="utf-8") + "\nVersion 2.\n", encoding="utf-8")
    commit(checkout, "Version 2")
    _, follow, add = commands[commands.index("git init && git add -A && git commit -m Rendered") :]
    git(project, "init", "--quiet")
    for command in (follow, add, add.replace("[ttl, lwt]", "[ttl]")):
        commit(project, f"Before {command}")
        copier(project, *shlex.split(command.removeprefix("uvx copier ")))
        has_lwt = (project / "my_demo" / "lwt").exists()
        assert has_lwt == command.endswith("'features=[ttl, lwt]'"), command
    assert (project / "LICENSE").read_text(encoding="utf-8").endswith("Version 2.\n")
    assert git(project, "ls-files", "--unmerged") == ""


@pytest.mark.parametrize("named", ["coodie-demos", "../the témplate/coodie-demos/", "~/coodie-demos", "link"])
def test_a_checkout_is_named_by_where_it_is(checkout: Path, named: str) -> None:
    (checkout.parent / "link").symlink_to(checkout)
    copier(checkout.parent, "copy", "--defaults", "--quiet", named, "project", HOME=str(checkout.parent))
    assert source(checkout.parent / "project") == str(checkout)


@pytest.mark.parametrize(
    "address",
    [
        *("gh:org/coodie-demos", "gl:org/coodie-demos.git", "https://github.com/org/coodie-demos.git"),
        *("git@example.org:org/coodie-demos.git", "git+ssh://git@example.org/org/coodie-demos"),
        *("git+file:///srv/coodie-demos", "https://user@example.org/coodie-demos.git"),
    ],
)
def test_an_address_stays_an_address(address: str) -> None:
    answers = jinja().get_template("template/.copier-answers.yml.jinja")
    text = answers.render(_copier_answers={"_commit": "v1.0.0", "_src_path": address})
    assert yaml.safe_load(text) == {"_commit": "v1.0.0", "_src_path": address}
