"""Fixtures: the template as it is right now, one real Cassandra for all tests, rendered projects ready to run."""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tools.render import ROOT, render, snapshot

pytest_plugins = ["tests.features.browsing"]

WORK = Path(os.environ.get("TEST_WORK_DIR") or ROOT / ".work" / "tests")
DATABASE = WORK / "cassandra"
CASSANDRA = ROOT / "template" / "tools" / "cassandra.py"
GIVEN_DATABASE = os.environ.get("TEST_DATABASE")
"""host:port of a database to use; the tests then neither start nor stop one."""
UV = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")


def free_port() -> int:
    """Return a port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(reached: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until something holds; fail when that takes too long."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, so that one of several test processes does something once for all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cassandra(command: str, directory: Path, port: int) -> subprocess.CompletedProcess[str]:
    """Run tools/cassandra.py on a data directory and a port of the tests' own."""
    environment = {**os.environ, "CASSANDRA_DIR": str(directory), "SCYLLA_HOSTS": f"127.0.0.1:{port}"}
    arguments = [UV, "run", "--quiet", "--script", str(CASSANDRA), command]
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def database() -> str:
    """The address of the one Cassandra that all tests share; it is started by the first that needs it."""
    if GIVEN_DATABASE:
        return GIVEN_DATABASE
    address = WORK / "address"
    with locked(WORK / "lock"):
        if not address.exists():
            port = free_port()
            started = cassandra("up", DATABASE, port)
            assert started.returncode == 0, started.stdout + started.stderr
            address.write_text(f"127.0.0.1:{port}")
        return address.read_text()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forget the database of an earlier run; the controller does it, before any worker starts."""
    if not hasattr(session.config, "workerinput"):
        stop_database()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the shared database when all workers are done."""
    if not hasattr(session.config, "workerinput"):
        stop_database()


class Progress:
    """Prints a line for every rendered project that has been run, and for every failure as soon as it happens."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        project_run = report.when == "call" and "test_projects.py" in report.nodeid
        if reporter and (project_run or report.failed):
            reporter.ensure_newline()
            reporter.write_line(f"{report.outcome} in {report.duration:4.0f} s  {report.nodeid}")


def pytest_configure(config: pytest.Config) -> None:
    """Add the lines of progress; the controller prints them for all workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


def stop_database() -> None:
    """Stop the shared database where one runs, and delete its data."""
    address = WORK / "address"
    if address.exists():
        cassandra("wipe", DATABASE, int(address.read_text().rpartition(":")[2]))
        address.unlink()


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """The template as a plain folder without git history."""
    with snapshot() as folder:
        yield folder


@dataclass(frozen=True)
class Project:
    """A rendered project, with an environment that points it at the tests' database and a keyspace of its own."""

    folder: Path
    environment: dict[str, str]

    def make(self, *targets: str, timeout: float = 900, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run make targets; fail with their output unless they succeed."""
        command = ["make", "--no-print-directory", *targets]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{' '.join(command)} in {self.folder}:\n{done.stdout}"
        return done

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the project's own Python; fail with its output unless it succeeds."""
        python = [".venv/bin/python", *command]
        done = subprocess.run(
            python, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command} in {self.folder}:\n{done.stdout}{done.stderr}"
        return done

    @contextmanager
    def served(self, log: Path, **environment: str) -> Iterator[str]:
        """Serve the project and yield its address; the log may hold no traceback in the end."""
        port = free_port()
        entry = ["manage.py", "serve"] if (self.folder / "manage.py").exists() else ["main.py"]
        with log.open("w") as output:
            process = subprocess.Popen(
                [".venv/bin/python", *entry],
                cwd=self.folder,
                env={**self.environment, "HOST": "127.0.0.1", "PORT": str(port), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: answers(address) or process.poll() is not None, 60, f"an answer from {self.folder.name}")
            assert process.poll() is None, log.read_text()
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)
        assert "Traceback" not in log.read_text(), log.read_text()


def answers(address: str) -> bool:
    """Tell whether a server answers at all, whatever it says."""
    try:
        httpx.get(f"{address}/health", timeout=5)
    except httpx.TransportError:
        return False
    return True


@pytest.fixture(scope="session")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Renders a project: project(database, framework, features) returns it, ready for make."""

    def make_project(hosts: str, framework: str, features: list[str]) -> Project:
        name = "_".join([framework, *features])
        folder = render(
            template,
            tmp_path_factory.mktemp(name) / name,
            {"framework": framework, "features": features, "demo_name": name},
        )
        return Project(folder, project_environment(hosts, name))

    return make_project


def project_environment(hosts: str, keyspace: str) -> dict[str, str]:
    """Return the environment of a project's commands: this machine's, with the tests' database and a keyspace."""
    foreign = ("SCYLLA_", "CASSANDRA_", "MAKE", "MFLAGS", "VIRTUAL_ENV")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**inherited, "UV": UV, "SCYLLA_HOSTS": hosts, "SCYLLA_KEYSPACE": keyspace[:40]}
