"""Tier 2: every combination renders into clean source with nothing of what was not chosen."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from copier import run_copy

from tests.combinations import FEATURES, PROJECT_IDS, PROJECTS, TEMPLATE
from tools.render import render

FRAMEWORK_WORDS = {
    "fastapi": r"fastapi|uvicorn|starlette",
    "flask": r"flask|werkzeug",
    "django": r"django|ninja|whitenoise",
}
KEYWORDS_AND_MODULES = ["class", "import", "json", "email", "django", "coodie", "tests"]
NO_IDENTIFIERS = ["../x", "a b", "1a", "", "x-y", "ünï", "a\n", "x" * 41]


@pytest.fixture(scope="module", params=PROJECTS, ids=PROJECT_IDS)
def rendered(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory):
    """A rendered project with its framework and features."""
    framework, features = request.param
    folder = tmp_path_factory.mktemp("rendered") / "thedemo"
    render(template, folder, {"framework": framework, "features": list(features), "demo_name": "thedemo"})
    return folder, framework, features


def texts(folder: Path) -> dict[str, str]:
    """Return the text of every file by its path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in files}


def test_ruff_leaves_it_as_it_is(rendered) -> None:
    folder, *_ = rendered
    for command in (["check"], ["format", "--check", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
        done = subprocess.run(ruff, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_compiles_and_every_module_says_what_it_is_for(rendered) -> None:
    folder, *_ = rendered
    for path in folder.rglob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        assert ast.get_docstring(module) or not module.body, f"{path} has no docstring"


def test_no_delimiter_and_no_double_blank_line_of_the_template_is_left(rendered) -> None:
    folder, *_ = rendered
    for path, text in texts(folder).items():
        assert not re.search(r"<<|>>|<%|%>|<#|#>", text), path
        assert text == "" or text.endswith("\n"), path
        if not path.endswith((".py", ".lock")):
            assert "\n\n\n" not in text, path


def test_no_folder_is_empty(rendered) -> None:
    folder, *_ = rendered
    assert [path for path in folder.rglob("*") if path.is_dir() and not any(path.iterdir())] == []


def test_nothing_of_an_unchosen_feature_or_framework_is_left(rendered) -> None:
    folder, framework, features = rendered
    registry = TEMPLATE["registry"]["default"]
    unchosen = [slug for slug in FEATURES if slug not in features]
    tables = [table for slug in unchosen for table in registry[slug]["tables"]]
    for path, text in texts(folder).items():
        if path == "tools/cassandra.py" or path.startswith("tools/cassandra-jars"):
            continue
        for slug in unchosen:
            assert f"/{slug}/" not in f"/{path}", path
            assert registry[slug]["title"] not in text and f"theme-{slug}" not in text, path
        for table in tables:
            assert not re.search(rf"\b{table}\b", text), f"{path} names the table {table}"
        if path.endswith((".py", ".toml", "Makefile", ".html")) and path != "tools/assets.py":
            for other, words in FRAMEWORK_WORDS.items():
                if other != framework:
                    assert not re.search(rf"\b({words})\b", text, re.IGNORECASE), f"{path} names {other}"


def test_a_single_feature_has_no_dashboard(rendered) -> None:
    folder, _, features = rendered
    assert (folder / "thedemo" / "dashboard.py").exists() == (len(features) > 1)


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
