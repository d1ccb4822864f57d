"""Fixtures: the template as it is right now, one real Cassandra for all tests, rendered projects ready to run."""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import RoundRobinPolicy

from tests.combinations import Combination, identifier
from tools.environments import UV, environment_of, inherited, locked
from tools.render import ROOT, render, snapshot

pytest_plugins = ["tests.browsing"]

# Tests ask servers of this machine, and a proxy is for the others.
OTHERS = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
os.environ["no_proxy"] = ",".join(filter(None, [OTHERS, "127.0.0.1", "localhost", "::1"]))

# Hundreds of Python processes start in the projects: each would compile everything anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

WORK = Path(os.environ.get("TEST_WORK_DIR") or ROOT / ".work" / "tests")
DATABASE = WORK / "cassandra"
RENDERINGS = WORK / "renderings"
"""The projects that are only looked at, which all test processes share."""
# Copier keeps what it clones, whatever is at that address later.
os.environ["COPIER_CACHE_DIR"] = str(RENDERINGS / "copier")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
"""Which of the test processes this is; no two share a keyspace."""
MYPY_CACHE = WORK / "mypy" / WORKER
"""What mypy has read of the packages that all projects use, for each test process."""
RUN = os.environ.setdefault("TEST_RUN", f"t{os.getpid()}")
"""What the names of this run's keyspaces begin with; the workers inherit it from the controller."""
CASSANDRA = ROOT / "template" / "tools" / "cassandra.py"
GIVEN_DATABASE = os.environ.get("TEST_DATABASE")
"""host:port of a database to use; the tests then neither start nor stop one."""
FOR_MANY_TABLES = {"CASSANDRA_JVM_OPTIONS": "-Xmx3g -Dcassandra.unsafesystem=true"}
"""For a Cassandra with the tables of fifty projects: heap for them, and no flush of its own tables with each change."""


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


def cassandra(command: str, directory: Path, port: int, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run tools/cassandra.py on a data directory and a port of the tests' own."""
    environment = {
        **os.environ,
        "CASSANDRA_DIR": str(directory),
        "SCYLLA_HOSTS": f"127.0.0.1:{port}",
        **environment,
    }
    arguments = [UV, "run", "--quiet", "--script", str(CASSANDRA), command]
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)


def node_process(directory: Path) -> psutil.Process:
    """Return the process of the node whose data is in a directory of the tests' own."""
    data = f"-Dcassandra.storagedir={directory / 'node1'}"
    return next(process for process in psutil.process_iter(["cmdline"]) if data in (process.info["cmdline"] or []))


@contextmanager
def connected(address: str) -> Iterator[Session]:
    """A session of the bare driver."""
    host, _, port = address.rpartition(":")
    profile = ExecutionProfile(RoundRobinPolicy(), request_timeout=60)
    with Cluster([host], port=int(port), execution_profiles={EXEC_PROFILE_DEFAULT: profile}) as cluster:
        yield cluster.connect()


@pytest.fixture(scope="session")
def database() -> str:
    """The address of the one Cassandra that all tests share; it is started by the first that needs it."""
    if GIVEN_DATABASE:
        return GIVEN_DATABASE
    address = WORK / "address"
    with locked(WORK / "lock"):
        if not address.exists():
            port = free_port()
            started = cassandra("up", DATABASE, port, **FOR_MANY_TABLES)
            assert started.returncode == 0, started.stdout + started.stderr
            address.write_text(f"127.0.0.1:{port}")
        return address.read_text()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forget what an earlier run left; the controller does it, before any worker starts."""
    if not hasattr(session.config, "workerinput"):
        claim_work_folder(session.config)
        stop_database()
        shutil.rmtree(RENDERINGS, ignore_errors=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the shared database when all workers are done; leave no keyspace in one that was given."""
    if not hasattr(session.config, "workerinput"):
        stop_database()
        if GIVEN_DATABASE:
            drop_keyspaces(GIVEN_DATABASE)


LONGEST_FIRST = (
    *(
        "own_tests[everything",
        "test_api_fuzz.py",
        "every_fast_test",
        "test_faults.py",
        "test_browser.py",
        "test_stories.py",
    ),
    *("test_documented_lines.py", "test_projects.py", "one_of_its_nodes", "test_cassandra_tool.py", "test_prefix.py"),
)
"""Parts of the names of the tests that take longest; those of a group run one after another in one process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest tests first, so that no worker is left with one at the end."""

    def rank(item: pytest.Item) -> tuple[int, bool]:
        longest = (number for number, part in enumerate(LONGEST_FIRST) if part in item.nodeid)
        return next(longest, len(LONGEST_FIRST)), item.get_closest_marker("slow") is None

    items.sort(key=rank)


