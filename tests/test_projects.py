"""Tier 4: every combination passes its own setup, lint and tests, and runs as its README says, on a real Cassandra."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.combinations import PROJECT_IDS, PROJECTS
from tests.conftest import Project, free_port, project_environment, wait_until
from tools.render import GENERATED, ROOT, preset_names, read_preset

pytestmark = pytest.mark.slow

PRESET_PROJECTS = {(preset["framework"], tuple(preset["features"])) for preset in map(read_preset, preset_names())}
OTHERS = [pair for pair in zip(PROJECTS, PROJECT_IDS, strict=True) if pair[0] not in PRESET_PROJECTS]

COUNT_ROWS = """
from fastapi_ttl import database

database.open_connection()
print(database.get_driver().execute("SELECT COUNT(*) AS n FROM sessions", [])[0]["n"])
"""


def passed(output: str) -> int:
    """Return how many tests a project's pytest counted as passed, none of them skipped or failed."""
    summary = re.search(r"(\d+) passed[^\n]* in ", output)
    assert summary, output
    assert not re.search(r"\d+ (skipped|failed|error|xfailed)", output), output
    return int(summary[1])


def own_checks(project: Project) -> None:
    """Run what a project's owner runs."""
    project.make("setup")
    project.make("lint")
    assert passed(project.make("test").stdout) > 30


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_passes_its_own_tests(name: str, database: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(GENERATED / name, folder, ignore=shutil.ignore_patterns(".venv", ".cassandra", "vendor"))
    own_checks(Project(folder, project_environment(database, "preset_" + name.replace("-", "_"))))


@pytest.mark.parametrize(
    ("framework", "features"), [pair for pair, _ in OTHERS], ids=[identifier for _, identifier in OTHERS]
)
def test_a_combination_passes_its_own_tests(framework: str, features: tuple, database: str, project) -> None:
    own_checks(project(database, framework, list(features)))


def heed_ctrl_c() -> None:
    """Undo that a shell lets its background jobs, and so the tests and what they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_until_served(command: list[str], folder: Path, environment: dict[str, str], log: Path, address: str) -> str:
    """Start a command, wait for its start page, end it with Ctrl-C and return the page."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=heed_ctrl_c,
        )
    try:
        wait_until(lambda: reachable(address) or process.poll() is not None, 300, f"{command} serving {address}")
        assert process.poll() is None, log.read_text()
        return httpx.get(address, headers={"Accept": "text/html"}).text
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def reachable(address: str) -> bool:
    """Tell whether the start page is there."""
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("name", preset_names())
def test_make_run_does_everything_and_twice_is_harmless(name: str, database: str, tmp_path: Path) -> None:
    folder, port = tmp_path / name, free_port()
    shutil.copytree(GENERATED / name, folder, ignore=shutil.ignore_patterns(".venv", ".cassandra", "vendor"))
    environment = project_environment(database, "ran_" + name.replace("-", "_")) | {"PORT": str(port)}
    address = f"http://127.0.0.1:{port}"
    for attempt in ("first", "second"):
        log = tmp_path / f"{attempt}.log"
        page = run_until_served(["make", "run"], folder, environment, log, address)
        assert "Under the hood" in page or 'class="figure"' in page
        assert f"Serving {address}" in log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()


def test_make_demo_renders_and_runs_what_is_asked_for(tmp_path: Path) -> None:
    port, cql_port = free_port(), free_port()
    environment = project_environment(f"127.0.0.1:{cql_port}", "demo") | {
        "PORT": str(port),
        "DEMO_DIR": str(tmp_path),
        "FRAMEWORK": "flask",
        "FEATURES": "ttl,lwt",
    }
    try:
        page = run_until_served(["make", "demo"], ROOT, environment, tmp_path / "log", f"http://127.0.0.1:{port}")
        assert "Dimension-4" in page and "Dimension-6" in page
    finally:
        Project(tmp_path / "flask_ttl_lwt", environment).make("db-down")


@pytest.mark.parametrize("variables", [{"PRESET": "nope"}, {"FRAMEWORK": "rails"}, {"FEATURES": "ttl,nope"}])
def test_make_demo_refuses_what_does_not_exist_with_one_sentence(variables: dict[str, str], tmp_path: Path) -> None:
    environment = project_environment("127.0.0.1:1", "demo") | {"DEMO_DIR": str(tmp_path), **variables}
    done = subprocess.run(["make", "demo"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert next(iter(variables.values())).split(",")[-1] in done.stderr


def test_a_busy_port_gets_one_clear_sentence(database: str, project, tmp_path: Path) -> None:
    served = project(database, "fastapi", ["ttl"])
    served.make("setup")
    with served.served(tmp_path / "log") as address:
        busy = Project(served.folder, served.environment | {"PORT": address.rpartition(":")[2]})
        done = busy.make("run", check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    assert "in use" in done.stdout


def test_ctrl_c_in_a_seed_says_what_was_written(database: str, project) -> None:
    seeded = project(database, "fastapi", ["ttl"])
    seeded.make("setup")
    process = subprocess.Popen(
        [".venv/bin/python", "seed.py", "--count", "200000", "--ttl", "3600"],
        cwd=seeded.folder,
        env=seeded.environment | {"SCYLLA_KEYSPACE": "interrupted"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_ctrl_c,
    )

    def rows() -> int:
        environment = seeded.environment | {"SCYLLA_KEYSPACE": "interrupted"}
        command = [".venv/bin/python", "-c", COUNT_ROWS]
        done = subprocess.run(command, cwd=seeded.folder, env=environment, capture_output=True, text=True, check=False)
        return int(done.stdout or 0) if done.returncode == 0 else 0

    wait_until(lambda: rows() > 0, 60, "the first row")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    written = re.search(r"ttl\s*│\s*([\d,]+)", output)
    assert written and int(written[1].replace(",", "")) == rows()
