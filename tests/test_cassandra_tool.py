"""tools/cassandra.py, run for real on ports and directories of its own."""

from __future__ import annotations

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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.combinations import FEATURES
from tests.conftest import CASSANDRA, UV, Project, connected, free_port
from tests.load import RECOVERY, Load, check_answers, check_rows


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

    def nodes(self) -> list[dict]:
        return json.loads((self.root / "state.json").read_text())

    def pid(self) -> int:
        return self.nodes()[0]["pid"]


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
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
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


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A running node that the tests of this file share."""
    place = Place(tmp_path_factory.mktemp("node"), free_port())
    result = place.run("up")
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
    os.kill(node.pid(), signal.SIGKILL)
    while is_alive(node.pid()):
        time.sleep(0.05)
    assert node.run("status").returncode == 1

    result = node.run("up")
    assert result.returncode == 0
    assert "no longer" in result.stdout
    with connected(node.address) as session:
        assert {row.id for row in session.execute("SELECT id FROM k.t")} == {1, 2}


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
    while not (place.root / "state.json").exists():
        time.sleep(0.05)
    pid = place.pid()
    assert is_alive(pid)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 2
    assert errors == "Interrupted; what this command had started is stopped.\n"
    assert not is_alive(pid)


@pytest.mark.slow
def test_failed_start_names_cause_and_log(place: Place) -> None:
    log = place.root / "node1" / "cassandra.log"
    log.parent.mkdir(parents=True)
    (log.parent / "data").touch()
    assert_one_sentence(place.run("up"), "Insufficient permissions on directory", str(log))
    assert place.nodes()[0]["pid"] is None


# --- No node ---


def test_down_and_wipe_of_nothing(place: Place) -> None:
    for command in ("down", "wipe"):
        result = place.run(command)
        assert (result.returncode, result.stderr) == (0, "")
        assert "Nothing runs" in result.stdout
    assert place.run("status").returncode == 1


def write_state(place: Place, pid: int) -> None:
    place.root.mkdir()
    entry = tool.Node(1, "127.0.0.1", place.port, free_port(), pid, time.time())
    (place.root / "state.json").write_text(json.dumps([tool.asdict(entry)]))


def test_stale_pid_is_forgotten(place: Place) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    write_state(place, ended.pid)
    result = place.run("down")
    assert result.returncode == 0
    assert f"Process {ended.pid} is not, or no longer, this project's Cassandra" in result.stdout
    assert place.nodes()[0]["pid"] is None


def test_foreign_process_with_the_recorded_pid_is_left_alone(place: Place) -> None:
    foreign = subprocess.Popen(["sleep", "60"])
    try:
        write_state(place, foreign.pid)
        assert place.run("status").returncode == 1
        assert place.run("wipe").returncode == 0
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


def test_busy_port_without_cql(place: Place) -> None:
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as place.port:
        assert_one_sentence(place.run("up"), f"127.0.0.1:{place.port}", "does not answer CQL")
        assert place.run("status").returncode == 1


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


# --- Functions ---


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HOSTS", "PORT", "SSL_CA"):
        monkeypatch.delenv(f"SCYLLA_{name}", raising=False)
        monkeypatch.delenv(f"CASSANDRA_{name}", raising=False)
    return monkeypatch


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


@pytest.mark.parametrize("hosts", ["db:x", "db:99999", "::1", "[::1", "http://db", ":9042"])
def test_contact_point_refuses(settings: pytest.MonkeyPatch, hosts: str) -> None:
    settings.setenv("SCYLLA_HOSTS", hosts)
    with pytest.raises(tool.Failure, match="SCYLLA_HOSTS"):
        tool.contact_point()


def test_loopback_address() -> None:
    assert tool.ContactPoint("localhost", 1).loopback_address() == "127.0.0.1"
    assert tool.ContactPoint("127.0.0.5", 1).loopback_address() == "127.0.0.5"
    assert tool.ContactPoint("192.0.2.1", 1).loopback_address() is None
    assert tool.ContactPoint("0.0.0.0", 1).loopback_address() is None


def test_next_step() -> None:
    answer = tool.Answer
    assert {tool.next_step(where, answer.CQL) for where in (True, False)} == {"use"}
    assert {tool.next_step(where, answer.OTHER) for where in (True, False)} == {"refuse"}
    assert {tool.next_step(where, answer.HUNG_UP) for where in (True, False)} == {"wait"}
    assert tool.next_step(True, answer.NOTHING) == "start"
    assert tool.next_step(False, answer.NOTHING) == "wait"


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
    with pytest.raises(tool.Failure, match="Only 499 MB are free"):
        tool.check_space(tmp_path)


def test_three_nodes_need_three_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tool, "can_bind", lambda address, _: address == "127.0.0.1")
    with pytest.raises(tool.Failure, match=r"no loopback address 127\.0\.0\.2; on macOS"):
        tool.plan_nodes(tool.Project(tmp_path), "127.0.0.1", 9042, 3)


def test_busy_storage_port_is_avoided(tmp_path: Path) -> None:
    with socket.socket() as busy:
        preferred = tool.free_storage_port(["127.0.0.1"], 9042)
        busy.bind(("127.0.0.1", preferred))
        busy.listen()
        assert tool.free_storage_port(["127.0.0.1"], 9042) > preferred


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("INFO x\nERROR [main] 1 A.java:1 - Fatal\nX: /127.0.0.1:7000 is in use by another process.\n\tat", "in use"),
        ("Error occurred during initialization of VM\nCould not reserve enough space", "Could not reserve"),
        ("INFO  [main] all is well", "it was killed"),
        ("", "it was killed"),
    ],
)
def test_cause(log: str, cause: str) -> None:
    assert cause in tool.find_cause(log)


def test_lock_file_pins_every_jar() -> None:
    lines = tool.LOCK_FILE.read_text().splitlines()[1:]
    assert len(lines) == len({line.split()[1] for line in lines}) == 100
    assert all(re.fullmatch(r"[0-9a-f]{64}  [\w.-]+:[\w.-]+:[\w.-]+(:[\w-]+)?", line) for line in lines)


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
    pids = [node["pid"] for node in place.nodes()]

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