def in_one_process(what: str, values: Iterable[Any], names: Callable[[Any], str] = str) -> list[Any]:
    """Return values as parameters; for each, one process runs all the tests of it, and sets up once what they need."""
    return [
        pytest.param(value, marks=pytest.mark.xdist_group(f"{what} {names(value)}"), id=names(value))
        for value in values
    ]


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


def claim_work_folder(config: pytest.Config) -> None:
    """Hold a lock for as long as this run lasts; another run in the same folder would stop its database."""
    WORK.mkdir(parents=True, exist_ok=True)
    claim = (WORK / "run.lock").open("w")
    config.add_cleanup(claim.close)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pytest.exit(f"Another run of the tests uses {WORK}: let it end, or name a folder in TEST_WORK_DIR.", 2)


def stop_database() -> None:
    """Stop the shared database if it runs, and delete its data."""
    address = WORK / "address"
    if address.exists():
        cassandra("wipe", DATABASE, int(address.read_text().rpartition(":")[2]))
        address.unlink()


def drop_keyspaces(address: str) -> None:
    """Drop the keyspaces that this run has made."""
    with connected(address) as session:
        for keyspace in list(session.cluster.metadata.keyspaces):
            if keyspace.startswith(f"{RUN}_"):
                session.execute(f"DROP KEYSPACE IF EXISTS {keyspace}")


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """The template as a plain folder without git history."""
    with snapshot() as folder:
        yield folder


@pytest.fixture(scope="session")
def rendering(template: Path) -> Callable[[Combination], Path]:
    """Renders a project once for all tests and test processes: rendering(combination) returns its folder."""

    def folder_of(combination: Combination) -> Path:
        framework, features = combination
        folder = RENDERINGS / identifier(combination)
        with locked(RENDERINGS / f"{folder.name}.lock"):
            if not folder.exists():
                answers = {"framework": framework, "features": list(features), "demo_name": "thedemo"}
                render(template, RENDERINGS / "unfinished" / folder.name, answers).rename(folder)
        return folder

    return folder_of


@dataclass(frozen=True)
class Project:
    """A rendered project, with an environment that points it at the tests' database and a keyspace of its own."""

    folder: Path
    environment: dict[str, str]

    def in_keyspace(self, name: str) -> "Project":
        """Return the same project with another keyspace."""
        return self.changed(SCYLLA_KEYSPACE=keyspace_name(name))

    def changed(self, **environment: str) -> "Project":
        """Return the same project with more environment."""
        return Project(self.folder, {**self.environment, **environment})

    def share_packages(self) -> None:
        """Use the virtual environment of an earlier project with the same lock, so that `make setup` finds it done."""
        (self.folder / ".venv").symlink_to(environment_of(self.folder), target_is_directory=True)
        os.utime(self.folder / "requirements.lock", (0, 0))  # older than the environment, for make

    def set_up(self) -> None:
        """Do what `make setup` does, with an environment that projects share."""
        self.share_packages()
        self.make("setup")

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
    def served(self, log: Path, *command: str, **environment: str) -> Iterator[str]:
        """Serve the project, by its own command or another; there may be no traceback in the log at the end."""
        port = free_port()
        entry = ["manage.py", "serve"] if (self.folder / "manage.py").exists() else ["main.py"]
        with log.open("w") as output:
            process = subprocess.Popen(
                [".venv/bin/python", *(command or entry)],
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
    """Return True if a server answers, whatever it says."""
    try:
        httpx.get(f"{address}/health", timeout=5)
    except httpx.TransportError:
        return False
    return True


@pytest.fixture(scope="session")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Renders a project: project(database, framework, features) returns it, ready for make."""

    def make_project(hosts: str, framework: str, features: Iterable[str]) -> Project:
        name = identifier((framework, tuple(features)))
        folder = render(
            template,
            tmp_path_factory.mktemp(name) / name,
            {"framework": framework, "features": list(features), "demo_name": name},
        )
        return Project(folder, project_environment(hosts, name))

    return make_project


def project_environment(hosts: str, keyspace: str) -> dict[str, str]:
    """Return the environment of a project's commands: this machine's, with the tests' database and a keyspace."""
    database = {"SCYLLA_HOSTS": hosts, "SCYLLA_KEYSPACE": keyspace_name(keyspace)}
    return {**inherited(), **database, "MYPY_CACHE_DIR": str(MYPY_CACHE)}


def keyspace_name(name: str) -> str:
    """Return the name of a keyspace of this process's own, short enough for a project's tests to add a word."""
    return f"{RUN}_{WORKER}_{name}"[:43]
