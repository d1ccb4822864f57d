"""tools/cassandra.py, run for real on ports and directories of its own; docs/database.md is its contract."""

from __future__ import annotations

import errno
import hashlib
import http.server
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import psutil
import pytest
from cassandra import OperationTimedOut, WriteTimeout
from cassandra.cluster import NoHostAvailable

from tests.combinations import FEATURES
from tests.conftest import CASSANDRA, ROOT, UV, Project, connected, free_port, node_process, wait_until
from tests.load import RECOVERY, Load, check_answers, check_rows
from tools.environments import inherited


def load_script() -> ModuleType:
    """The script as a module, not named `cassandra` as the driver is."""
    spec = importlib.util.spec_from_file_location("cassandra_tool", CASSANDRA)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)  # no __pycache__ inside the template
        spec.loader.exec_module(module)
    return module


tool = load_script()
ENSURE_JARS = tool.ensure_jars


@dataclass
class Place:
    """A project's data directory and CQL port."""

    root: Path
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def environment(self, **changes: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCYLLA_", "CASSANDRA_"))}
        return kept | {"CASSANDRA_DIR": str(self.root), "SCYLLA_HOSTS": self.address} | changes

    def run(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        command = [UV, "run", "--quiet", "--script", str(CASSANDRA), *arguments]
        return subprocess.run(command, env=self.environment(**changes), capture_output=True, text=True, timeout=600)

    def pid(self) -> int:
        return node_process(self.root).pid


def is_alive(pid: int) -> bool:
    """Return True if the process runs; one that has ended but was not reaped does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state) and not state.startswith("Z")


def assert_one_sentence(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2, result
    assert len(result.stderr.splitlines()) == 1, result.stderr
    for word in words:
        assert word in result.stderr


@contextmanager
def listening(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """A server on a loopback port that is not Cassandra."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                while True:
                    with server.accept()[0] as connection:
                        answer(connection)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "a project", free_port())
    yield place
    place.run("wipe")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HOSTS", "PORT", "SSL_CA"):
        monkeypatch.delenv(f"SCYLLA_{name}", raising=False)
        monkeypatch.delenv(f"CASSANDRA_{name}", raising=False)
    return monkeypatch


HOSTILE = {
    "LC_ALL": "C",
    "CLASSPATH": "/nowhere",
    "JAVA_TOOL_OPTIONS": "-XX:+UseG1GC",
    "JDK_JAVA_OPTIONS": "-XX:+UseParallelGC",
    "_JAVA_OPTIONS": "-Xmx8m",
}
"""What other programs want of Java and of the locale; with any of it, the JVM would not start the node."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A running node that the tests of this file share."""
    place = Place(tmp_path_factory.mktemp("node") / "pröj écts", free_port())
    result = place.run("up", **HOSTILE)
    assert result.returncode == 0, result
    assert f"127.0.0.1:{place.port} (pid {place.pid()}, log {place.root / 'node1' / 'cassandra.log'})" in result.stdout
    yield place
    assert place.run("wipe").returncode == 0


# --- One node ---


def on_shared_node(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test in the process in which the other tests of that node run."""
    return pytest.mark.slow(pytest.mark.xdist_group("node")(test))


@on_shared_node
def test_status_names_address_pid_and_state(node: Place) -> None:
    result = node.run("status")
    assert result.returncode == 0
    assert result.stdout == f"127.0.0.1:{node.port}  pid {node.pid()}  ready\n"


@on_shared_node
def test_node_is_on_loopback_durable_and_has_views(node: Place) -> None:
    log = (node.root / "node1" / "cassandra.log").read_text()
    assert "Starting listening for CQL clients on /127.0.0.1" in log
    assert "commitlog_sync=batch" in log
    assert "materialized_views_enabled=true" in log


@on_shared_node
def test_second_up_is_harmless(node: Place) -> None:
    pid = node.pid()
    results = []
    threads = [threading.Thread(target=lambda: results.append(node.run("up"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.returncode for result in results] == [0, 0]
    assert all("already runs" in result.stdout for result in results)
    assert node.pid() == pid


@on_shared_node
def test_running_node_is_not_moved_or_multiplied(node: Place) -> None:
    assert_one_sentence(node.run("up", "--port", str(free_port())), f"127.0.0.1:{node.port}", "down")
    assert_one_sentence(node.run("up", "--nodes", "3"), "wipe")


@on_shared_node
def test_other_project_uses_what_listens(node: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other", node.port)
    result = other.run("up")
    assert result.returncode == 0
    assert "Using the CQL server that already listens" in result.stdout
    assert other.run("status").returncode == 0
    assert other.run("wipe").returncode == 0
    assert is_alive(node.pid())


@on_shared_node
def test_data_survives_down_up_and_kill(node: Place) -> None:
    with connected(node.address) as session:
        session.execute("CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        session.execute("CREATE TABLE k.t (id int PRIMARY KEY)")
        session.execute("INSERT INTO k.t (id) VALUES (1)")
    pid = node.pid()
    assert node.run("down").returncode == 0
    assert not is_alive(pid)
    assert node.run("status").returncode == 1
    assert node.run("down").returncode == 0

    node.port = free_port()
    assert node.run("up").returncode == 0
    with connected(node.address) as session:
        session.execute("INSERT INTO k.t (id) VALUES (2)")
    pid = node.pid()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), 10, "the end of the node")
    assert node.run("status").returncode == 1

    assert node.run("up").returncode == 0
    with connected(node.address) as session:
        assert {row.id for row in session.execute("SELECT id FROM k.t")} == {1, 2}


@on_shared_node
def test_node_that_is_moved_and_one_that_cannot_write_keep_what_they_acknowledged(node: Place) -> None:
    with connected(node.address) as session:
        session.execute(
            "CREATE KEYSPACE m WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': 1}"
        )
        session.execute("CREATE TABLE m.t (id int PRIMARY KEY, content blob)")
        session.execute("INSERT INTO m.t (id) VALUES (-1)")
    moved = node.root.with_name("möved")
    node.root.rename(moved)
    node.root = moved
    result = node.run("up", **HOSTILE)
    assert result.returncode == 0, result
    assert "its folder was moved" in result.stdout

    process, commit_log = node_process(node.root), node.root / "node1" / "commitlog"
    commit_log.rename(commit_log.with_name("aside"))
    commit_log.touch()  # it can write to the segments that it has, but make no new one
    acknowledged = {-1}
    with connected(node.address) as session, suppress(NoHostAvailable, OperationTimedOut, WriteTimeout):
        insert = session.prepare("INSERT INTO m.t (id, content) VALUES (?, ?)")
        for number in range(100):
            session.execute(insert, (number, bytes(2**20)))
            acknowledged.add(number)
    wait_until(lambda: not is_alive(process.pid), 60, "the end of a node that cannot write")
    commit_log.unlink()
    commit_log.with_name("aside").rename(commit_log)
    assert node.run("up").returncode == 0
    with connected(node.address) as session:
        assert {row.id for row in session.execute("SELECT id FROM m.t")} >= acknowledged


@pytest.mark.slow
def test_damaged_jar_is_replaced(place: Place, tmp_path: Path) -> None:
    cache, repository = tmp_path / "cache", tmp_path / "repository"
    good = tool.cache_dir() / "lib"
    lib = cache / f"cassandra-{tool.VERSION}" / "lib"
    lib.mkdir(parents=True)
    for jar in good.glob("*.jar"):
        (lib / jar.name).symlink_to(jar)
    damaged = lib / "snakeyaml-2.1.jar"
    local = repository / "org" / "yaml" / "snakeyaml" / "2.1" / damaged.name
    local.parent.mkdir(parents=True)
    shutil.copy(good / damaged.name, local)
    damaged.unlink()
    damaged.write_bytes(b"x" * local.stat().st_size)

    result = place.run("up", COODIE_DEMOS_CACHE=str(cache), M2_REPO=str(repository))
    assert result.returncode == 0, result
    assert f"{damaged} is damaged" in result.stdout
    assert damaged.read_bytes() == local.read_bytes()


@pytest.mark.slow
def test_interrupted_up_leaves_nothing_running(place: Place) -> None:
    command = [UV, "run", "--quiet", "--script", str(CASSANDRA), "up"]
    process = subprocess.Popen(command, env=place.environment(), stderr=subprocess.PIPE, text=True)
    wait_until(lambda: any(node.process for node in tool.nodes_of(place.root)), 60, "a process")
    pid = place.pid()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 2
    assert errors == "Interrupted; what this command had started is stopped.\n"
    assert not is_alive(pid)


@pytest.mark.slow
def test_failed_start_names_cause_and_log(place: Place) -> None:
    log = place.root / "node1" / "cassandra.log"
    log.parent.mkdir(parents=True)
    (log.parent / "commitlog").touch()
    assert_one_sentence(place.run("up"), "commitlog", "Not a directory", str(log))
    assert not any(node.process for node in tool.nodes_of(place.root))


# --- What docs/database.md promises, with a program in place of the JVM ---

ROWS = set[str]()
"""What the tests below are about: the first column of the table."""

STAND_IN = f"""#!{sys.executable} -SE
# Answers OPTIONS where the command line says, as Cassandra does; -Ddeaf answers nothing, -Dslow takes a second to
# start, -Dlog=file ends with that log.
import re, socket, sys, time
if ends := next(filter(None, (re.fullmatch("-Dlog=(.+)", each) for each in sys.argv)), None):
    sys.exit(open(ends[1]).read())
listens = next(filter(None, (re.fullmatch(r"-Dcoodie-demos.listens=(.+) (.+) .+", each) for each in sys.argv)))
if "-Dslow" in sys.argv:
    time.sleep(1)
server = socket.create_server((listens[1], int(listens[2])))
print("Starting listening for CQL clients", flush=True)
while True:
    with server.accept()[0] as connection:
        if "-Ddeaf" not in sys.argv and connection.recv(9):
            connection.sendall(bytes([0x84, 0, 0, 0, 6, 0, 0, 0, 0]))
"""
SUPPORTED = bytes([0x84, 0, 0, 0, 6, 0, 0, 0, 0])


def row(name: str) -> Callable[[Callable], Callable]:
    """Say which line of the table a test is about."""
    ROWS.add(name)
    return lambda test: test


@dataclass
class Stage:
    """A project whose commands run in this process, and whose node starts in no time."""

    root: Path
    port: int
    capsys: pytest.CaptureFixture[str]

    def tell(self, command: str, *arguments: str) -> str:
        """Run a command, and return what it says."""
        place = ["--dir", str(self.root), "--port", str(self.port)]
        self.code = tool.run(tool.parse_arguments([command, *place, *arguments]))
        return self.capsys.readouterr().out

    def refuse(self, command: str) -> str:
        """Run a command that fails, and return its sentence."""
        with pytest.raises(tool.Failure) as failure:
            self.tell(command)
        return str(failure.value)

    @property
    def process(self) -> psutil.Process:
        return node_process(self.root)

    @property
    def folder(self) -> Path:
        return self.root / "node1"

    def runs(self) -> bool:
        return any(tool.is_alive(node) for node in tool.nodes_of(self.root))

    def beside(self, name: str) -> Stage:
        """Another project that has the same contact point."""
        return Stage(self.root.parent.with_name(name) / ".cassandra", self.port, self.capsys)


@pytest.fixture
def stage(settings: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    java = tmp_path / "java"
    java.write_text(STAND_IN)
    java.chmod(0o755)
    settings.setattr(tool, "find_java", lambda: str(java))
    settings.setattr(tool, "ensure_jars", list)
    settings.setattr(tool, "ANSWER_SECONDS", 1)
    settings.delenv("CASSANDRA_JVM_OPTIONS", raising=False)
    yield Stage(tmp_path / "mydemo" / ".cassandra", free_port(), capsys)
    for process in psutil.process_iter(["cmdline"]):
        if str(java) in (process.info["cmdline"] or []):
            process.kill()
            process.wait()


@pytest.fixture
def up(stage: Stage) -> Stage:
    """A project whose node runs."""
    assert "is ready" in stage.tell("up")
    return stage


def test_each_line_of_the_table_is_a_test() -> None:
    _, _, table = (ROOT / "docs" / "database.md").read_text().partition("| what is there |")
    lines = [line.split(" | ")[0].removeprefix("| ") for line in table.partition("\n\n")[0].splitlines()[2:]]
    assert set(lines) == ROWS


@row("nothing")
def test_nothing(stage: Stage) -> None:
    assert stage.tell("down") == "No node of this project runs.\n"
    assert stage.tell("wipe") == f"No node of this project runs.\n{stage.root} holds no data.\n"
    assert stage.tell("status") == f"No node of this project runs; 127.0.0.1:{stage.port} does not listen.\n"
    assert stage.code == 1
    assert stage.tell("logs") == f"There is no log in {stage.root}.\n"
    assert not stage.root.exists()
    assert "is ready" in stage.tell("up")


@row("a node of the project")
def test_a_node(up: Stage) -> None:
    pid = up.process.pid
    assert f"already runs at 127.0.0.1:{up.port} (pid {pid}, log {up.folder / 'cassandra.log'})" in up.tell("up")
    assert up.tell("status") == f"127.0.0.1:{up.port}  pid {pid}  ready\n"
    assert up.code == 0
    assert up.tell("logs") == f"==> {up.folder / 'cassandra.log'} <==\nStarting listening for CQL clients\n"
    assert up.tell("down") == f"Stopped 127.0.0.1:{up.port}.\n"
    assert (up.folder / "data").is_dir()
    up.tell("up")
    assert up.tell("wipe") == f"Stopped 127.0.0.1:{up.port}.\nDeleted the data in {up.root}.\n"
    assert not up.root.exists()


DAMAGE = {
    "lost": None,
    "empty": "",
    "truncated": '{"rpc_address": "127',
    "not an object": "[]",
    "no address": '{"rpc_address": "x", "native_transport_port": 1, "storage_port": 1}',
    "no port": '{"rpc_address": "127.0.0.1", "native_transport_port": "many", "storage_port": null}',
    "nested": "[" * 100_000,
}


@row("its settings are lost or damaged")
@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_damaged_settings(up: Stage, content: str | None) -> None:
    pid, settings = up.process.pid, up.folder / tool.SETTINGS
    settings.unlink()
    if content is not None:
        settings.write_text(content)
    assert up.tell("status") == f"127.0.0.1:{up.port}  pid {pid}  ready\n"
    assert "already runs" in up.tell("up")
    assert tool.stored_node(up.folder).port == up.port
    settings.write_text(content or "")
    assert "Stopped" in up.tell("down")
    assert "is ready" in up.tell("up")
    settings.unlink()
    up.tell("wipe")
    assert not up.root.exists()


@row("the project was moved while it ran")
def test_moved_project(up: Stage) -> None:
    old, pid, moved = up.root, up.process.pid, up.beside("elsewhere")
    old.parent.rename(moved.root.parent)
    assert f"pid {pid}  its folder was moved from {old / 'node1'}" in moved.tell("status")
    assert moved.code == 1
    told = moved.tell("up")
    assert f"Stopping the Cassandra of {moved.root.parent}, pid {pid}: its folder was moved from {old}" in told
    assert "is ready" in told
    assert moved.process.pid != pid
    moved.root.parent.rename(old.parent)
    # What is at the old place now is the project again; what is not there is not touched.
    assert "No node of this project runs" in moved.tell("down")
    assert "Stopped" in up.tell("down")


def test_a_new_project_at_the_place_of_a_moved_one_leaves_its_node_alone(up: Stage) -> None:
    process, moved = up.process, up.beside("elsewhere")
    up.root.parent.rename(moved.root.parent)
    assert f"(the Cassandra of {moved.root.parent}, pid {process.pid}; its folder was moved" in up.tell("status")
    assert "is not this project's" in up.tell("wipe")
    assert process.is_running()


def test_a_project_that_was_moved_behind_a_link_is_not_moved(up: Stage) -> None:
    moved = up.beside("larger disk")
    up.root.parent.rename(moved.root.parent)
    up.root.parent.symlink_to(moved.root.parent)
    assert "already runs" in moved.tell("up")


@row("the project was deleted while it ran")
@pytest.mark.parametrize("is_made_again", [False, True])
def test_deleted_project(up: Stage, is_made_again: bool) -> None:
    pid = up.process.pid
    shutil.rmtree(up.root.parent)
    if is_made_again:
        up.folder.mkdir(parents=True)
    assert f"pid {pid}  its data was deleted" in up.tell("status")
    told = up.tell("up")
    assert f"Stopping the Cassandra of {up.root.parent}, pid {pid}: its data was deleted." in told
    assert "is ready" in told
    shutil.rmtree(up.root.parent)
    assert "Stopped" in up.tell("down")
    assert not up.runs()


@row("another project's node")
def test_node_of_another_project(up: Stage) -> None:
    other, whose = up.beside("other"), f"(the Cassandra of {up.root.parent}, pid {up.process.pid})"
    assert other.tell("up") == f"Using the CQL server that already listens at 127.0.0.1:{up.port} {whose}.\n"
    assert other.tell("status") == f"No node of this project runs; 127.0.0.1:{up.port} {whose} answers CQL.\n"
    assert other.code == 0
    for command in ("down", "wipe"):
        assert f"What listens at 127.0.0.1:{up.port} {whose} is not this project's." in other.tell(command)
    assert up.runs()
    assert not other.root.exists()


@row("another project's node, and that project was deleted")
def test_node_of_a_deleted_project(up: Stage) -> None:
    other, process = up.beside("other"), up.process
    shutil.rmtree(up.root.parent)
    whose = f"(the Cassandra of {up.root.parent}, pid {process.pid}; its data was deleted)"
    assert whose in other.tell("status")
    for command in ("down", "wipe"):
        assert f"{whose} is not this project's" in other.tell(command)
    assert process.is_running()
    told = other.tell("up")
    assert f"Stopping the Cassandra of {up.root.parent}, pid {process.pid}: its data was deleted." in told
    assert "is ready" in told
    assert other.process.pid != process.pid


def test_node_of_a_deleted_project_elsewhere_is_left_alone(up: Stage) -> None:
    other = up.beside("other")
    other.port = free_port()
    shutil.rmtree(up.root.parent)
    assert "is ready" in other.tell("up")
    assert up.runs()


@row("another user's node in this project")
def test_node_of_another_user(up: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(process: psutil.Process, *_: object) -> None:
        raise psutil.AccessDenied(process.pid)

    user = up.process.username()
    with monkeypatch.context() as patch:
        patch.setattr(tool.os, "getuid", lambda: 4321)
        patch.setattr(psutil.Process, "send_signal", deny)
        patch.setattr(psutil.Process, "resume", deny)
        assert "already runs" in up.tell("up")
        assert "ready" in up.tell("status")
        for command in ("down", "wipe"):
            assert up.refuse(command).startswith(f"Only user {user} can stop the Cassandra of {up.root.parent}, pid ")
        assert up.folder.is_dir()
        assert f" of user {user})" in up.beside("other").tell("up")


@row("a copy of a project whose node runs")
def test_copied_project(up: Stage) -> None:
    copy = up.beside("copy")
    shutil.copytree(up.root.parent, copy.root.parent)
    assert f"(the Cassandra of {up.root.parent}, pid {up.process.pid})" in copy.tell("up")
    assert "Deleted the data" in copy.tell("wipe")
    assert not copy.root.exists()
    assert up.runs()


def test_linked_folder(stage: Stage, tmp_path: Path) -> None:
    stage.root.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    stage.folder.symlink_to(tmp_path / "elsewhere")
    assert stage.refuse("up") == (
        f"{stage.folder} is a link, behind which no node would be found; make {stage.root} one instead."
    )
    assert "No node of this project runs" in stage.tell("status")


def test_options_do_not_hide_a_node(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    hiding = "-Dcassandra.storagedir=/elsewhere -Dcassandra.config=file:///elsewhere -Dcoodie-demos.listens=1"
    monkeypatch.setenv("CASSANDRA_JVM_OPTIONS", hiding)
    stage.tell("up")
    assert stage.tell("down") == f"Stopped 127.0.0.1:{stage.port}.\n"


@row("a stranger's process that mentions the node's folder, or has the pid in an old `state.json`")
def test_strangers_process(stage: Stage) -> None:
    storage, main = f"-Dcassandra.storagedir={stage.folder}", tool.MAIN_CLASS
    config = f"-Dcassandra.config={(stage.folder / tool.SETTINGS).as_uri()}"
    of_a_package = ["-Dcassandra.storagedir=/var/lib/cassandra", "-Dcassandra.config=/etc/cassandra.yaml", main]
    stage.folder.mkdir(parents=True)
    strangers = [
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *arguments], cwd=stage.folder)
        for arguments in ([storage], [storage, config], [storage, main], ["x", main], of_a_package)
    ]
    # A file of an earlier version that names a process which is somebody else's by now.
    (stage.root / "state.json").write_text(json.dumps([{"number": 1, "pid": strangers[0].pid}]))
    try:
        assert "No node of this project runs" in stage.tell("status")
        assert "is ready" in stage.tell("up")
        stage.tell("wipe")
        assert all(stranger.poll() is None for stranger in strangers)
    finally:
        for stranger in strangers:
            stranger.kill()
            stranger.wait()


@row("a stranger's CQL server")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_strangers_cql_server(stage: Stage, host: str, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("SCYLLA_HOSTS", host)
    with listening(lambda connection: connection.sendall(SUPPORTED)) as stage.port:
        me = psutil.Process()
        where = f"{host}:{stage.port} ({me.name()}, pid {me.pid})"
        assert stage.tell("up") == f"Using the CQL server that already listens at {where}.\n"
        assert stage.tell("status") == f"No node of this project runs; {where} answers CQL.\n"
        assert f"What listens at {where} is not this project's." in stage.tell("wipe")


def test_a_server_that_the_system_hides(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", deny)
    with listening(lambda connection: connection.sendall(SUPPORTED)) as stage.port:
        told = stage.tell("up")
        assert told == f"Using the CQL server that already listens at 127.0.0.1:{stage.port}.\n"


@row("a server that does not speak CQL")
def test_server_without_cql(stage: Stage) -> None:
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as stage.port:
        me = psutil.Process()
        where = f"127.0.0.1:{stage.port} ({me.name()}, pid {me.pid})"
        assert stage.refuse("up").startswith(f"What listens at {where} does not answer CQL; stop it")
        assert stage.tell("status") == f"No node of this project runs; {where} does not answer CQL.\n"
        assert stage.code == 1
        assert f"What listens at {where} is not this project's." in stage.tell("down")


@row("a paused node")
def test_paused_node(up: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = tool.probe
    monkeypatch.setattr(tool, "probe", lambda point, tls=None: probe(point, tls, timeout=0.5))
    process = up.process
    process.suspend()
    assert f"pid {process.pid}  no answer" in up.tell("status")
    assert up.beside("other").refuse("up").startswith(f"What listens at 127.0.0.1:{up.port} (the Cassandra of ")
    assert "already runs" in up.tell("up")
    assert up.process.pid == process.pid
    process.suspend()
    assert "Stopped" in up.tell("down")


@pytest.fixture
def unfinished(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Starts a node with an option of the stand-in, as an `up` does that is killed before the node answers."""

    def begin(option: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(tool, "await_start", lambda _: None)
            patch.setenv("CASSANDRA_JVM_OPTIONS", option)
            stage.tell("up")

    return begin


@row("a node that lives and does not answer")
def test_deaf_node(stage: Stage, unfinished: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished("-Ddeaf")
    monkeypatch.setattr(tool, "START_SECONDS", 2)
    process = stage.process
    assert f"pid {process.pid}  no answer" in stage.tell("status")
    assert stage.code == 1
    told = stage.tell("up")
    assert f"Cassandra (pid {process.pid}) does not answer at 127.0.0.1:{stage.port}; starting it again." in told
    assert "is ready" in told
    assert stage.process.pid != process.pid


@row("a node that somebody else is just starting")
def test_starting_node(stage: Stage, unfinished: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished("-Dslow")
    monkeypatch.setattr(tool, "ANSWER_SECONDS", 0)
    process = stage.process
    assert f"pid {process.pid}  no answer" in stage.tell("status")
    assert "already runs" in stage.tell("up")
    assert stage.process.pid == process.pid
    held = threading.Event()

    def hold() -> None:
        with tool.locked(str(stage.root)):
            held.set()
            time.sleep(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert f"Waiting for another command that uses {stage.root} …\nStopped" in stage.tell("down")
    thread.join()


@row("a node that was killed")
def test_killed_node(up: Stage) -> None:
    process = up.process
    process.kill()
    process.wait()
    assert f"No node of this project runs; 127.0.0.1:{up.port} does not listen." in up.tell("status")
    assert "No node of this project runs" in up.tell("down")
    assert "is ready" in up.tell("up")


@row("a disk that is full")
def test_full_disk(stage: Stage) -> None:
    stage.tell("up")
    stage.tell("down")
    (stage.folder / "conf" / "logback.xml").unlink()
    (stage.folder / "conf" / "logback.xml").symlink_to("/dev/full")
    where = f"{stage.folder} on the file system {tool.file_system(stage.root)}"
    advice = "CASSANDRA_DIR can name another directory."
    assert stage.refuse("up") == f"Cannot write {where}: No space left on device; {advice}"
    assert "No node of this project runs" in stage.tell("status")


@row("a disk that is full")
def test_disk_that_becomes_full_during_the_start(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("ERROR [main] CassandraDaemon.java:1 - Fatal exception during startup\nIt cannot load a library\n")
    monkeypatch.setenv("CASSANDRA_JVM_OPTIONS", f"-Dlog={log}")
    free = iter([500, 3])
    usage = type("usage", (), {"free": property(lambda _: next(free) * 1024**2)})
    monkeypatch.setattr(tool.shutil, "disk_usage", lambda _: usage())
    full = f"It cannot load a library; only 3 MB are free on the file system {tool.file_system(stage.root)}"
    assert stage.refuse("up") == f"Cassandra ended at its start: {full} (log: {stage.folder / 'cassandra.log'})."


READ_ERROR = "org.apache.cassandra.db.commitlog.CommitLogReadHandler$CommitLogReadException: "


@row("a damaged commit log")
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("Could not read commit log descriptor in file {}", "Could not read commit log descriptor in file {}"),
        ("Mutation checksum failure at 28 in {.name}", "Mutation checksum failure at 28 in {.name}"),
    ],
)
def test_damaged_commit_log(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str, cause: str
) -> None:
    segment, log = stage.folder / "commitlog" / "CommitLog-8-1795799886317.log", tmp_path / "log"
    log.write_text(f"INFO  x\nERROR [main] - Exiting due to error\n{READ_ERROR}{error.format(segment)}\n\tat x\nINFO y")
    monkeypatch.setenv("CASSANDRA_JVM_OPTIONS", f"-Dlog={log}")
    sentence = stage.refuse("up")
    assert f"CommitLogReadException: {cause.format(segment)}; move {segment} away" in sentence
    assert "`wipe`" in sentence
    assert "No node of this project runs" in stage.tell("status")


@row("data without its schema")
@pytest.mark.parametrize("lost", [*tool.SCHEMA_TABLES, "*"])
def test_lost_schema(stage: Stage, lost: str) -> None:
    data = stage.folder / "data"
    for table in ("shop/things", "system/local", *(f"system_schema/{name}" for name in tool.SCHEMA_TABLES)):
        (data / f"{table}-1").mkdir(parents=True)
        (data / f"{table}-1" / "nb-1-big-Data.db").touch()
    for folder in data.glob(f"system_schema/{lost}-*"):
        shutil.rmtree(folder)
    sentence = stage.refuse("up")
    assert sentence.startswith(f"{data} holds the data of shop, but not system_schema/{lost.strip('*')}")
    assert "`wipe`" in sentence
    assert not stage.runs()


def test_a_start_that_was_killed_before_anything_was_written_is_repeated(stage: Stage) -> None:
    (stage.folder / "data" / "shop" / "things-1").mkdir(parents=True)
    assert "is ready" in stage.tell("up")


@row("data that cannot be deleted")
def test_undeletable_data(up: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder / "data"))

    monkeypatch.setattr(tool.shutil, "rmtree", deny)
    monkeypatch.setattr(tool.signal, "signal", lambda *_: None)
    assert tool.main(["wipe", "--dir", str(up.root), "--port", str(up.port)]) == 2
    told = up.capsys.readouterr()
    assert told.out == f"Stopped 127.0.0.1:{up.port}.\n"
    assert told.err == f"{up.folder / 'data'}: Permission denied.\n"


def test_wipe_leaves_what_is_not_a_node(up: Stage) -> None:
    (up.root / "notes").mkdir()
    (up.root / "node1").rename(up.root / "node1 before")
    assert "Stopped" in up.tell("wipe")
    assert {path.name for path in up.root.iterdir()} == {"notes", "node1 before"}


@row("a complete cache that cannot be written")
def test_read_only_cache(stage: Stage, tmp_path: Path, settings: pytest.MonkeyPatch) -> None:
    lib = tmp_path / "cache" / f"cassandra-{tool.VERSION}" / "lib"
    lib.mkdir(parents=True)
    (lib / "a-1.jar").write_bytes(b"jar")
    (tmp_path / "jars").write_text(f"{hashlib.sha256(b'jar').hexdigest()} 3 org.example:a:1\n")
    settings.setattr(tool, "LOCK_FILE", tmp_path / "jars")
    settings.setattr(tool, "ensure_jars", ENSURE_JARS)
    settings.setenv("COODIE_DEMOS_CACHE", str(tmp_path / "cache"))
    for folder in (lib, lib.parent, lib.parent.parent):
        folder.chmod(0o555)  # does not stop root, so look at what was written, too
        os.utime(folder, (0, 0))
    assert "is ready" in stage.tell("up")
    assert [path.stat().st_mtime for path in (lib, lib.parent, lib.parent.parent)] == [0, 0, 0]
    for folder in (lib, lib.parent, lib.parent.parent):
        folder.chmod(0o755)


def test_clean_of_the_template_stops_what_it_deletes(stage: Stage, tmp_path: Path) -> None:
    """make demo, make clean, and another make demo."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(CASSANDRA.parent, tmp_path / "template" / "tools")
    demo = Stage(tmp_path / ".work" / "demo" / "one" / ".cassandra", stage.port, stage.capsys)
    (tmp_path / ".work" / "demo" / "not started").mkdir(parents=True)
    demo.tell("up")
    process = demo.process
    environment = {**inherited(), "SCYLLA_HOSTS": f"127.0.0.1:{free_port()}"}
    subprocess.run(["make", "clean", f"UV={UV}"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert process.status() == psutil.STATUS_ZOMBIE  # ended, and a child of this process
    assert not (tmp_path / ".work").exists()
    subprocess.run(["make", "clean", "UV=false"], cwd=tmp_path, env=environment, check=True, capture_output=True)


@pytest.mark.slow
def test_targets_of_a_project(stage: Stage, project: Callable[..., Project]) -> None:
    demo = project(f"127.0.0.1:{stage.port}", "flask", ["ttl"])
    demo.share_packages()
    stage.root = demo.folder / ".cassandra"
    stage.tell("up")
    process = stage.process
    assert demo.make("db-status").stdout == f"127.0.0.1:{stage.port}  pid {process.pid}  ready\n"
    assert demo.make("db-logs").stdout.startswith(f"==> {stage.folder / 'cassandra.log'} <==\n")
    assert demo.make("db-wipe").stdout.endswith(f"Deleted the data in {stage.root}.\n")
    stage.tell("up")
    process = stage.process
    assert f"Deleted the data in {stage.root}." in demo.make("clean").stdout
    assert process.status() == psutil.STATUS_ZOMBIE
    assert not stage.root.exists()
    assert not (demo.folder / ".venv").exists()
    assert "Deleted" not in demo.make("clean").stdout


# --- Output ---


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a CQL server that is not ours."""
    with listening(lambda connection: connection.sendall(SUPPORTED)) as port:
        yield port


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_output_in_another_encoding(place: Place, encoding: str) -> None:
    with listening(lambda connection: None) as place.port:
        assert_one_sentence(place.run("up", "--wait", "1", PYTHONIOENCODING=encoding), f"127.0.0.1:{place.port}")


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full", "| true"])
def test_output_that_nobody_reads(place: Place, server: int, redirection: str) -> None:
    command = f"set -o pipefail; '{UV}' run --quiet --script '{CASSANDRA}' up --port {server} {redirection}"
    done = subprocess.run(["bash", "-c", command], env=place.environment(), stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_paths_reach_java_in_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a locale that is not UTF-8, Python reads the bytes of a path as other characters."""
    monkeypatch.setattr(tool.os, "fsencode", lambda path: str(path).encode("latin-1"))
    assert tool.in_utf8(Path("/d\u00c3\u00a9mo")) == "/d\u00e9mo"
    with pytest.raises(tool.Failure, match="is not UTF-8"):
        tool.in_utf8(Path("/d\u00e9mo"))


# --- Downloads ---


def python_of(script: Path) -> str:
    """Return the Python of a script's environment, which exists once the script has run."""
    find = [UV, "python", "find", "--script", str(script)]
    return subprocess.run(find, capture_output=True, text=True, check=True).stdout.strip()


class Repository:
    """A Maven repository on this machine, which notes what is asked of it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.paths: list[str] = []
        self.clients = set[tuple[str, int]]()
        repository = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                repository.paths.append(self.path)
                repository.clients.add(self.client_address)
                content = files.get(self.path.rpartition("/")[2])
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/maven/"


JARS = {f"part{number}-1.0.jar": bytes([number]) * 2**18 for number in range(20)}


@dataclass
class Downloads:
    """The tool with few and small jars of its own, which come from repositories on this machine."""

    home: Path
    port: int

    @property
    def lib(self) -> Path:
        return self.home / "cache" / f"cassandra-{tool.VERSION}" / "lib"

    def up(self, *repositories: Repository) -> subprocess.CompletedProcess[str]:
        """Try to start a node; what comes after the download fails, because there is no Cassandra in these jars."""
        shutil.copytree(CASSANDRA.parent, self.home / "tools", dirs_exist_ok=True)
        lock = [f"{hashlib.sha256(JARS[jar]).hexdigest()} {len(JARS[jar])} org.example:{jar[:-8]}:1.0" for jar in JARS]
        (self.home / "tools" / tool.LOCK_FILE.name).write_text("\n".join(lock))
        urls = [f"r{number} = {each.url}" for number, each in enumerate(repositories)]
        (self.home / "jgo.conf").write_text("\n".join(["[repositories]", *urls]))
        environment = Place(self.home / "data", self.port).environment(
            COODIE_DEMOS_CACHE=str(self.home / "cache"),
            JGO_CONFIG_FILE=str(self.home / "jgo.conf"),
            M2_REPO=str(self.home / "repository"),
            HTTPS_PROXY=f"http://127.0.0.1:{free_port()}",  # Maven Central is out of reach
            NO_PROXY="127.0.0.1",
        )
        # In the environment of the script itself: one for each copy would stay in uv's cache.
        command = [python_of(CASSANDRA), str(self.home / "tools" / CASSANDRA.name), "up"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def downloads(tmp_path: Path, place: Place) -> Downloads:
    place.run("status")  # so that the environment exists
    return Downloads(tmp_path, place.port)


def test_each_jar_is_asked_for_once_over_few_connections(downloads: Downloads) -> None:
    repository = Repository(JARS)
    result = downloads.up(repository)
    assert "ClassNotFoundException" in result.stderr
    assert sorted(repository.paths) == sorted(f"/maven/org/example/{jar[:-8]}/1.0/{jar}" for jar in JARS)
    assert len(repository.clients) <= 8
    assert {file.name: file.read_bytes() for file in downloads.lib.iterdir()} == JARS
    lines = [line for line in result.stdout.splitlines() if "ownload" in line]
    assert lines[:2] == ["Downloading Cassandra: 1.3 of 5.2 MB", "Downloading Cassandra: 2.6 of 5.2 MB"]
    assert re.fullmatch(r"Downloaded 5\.2 MB in \d+\.\d s\.", lines[-1])

    (downloads.lib / "part3-1.0.jar").unlink()
    (downloads.lib / "part3-1.0.jar").mkdir()
    (downloads.lib / "part4-1.0.jar").write_bytes(b"half")
    repository.paths.clear()
    result = downloads.up(repository)
    assert f"{downloads.lib / 'part3-1.0.jar'} is damaged; downloading it again." in result.stdout
    assert len(repository.paths) == 2
    assert {file.name: file.read_bytes() for file in downloads.lib.iterdir()} == JARS


def test_repositories_that_lack_or_damage_a_jar(downloads: Downloads) -> None:
    empty, wrong = Repository({}), Repository(dict.fromkeys(JARS, b"<html>Log in first</html>"))
    sentence = downloads.up(empty, wrong)
    assert_one_sentence(sentence, "could not be downloaded (HTTP 404, wrong sha256, ProxyError); check the network")
    assert not list(downloads.lib.iterdir())
    assert "Downloaded" in downloads.up(empty, wrong, Repository(JARS)).stdout


def test_damaged_settings_of_a_mirror(place: Place, tmp_path: Path) -> None:
    (tmp_path / "jgo.conf").write_text("central = nowhere\n")
    changes = {"JGO_CONFIG_FILE": str(tmp_path / "jgo.conf"), "COODIE_DEMOS_CACHE": str(tmp_path / "cache")}
    assert_one_sentence(place.run("up", **changes), "jgo's settings", str(tmp_path / "jgo.conf"))


def test_assets_install_only_the_packages_that_they_copy_from(tmp_path: Path) -> None:
    script = CASSANDRA.with_name("assets.py")
    subprocess.run([UV, "run", "--quiet", "--script", str(script), str(tmp_path)], check=True)
    assert {file.name for file in tmp_path.iterdir()} == {"htmx.min.js", "swagger-ui-bundle.js", "swagger-ui.css"}
    freeze = [UV, "pip", "freeze", "--python", python_of(script)]
    installed = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout
    assert [line.partition("==")[0] for line in installed.splitlines()] == ["django-htmx", "flask-openapi3-swagger"]


# --- No node ---


def test_server_that_hangs_up_is_waited_for(place: Place) -> None:
    with listening(lambda connection: None) as place.port:
        result = place.run("up", "--wait", "1")
        assert_one_sentence(result, f"127.0.0.1:{place.port}")
        assert "Waiting up to 1 s" in result.stdout


def test_no_network(place: Place, tmp_path: Path) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy)
    nowhere = {"COODIE_DEMOS_CACHE": str(tmp_path / "cache"), "M2_REPO": str(tmp_path / "repository")}
    assert_one_sentence(
        place.run("up", NO_PROXY="", no_proxy="", **proxies, **nowhere), "could not be downloaded", "network"
    )
    assert not list((tmp_path / "cache").rglob("*.jar"))


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("https_proxy", "http://a..b:8080", ["could not be downloaded", "LocationParseError", "proxy settings"]),
        ("https_proxy", "http://[a", ["could not be downloaded", "InvalidURL", "proxy settings"]),
        ("REQUESTS_CA_BUNDLE", "/missing.pem", ["Could not find", "certificate bundle", "/missing.pem.\n"]),
    ],
)
def test_network_settings_that_cannot_be(
    place: Place, tmp_path: Path, variable: str, value: str, words: list[str]
) -> None:
    nowhere = {"COODIE_DEMOS_CACHE": str(tmp_path / "cache"), "M2_REPO": str(tmp_path / "repository")}
    result = place.run("up", NO_PROXY="", no_proxy="", **nowhere, **{variable: value})
    assert_one_sentence(result, *words)
    assert "Cannot write" not in result.stderr


def test_unusable_directories(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    inside = str(tmp_path / "file" / "inside")
    assert_one_sentence(place.run("up", COODIE_DEMOS_CACHE=inside), inside, "COODIE_DEMOS_CACHE")
    assert_one_sentence(place.run("up", CASSANDRA_DIR=inside), inside, "CASSANDRA_DIR")


@pytest.mark.parametrize(
    "arguments", [("up", "--port", "0"), ("up", "--port", "x"), ("up", "--nodes", "2"), ("up", "--wait", "x"), ("fly",)]
)
def test_wrong_arguments(place: Place, arguments: tuple[str, ...]) -> None:
    assert_one_sentence(place.run(*arguments))


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SCYLLA_PORT", "abc"), ("CASSANDRA_PORT", "0"), ("SCYLLA_CONNECT_WAIT", "soon"), ("SCYLLA_CONNECT_WAIT", "nan")],
)
def test_wrong_variables(place: Place, variable: str, value: str) -> None:
    changes = {"SCYLLA_HOSTS": "127.0.0.1", variable: value}
    assert_one_sentence(place.run("up", **changes), variable.replace("CASSANDRA", "SCYLLA"))


# --- Functions ---


@pytest.mark.parametrize(
    ("hosts", "port", "expected"),
    [
        ("", "", "127.0.0.1:9042"),
        ("", "9043", "127.0.0.1:9043"),
        ("db1:9050, db2", "9043", "db1:9050"),
        ("db1,db2:9050", "", "db1:9042"),
        ("[::1]", "", "[::1]:9042"),
        ("[::1]:9050", "", "[::1]:9050"),
    ],
)
def test_contact_point(settings: pytest.MonkeyPatch, hosts: str, port: str, expected: str) -> None:
    for brand in ("SCYLLA", "CASSANDRA"):
        settings.setenv(f"{brand}_HOSTS", hosts)
        settings.setenv(f"{brand}_PORT", port)
        assert str(tool.contact_point()) == expected
        assert tool.contact_point(9999).port == 9999
        settings.delenv(f"{brand}_HOSTS")
        settings.delenv(f"{brand}_PORT")


@pytest.mark.parametrize("hosts", ["db:x", "db:99999", "db:0", "::1", "[::1", "http://db", "me@db", ":9042", ","])
def test_contact_point_refuses(settings: pytest.MonkeyPatch, hosts: str) -> None:
    settings.setenv("SCYLLA_HOSTS", hosts)
    with pytest.raises(tool.Failure, match="SCYLLA_HOSTS"):
        tool.contact_point()


def test_unknown_home_directory(settings: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "COODIE_DEMOS_CACHE"):
        settings.delenv(name, raising=False)
    settings.setattr(os, "getuid", lambda: 2**31 - 7)  # of nobody, as where a platform chooses it
    with pytest.raises(tool.Failure, match=r"home directory in ~/\.cache/coodie-demos/.*COODIE_DEMOS_CACHE"):
        tool.cache_dir()
    settings.setenv("CASSANDRA_DIR", "~nobody-of-that-name/data")
    with pytest.raises(tool.Failure, match="home directory in ~nobody-of-that-name/data; CASSANDRA_DIR"):
        tool.run(tool.parse_arguments(["status"]))


@pytest.mark.parametrize(("name", "why"), [("a:b", "':'"), ("caf\udce9", "not UTF-8")])
def test_a_cache_that_java_cannot_read_is_refused(settings: pytest.MonkeyPatch, name: str, why: str) -> None:
    settings.setenv("COODIE_DEMOS_CACHE", f"/{name}")
    with pytest.raises(tool.Failure, match=f"{why}.*; COODIE_DEMOS_CACHE can name another"):
        tool.cache_dir()


def test_loopback_address() -> None:
    assert tool.ContactPoint("localhost", 1).loopback_address() == "127.0.0.1"
    assert tool.ContactPoint("127.0.0.5", 1).loopback_address() == "127.0.0.5"
    assert tool.ContactPoint("192.0.2.1", 1).loopback_address() is None
    assert tool.ContactPoint("0.0.0.0", 1).loopback_address() is None


def test_nothing_is_started_at_a_foreign_address(
    settings: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.setattr(tool, "probe", lambda *_: tool.Answer.NOTHING)
    settings.setattr(tool, "launch", lambda *_: pytest.fail("a node was started"))
    with pytest.raises(tool.Failure, match=r"^192\.0\.2\.1:9042 does not listen; start the database there"):
        tool.up(tmp_path, tool.ContactPoint("192.0.2.1", 9042), None, 0)
    assert "Waiting up to 0 s for a CQL server at 192.0.2.1:9042" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_no_disk_space(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tool.shutil, "disk_usage", lambda _: type("usage", (), {"free": 499 * 1024**2}))
    monkeypatch.setattr(tool.os.path, "ismount", lambda path: Path(path) in (tmp_path, Path("/")))
    with pytest.raises(tool.Failure, match=f"Only 499 MB are free on the file system {tmp_path};"):
        tool.check_space(tmp_path / "data")


def test_three_nodes_need_three_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tool, "can_bind", lambda address, _: address == "127.0.0.1")
    with pytest.raises(tool.Failure, match=r"no loopback address 127\.0\.0\.2; on macOS"):
        tool.plan_nodes(tmp_path, [], "127.0.0.1", 9042, 3)


def test_busy_storage_port_is_avoided(tmp_path: Path) -> None:
    with socket.socket() as busy:
        preferred = tool.free_storage_port(["127.0.0.1"], 9042)
        busy.bind(("127.0.0.1", preferred))
        busy.listen()
        assert tool.free_storage_port(["127.0.0.1"], 9042) > preferred


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (
            "INFO x\nERROR [main] 1 A.java:1 - Fatal\na.b.X: /127.0.0.1:7000 is in use.\n\tat a",
            "X: /127.0.0.1:7000 is in use.",
        ),
        ("ERROR [main] - Exception encountered during startup: no\nINFO y\nERROR [main] - another", "no"),
        ("ERROR [main] - Ignoring\na.b$XError: x\nERROR [main] - Exiting\na.b$YError: y\n\tat\nINFO z", "YError: y"),
        (
            "ERROR [a] - A\na.b.Error: a\nCaused by: c.d.IOException: full\n\t... 9 more\nERROR [b] - B",
            "IOException: full",
        ),
        ('Exception in thread "main" a.b.Error\n\tat a\nCaused by: c.Exception: x\n\t... 30 more', "Exception: x"),
        ("Error occurred during initialization of VM\nCould not reserve enough space", "Could not reserve"),
        ("OpenJDK VM warning: x\nUnrecognized VM option 'X'\nError: Could not create", "Unrecognized VM option 'X'"),
        ("INFO  [main] all is well", "it was killed"),
        ("", "it was killed"),
    ],
)
def test_cause(log: str, cause: str) -> None:
    assert cause in tool.find_cause(log)
    assert "more" not in tool.find_cause(log)


def test_lock_file_pins_every_jar() -> None:
    lines = tool.LOCK_FILE.read_text().splitlines()[1:]
    assert len(lines) == len({line.split()[2] for line in lines}) == 100
    assert all(re.fullmatch(r"[0-9a-f]{64} \d+ [\w.-]+:[\w.-]+:[\w.-]+(:[\w-]+)?", line) for line in lines)


def test_script_is_no_template() -> None:
    text = CASSANDRA.read_text() + tool.LOCK_FILE.read_text()
    assert not re.search("<<|>>|<%|%>|<#|#>", text)
    assert "http" not in text


# --- Three nodes ---

FEW = FEATURES[:4]
"""Features that three nodes on a few cores can handle."""


@pytest.mark.cluster
def test_cluster_goes_on_without_one_of_its_nodes(
    place: Place, project: Callable[..., Project], tmp_path: Path
) -> None:
    result = place.run("up", "--nodes", "3")
    assert result.returncode == 0, result
    with connected(place.address) as session:
        addresses = {host.address for host in session.cluster.metadata.all_hosts()}
    assert addresses == {"127.0.0.1", "127.0.0.2", "127.0.0.3"}
    pids = [node.pid for node in tool.nodes_of(place.root)]

    hosts = ",".join(f"{address}:{place.port}" for address in sorted(addresses))
    with ExitStack() as servers:
        loads = []
        for framework in ("fastapi", "flask"):  # the asynchronous and the synchronous use of the driver
            demo = project(hosts, framework, FEW).changed(SCYLLA_REPLICATION="3", SCYLLA_CONSISTENCY="QUORUM")
            demo.set_up()
            demo.run("seed.py", "--count", "1")
            address = servers.enter_context(demo.served(tmp_path / framework))
            loads.append(Load(address, "replicated", clients=5, features=FEW))
        with ExitStack() as running:
            for load in loads:
                running.enter_context(load.running())
                load.await_answers(201, 20)
            os.kill(pids[1], signal.SIGKILL)
            killed = time.monotonic()
            time.sleep(2 * RECOVERY)
        for load in loads:
            check_answers(load.answers)
            check_rows(load)
            late = [answer.status for answer in load.answers if answer.began > killed + RECOVERY]
            # Five processes share a few cores: some answers are late, but two of three nodes refuse nothing.
            assert 503 not in late
            assert sum(status < 300 for status in late) > len(late) / 2

    status = place.run("status")
    assert status.returncode == 1
    assert [line.split()[-1] for line in status.stdout.splitlines()] == ["ready", "answer", "ready"]
    assert_one_sentence(place.run("up", "--nodes", "1"), "wipe")
    assert place.run("down").returncode == 0
    assert not any(map(is_alive, pids))
