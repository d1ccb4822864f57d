"""Tier 4: set-up on machines that are not ours: odd folders, other programs' settings, a set-up that was broken off."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import httpx
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.combinations import FEATURES, FRAMEWORKS, Combination
from tests.foreign import FOREIGN, PROXIES, SETTINGS
from tests.test_cassandra_tool import tool
from tools.environments import UV, inherited
from tools.render import ROOT

pytestmark = pytest.mark.slow

LOCKED = re.search(r"^iniconfig==.*\n(?:    .*\n)+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
"""A lock's smallest package."""
ANOTHER = f"python{sys.version_info.major}.{sys.version_info.minor + 7}"
PIP = {
    "PIP_USER": "1",
    "PIP_TARGET": "elsewhere",
    "PIP_PREFIX": "elsewhere",
    "PIP_ROOT": "elsewhere",
    "PIP_REQUIRE_HASHES": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_CONSTRAINT": "missing.txt",
    "PIP_NO_BINARY": ":all:",
    "PIP_PYTHON": "missing",
}
"""What must not change where the project's own uv is put."""
LAUNCHERS = {"PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"}
"""What tells Python which program it is."""


class Folder:
    """A folder that has nothing but a Makefile and a lock, the template's or a project's."""

    def __init__(self, path: Path, makefile: Path) -> None:
        self.path = path
        path.mkdir()
        shutil.copy(makefile, path)
        assert LOCKED
        (path / "requirements.lock").write_text(LOCKED[0])

    def make(self, target: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run make with more environment; a variable whose value is empty is taken out."""
        variables = {name: value for name, value in {**inherited(), **environment}.items() if value}
        return subprocess.run(["make", target], cwd=self.path, env=variables, capture_output=True, text=True)

    def set_up(self, **environment: str) -> None:
        """Set up, and find what is in the lock."""
        done = self.make(".venv/.ready", **environment)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        command = [str(self.path / ".venv/bin/python"), "-c", "from iniconfig import IniConfig"]
        found = subprocess.run(command, capture_output=True)
        assert found.returncode == 0, found.stderr


@pytest.fixture(params=["the template", "a project"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, rendering: Callable[[Combination], Path]) -> Folder:
    """A folder whose path has blanks, accents and signs that mean something to a shell or to make."""
    origin = ROOT if request.param == "the template" else rendering((FRAMEWORKS[0], tuple(FEATURES)))
    return Folder(tmp_path / "pröj écts $HOME 'n' #1", origin / "Makefile")


def program(path: Path, script: str) -> Path:
    """Write a program for the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def wheel_of_uv(folder: Path) -> None:
    """Make a wheel of uv that runs the one that is here, so that pip needs no network."""
    info = "uv-99.dist-info"
    files = {
        "uv-99.data/scripts/uv": f'#!/bin/sh\nexec "{UV}" "$@"\n',
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: uv\nVersion: 99\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    folder.mkdir()
    with zipfile.ZipFile(folder / "uv-99-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            file = zipfile.ZipInfo(name)
            file.external_attr = 0o100755 << 16  # a regular file that can be run
            wheel.writestr(file, text)


# --- uv --------------------------------------------------------------------------------------------------------------


def test_a_uv_in_a_folder_with_blanks(folder: Folder, tmp_path: Path) -> None:
    program(tmp_path / "my tools" / "uv", f'exec "{UV}" "$@"')
    folder.set_up(UV="", PATH=f"{tmp_path / 'my tools'}:{os.environ['PATH']}")
    assert not (folder.path / ".uv").exists()


@pytest.mark.parametrize(
    ("folder", "answer"),
    [
        ("the template", "echo \"error: unexpected argument '--script' found\" >&2; exit 2"),
        ("a project", 'echo "pyenv: uv: command not found" >&2; exit 127'),
    ],
    ids=["too old", "a shim of nothing"],
    indirect=["folder"],
)
def test_a_uv_of_no_use_is_none_and_pip_fetches_one(folder: Folder, tmp_path: Path, answer: str) -> None:
    """Whatever pip is told, but for where packages come from; and whatever an earlier attempt has left."""
    program(tmp_path / "old" / "uv", answer)
    program(folder.path / ".uv" / "bin" / "python", "exit 127")
    wheel_of_uv(tmp_path / "wheels")
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nno-index = true\nfind-links = {tmp_path / 'wheels'}\n[install]\nuser = true\n")
    path = f"{tmp_path / 'old'}:{os.environ['PATH']}"
    folder.set_up(UV="", PATH=path, PIP_CONFIG_FILE=str(config), PIP_FIND_LINKS="", **PIP)
    assert (folder.path / ".uv/bin/uv").exists()
    assert not (folder.path / "elsewhere").exists()


# --- A set-up that was broken off, or has lost something -------------------------------------------------------------


def lose_a_module(environment: Path) -> None:
    """Leave a package as a set-up does that is killed while it copies it: noted, but not there as a whole."""
    next(environment.glob("lib/*/site-packages/iniconfig/__init__.py")).unlink()
    (environment / ".ready").unlink()


def lose_python(environment: Path) -> None:
    """Take the Python away that the environment was made with."""
    (environment / "bin/python").unlink()
    (environment / "bin/python").symlink_to("/usr/share/gone/bin/python3")


def break_python(environment: Path) -> None:
    """Leave a Python that doesn't start, as without its libraries."""
    (environment / "bin/python").unlink()
    program(environment / "bin/python", "exit 127")


def upgrade_python(environment: Path) -> None:
    """Let the Python be another version now; it looks for its packages elsewhere."""
    (packages,) = environment.glob("lib/python3*")
    packages.rename(packages.with_name(ANOTHER))


@pytest.mark.parametrize("harm", [lose_a_module, lose_python, break_python, upgrade_python])
def test_an_environment_heals(folder: Folder, harm: Callable[[Path], None]) -> None:
    folder.set_up()
    harm(folder.path / ".venv")
    folder.set_up()


def test_an_environment_that_is_whole_stays(folder: Folder) -> None:
    folder.set_up(**SETTINGS)
    kept = folder.path / ".venv" / "kept"
    kept.touch()
    folder.set_up(**SETTINGS)
    assert kept.exists()


def test_uv_is_not_led_to_the_python_of_everybody(folder: Folder, tmp_path: Path) -> None:
    """With any of these, uv has emptied the Python that the environment was made with: here, no uv runs."""
    told = program(tmp_path / "uv", f'env > "{tmp_path / "told"}"; mkdir -p .venv/bin')
    done = folder.make(".venv/.ready", UV=str(told), **dict.fromkeys(LAUNCHERS, "/missing"))
    assert (done.returncode, done.stderr) == (0, "")
    names = {line.partition("=")[0] for line in (tmp_path / "told").read_text().splitlines()}
    assert "UV" in names
    assert not names & LAUNCHERS


# --- Proxies, and names that mean something else ---------------------------------------------------------------------


def test_the_tests_ask_no_proxy_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, PROXIES[name])
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        assert httpx.head(f"http://127.0.0.1:{server.server_port}").status_code == 200


def test_the_embedded_database_takes_a_url_for_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCYLLA_HOSTS", raising=False)
    monkeypatch.setenv("SCYLLA_PORT", FOREIGN["SCYLLA_PORT"])
    monkeypatch.delenv("CASSANDRA_PORT", raising=False)
    assert tool.contact_point().port == 9042
    monkeypatch.setenv("CASSANDRA_PORT", "9143")
    assert tool.contact_point().port == 9143


# --- What is promised ------------------------------------------------------------------------------------------------


def test_help_names_every_target_that_is_explained(folder: Folder) -> None:
    explained = re.findall(r"^([a-z-]+):.*## (.*)$", (folder.path / "Makefile").read_text(), re.MULTILINE)
    lines = folder.make("help").stdout.splitlines()
    assert [line.split(maxsplit=2)[1:] for line in lines] == [list(pair) for pair in explained]
    assert len({line.index(line.split(maxsplit=2)[2]) for line in lines}) == 1, "the explanations are one column"


def test_versions_that_complain_are_left_out(folder: Folder) -> None:
    (versions,) = re.findall(r"^VERSIONS = (.*)$", (folder.path / "Makefile").read_text(), re.MULTILINE)
    for project in (ROOT / "pyproject.toml", ROOT / "template" / "pyproject.toml.jinja"):
        assert f'requires-python = "{versions}"' in project.read_text()
    accepted = [
        version
        for version in ("3.10.13", "3.11.0", "3.12.0", "3.12.1", "3.12.2", "3.12.3", "3.14.0")
        if SpecifierSet(versions).contains(version)
    ]
    assert accepted == ["3.11.0", "3.12.3", "3.14.0"]


def test_ci_runs_every_python_that_is_promised() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    versions = [*workflow["jobs"]["pythons"]["strategy"]["matrix"]["python"]]
    gate = next(step["with"] for step in workflow["jobs"]["gate"]["steps"] if "setup-python" in step.get("uses", ""))
    assert [gate["python-version"], *versions] == ["3.11", "3.12", "3.13", "3.14"]
    assert "Python 3.12 to 3.14" in " ".join((ROOT / "README.md").read_text().split())


def test_the_documentation_names_what_was_tried() -> None:
    table = (ROOT / "docs/environment.md").read_text()
    named = set(re.findall(r"`([A-Za-z_]{4,})(?:=[^`]*)?`", table))
    assert {*FOREIGN, *PIP, *LAUNCHERS} <= named
