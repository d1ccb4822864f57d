"""Tier 4: every preset is set up, linted and run as its README says; those of TESTED pass their own tests, too."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.combinations import ADDED, FEATURES, PRESETS, TEMPLATE, TESTED, Combination, identifier
from tests.conftest import Project, free_port, project_environment, wait_until
from tests.constructs import ROWS, constructs, unknown
from tests.foreign import FOREIGN
from tests.load import TRAFFIC
from tests.statements import Statements, costly
from tools.render import GENERATED, ROOT

pytestmark = pytest.mark.slow

NAMES = sorted(PRESETS, key=lambda name: -len(PRESETS[name][1]))
"""The presets, beginning with those that take longest."""
FIRST = {PRESETS[name][0]: name for name in NAMES}.values()
"""A small preset of each framework."""
PAGES = {feature: entry["page"] for feature, entry in TEMPLATE["registry"]["default"].items()}

BROWSER = {"Accept": "text/html"}
COUNT_ROWS = """
from fastapi_ttl.db import connection

connection.open_connection()
print(connection.get_driver().execute("SELECT COUNT(*) AS n FROM sessions", [])[0]["n"])
"""


def passed(output: str) -> int:
    """Return the number of passed tests in a project's pytest output; none may be skipped or fail."""
    summary = re.search(r"(\d+) passed[^\n]* in ", output)
    assert summary, output
    assert not re.search(r"\d+ (skipped|failed|error|xfailed)", output), output
    return int(summary[1])


@pytest.fixture
def preset(database: str, tmp_path: Path) -> Callable[[str], Project]:
    """Copies a preset from generated/: preset(name) returns it."""

    def copy(name: str) -> Project:
        ignored = shutil.ignore_patterns(".venv", ".cassandra", "vendor")
        folder = shutil.copytree(GENERATED / name, tmp_path / name, ignore=ignored)
        return Project(folder, project_environment(database, name.replace("-", "_")))

    return copy


@pytest.fixture
def added(database: str, project: Callable[..., Project]) -> Callable[[Combination], Project]:
    """Renders a combination that is no preset: added(combination) returns it."""
    return lambda combination: project(database, *combination)


# --- Its own tests ---------------------------------------------------------------------------------------------------


def check_own_tests(demo: Project, folder: Path) -> set[str]:
    """Run what a project's owner runs; return the statements that its servers and seeds have sent.

    Whatever they are asked, no statement may read a table, and each consists of what both engines take.
    """
    demo.share_packages()
    demo.make("setup", "db-up")  # before there is no way to the network
    statements = Statements(folder / "statements")
    assert passed(demo.changed(**FOREIGN, **statements.environment).make("test").stdout) > 30
    assert statements.texts()
    assert costly(statements.texts()) == []
    assert unknown(statements.texts()) == []
    return statements.texts()


@pytest.mark.parametrize("name", [name for name in NAMES if name in TESTED])
def test_a_preset_passes_its_own_tests(name: str, preset: Callable[[str], Project], tmp_path: Path) -> None:
    sent = check_own_tests(preset(name), tmp_path)
    if len(PRESETS[name][1]) == len(FEATURES):
        assert set(ROWS) <= constructs(sent), "docs/engines.md lists what nothing uses"


@pytest.mark.parametrize("combination", ADDED, ids=identifier)
def test_an_added_combination_passes_its_own_tests(
    combination: Combination, added: Callable[[Combination], Project], tmp_path: Path
) -> None:
    check_own_tests(added(combination), tmp_path)


# --- make run --------------------------------------------------------------------------------------------------------


