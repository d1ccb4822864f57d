"""Tier 4: how commands end: by Ctrl-C or SIGTERM at any moment, without a traceback, and saying what may be stored."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.combinations import FRAMEWORKS
from tests.conftest import Project, connected, free_port, in_one_process, wait_until

pytestmark = pytest.mark.slow

SIGNALS = [signal.SIGINT, signal.SIGTERM]
MOMENTS = [0.15, 0.3, 0.6, 1.0, 1.5, 2.2]
"""In seconds: the first ones are in the middle of the imports, the last ones in the middle of the work."""
TELL = """
from {package}.samples.seeding import Seeding, report
from {package}.errors import OutcomeUnknown
from cassandra.cluster import NoHostAvailable

run = Seeding.begin(5, None, 1)
code = report({{"ttl": run}}, {error})
run.adds_up = True
report({{"ttl": run}}, {error})
raise SystemExit(code)
"""


@pytest.fixture(scope="module", params=in_one_process("ends", FRAMEWORKS))
def demo(request: pytest.FixtureRequest, database: str, project: Callable[..., Project]) -> Iterator[Project]:
    """A small project, its tables made."""
    built = project(database, request.param, ["ttl"]).in_keyspace(f"ends_{request.param}")
    built.share_packages()
    built.run("seed.py", "--count", "1")
    yield built


def heed_ctrl_c() -> None:
    """React to Ctrl-C again: a shell makes its background jobs, and so these tests, ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def start(demo: Project, *command: str) -> "subprocess.Popen[str]":
    """Start a command of a project's Python."""
    return subprocess.Popen(
        [".venv/bin/python", *command],
        cwd=demo.folder,
        env={**demo.environment, "PORT": str(free_port())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_ctrl_c,
    )


def is_from_python_itself(output: str, demo: Project) -> bool:
    """Return True if a traceback is that of an interpreter which had not yet run the first line of the project."""
    frames = [line for line in output.splitlines() if str(demo.folder) in line]
    return "Traceback" in output and (not frames or "    import signal\n" in output)


@pytest.mark.parametrize("command", ["seed", "sync", "serve"])
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_no_command_ends_in_a_traceback(demo: Project, command: str, number: signal.Signals) -> None:
    django = (demo.folder / "manage.py").exists()
    commands = {
        "seed": ["seed.py", "--count", "20000"],
        "sync": ["manage.py", "sync_cassandra"] if django else ["-m", f"{demo.folder.name}.schema"],
        "serve": ["manage.py", "serve"] if django else ["main.py"],
    }

    def end_at(moment: float) -> tuple[float, int, str]:
        process = start(demo, *commands[command])
        time.sleep(moment)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
        return moment, process.returncode, output

    with ThreadPoolExecutor(2) as threads:
        for moment, code, output in threads.map(end_at, MOMENTS):
            if is_from_python_itself(output, demo):
                continue
            assert "Traceback" not in output and "Exception" not in output, f"at {moment} s:\n{output}"
            # A signal that is not caught shows as its negative number here, and as 128 more in a shell.
            assert code in {-number, 128 + number} or (command == "sync" and code == 0), f"at {moment} s: {code}"


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_seed_that_is_stopped_says_what_is_stored(demo: Project, number: signal.Signals) -> None:
    with connected(demo.environment["SCYLLA_HOSTS"]) as session:
        session.set_keyspace(demo.environment["SCYLLA_KEYSPACE"])
        session.execute("TRUNCATE sessions")

        def stored() -> int:
            return int(session.execute("SELECT COUNT(*) FROM sessions").one()[0])

        process = start(demo, "seed.py", "--count", "50000", "--ttl", "3600")
        wait_until(lambda: stored() > 0, 60, "the first row")
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 128 + number, output
        assert "The same command again is harmless" in output
        written = re.search(r"ttl\s*│\s*([\d,]+)", output)
        assert written and int(written[1].replace(",", "")) == stored()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("OutcomeUnknown()", "it did not confirm a write in time."),
        ("NoHostAvailable('none', {'a': ConnectionRefusedError(111, 'Connection refused')})", "Connection refused."),
    ],
)
def test_a_seed_that_the_database_stopped_says_so_in_words(demo: Project, error: str, said: str) -> None:
    done = subprocess.run(
        [".venv/bin/python", "-c", TELL.format(package=demo.folder.name, error=error)],
        cwd=demo.folder,
        env={**demo.environment, "COLUMNS": "200", "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "")
    assert said in done.stdout
    assert "Rows that were under way may be stored too" in done.stdout
    assert "The same command again is harmless" in done.stdout
    assert "The same command again counts everything once more" in done.stdout
    assert not re.search(r"[A-Z][a-z]+[A-Z][a-z]+\b", done.stdout), "no name of a class"