def heed_ctrl_c() -> None:
    """React to Ctrl-C again: a shell makes its background jobs, and so these tests, ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> Iterator[str]:
    """Start a command, wait for its start page, yield its address and end it with Ctrl-C."""
    address = f"http://127.0.0.1:{environment['PORT']}"
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
        yield address
    finally:
        if process.poll() is None:  # otherwise its number may belong to another process by now
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)
    assert "Traceback" not in log.read_text(), log.read_text()


def reachable(address: str) -> bool:
    """Return True if the start page is served."""
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def check_make_run(demo: Project, combination: Combination, log: Path) -> None:
    """Run a project as its README says, and ask for its pages and its API."""
    _, features = combination
    environment = demo.environment | {"PORT": str(free_port())}
    with running(["make", "run"], demo.folder, environment, log) as address:
        assert "Ctrl-C stops the server" in log.read_text()
        with httpx.Client(base_url=address, timeout=30) as client:
            start = client.get("/", headers=BROWSER).text
            for page in ["/"] if len(features) == 1 else [PAGES[feature] for feature in features]:
                answer = client.get(page, headers=BROWSER)
                assert answer.status_code == 200, page
                assert "Under the hood" in answer.text, page
                assert f'href="{page}"' in start, page
            check_api(client)


LISTS = {traffic.list.partition("?")[0]: traffic.list for traffic in TRAFFIC.values()}
"""The address of each list with what it requires; a document cannot say that one of several parameters is."""


def check_api(client: httpx.Client) -> None:
    """Ask for everything that the API lets one read without naming it: lists, summaries, its own health."""
    asked = [path for path, item in client.get("/openapi.json").json()["paths"].items() if is_readable(path, item)]
    assert "/health" in asked and len(asked) > 1
    for path in asked:
        address = LISTS.get(path, path)
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.text}"
        assert answer.json() or address != path, f"{path} has no data"


def is_readable(path: str, item: dict[str, Any]) -> bool:
    """Return True if a path of an OpenAPI document can be asked for as it is."""
    parameters = item.get("get", {"parameters": [{"required": True}]}).get("parameters", [])
    return "{" not in path and not any(parameter.get("required") for parameter in parameters)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FIRST])
def test_make_run_serves_a_preset(name: str, preset: Callable[[str], Project], tmp_path: Path) -> None:
    demo = preset(name)
    demo.share_packages()
    check_make_run(demo, PRESETS[name], tmp_path / "log")


@pytest.mark.parametrize("name", FIRST)
def test_make_run_does_everything_and_twice_is_harmless(
    name: str, preset: Callable[[str], Project], tmp_path: Path
) -> None:
    demo = preset(name)
    (demo.folder.parent / ".env").write_text("FLASK_DEBUG=1\n")
    for attempt, environment in (("first", {}), ("second", FOREIGN)):
        log = tmp_path / f"{attempt}.log"
        check_make_run(demo.changed(**environment), PRESETS[name], log)
        assert "Debugger" not in log.read_text()


@pytest.mark.parametrize("combination", ADDED, ids=identifier)
def test_make_run_serves_an_added_combination(
    combination: Combination, added: Callable[[Combination], Project], tmp_path: Path
) -> None:
    demo = added(combination)
    demo.share_packages()
    check_make_run(demo, combination, tmp_path / "log")


@pytest.mark.parametrize("name", NAMES)
def test_make_lint_is_content_with_a_preset(name: str, preset: Callable[[str], Project]) -> None:
    demo = preset(name)
    demo.share_packages()
    # To mypy, whose cache the projects share, two files of one name, size and second are the same.
    for path in demo.folder.rglob("*.py"):
        os.utime(path, (NAMES.index(name), NAMES.index(name)))
    demo.make("lint")


def test_make_demo_renders_and_runs_what_is_asked_for(tmp_path: Path) -> None:
    environment = project_environment(f"127.0.0.1:{free_port()}", "demo") | {
        "PORT": str(free_port()),
        "DEMO_DIR": str(tmp_path),
        "FRAMEWORK": "flask",
        "FEATURES": "ttl,lwt",
    }
    try:
        with running(["make", "demo"], ROOT, environment, tmp_path / "log") as address:
            page = httpx.get(address, headers=BROWSER).text
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
    served.set_up()
    with served.served(tmp_path / "log") as address:
        busy = Project(served.folder, served.environment | {"PORT": address.rpartition(":")[2]})
        done = busy.make("run", check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    assert "in use" in done.stdout


def test_ctrl_c_in_a_seed_says_what_was_written(database: str, project) -> None:
    seeded = project(database, "fastapi", ["ttl"]).in_keyspace("interrupted")
    seeded.set_up()
    process = subprocess.Popen(
        [".venv/bin/python", "seed.py", "--count", "200000", "--ttl", "3600"],
        cwd=seeded.folder,
        env=seeded.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_ctrl_c,
    )

    def rows() -> int:
        environment = seeded.environment
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
