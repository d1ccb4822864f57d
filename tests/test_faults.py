"""Tier 7: a database that pauses, is killed, comes late or races, under the load of sixteen HTTP clients."""

import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.combinations import FEATURES, FRAMEWORKS
from tests.conftest import Project, cassandra, connected, free_port, node_process, wait_until
from tests.load import RECOVERY, Load, check_answers, check_rows

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

PAUSE = 8.0


@dataclass
class Node:
    """A Cassandra that only these tests use, so they may stop, kill and start it."""

    directory: Path
    port: int

    @property
    def hosts(self) -> str:
        return f"127.0.0.1:{self.port}"

    def up(self) -> None:
        """Start it with the data that it has, and wait until it answers."""
        started = cassandra("up", self.directory, self.port)
        assert started.returncode == 0, started.stdout + started.stderr

    def send(self, number: signal.Signals) -> None:
        """Send its process a signal."""
        node_process(self.directory).send_signal(number)

    def answers(self) -> bool:
        """Return True if it answers CQL, namely an OPTIONS request."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as connection:
                connection.sendall(bytes([4, 0, 0, 0, 5, 0, 0, 0, 0]))
                return connection.recv(9)[4:5] == b"\x06"
        except OSError:
            return False

    def answers_newcomers(self) -> bool:
        """Return True if it answers a query of the bare driver on a new connection."""
        try:
            with connected(self.hosts) as session:
                return session.execute("SELECT key FROM system.local").one() is not None
        except Exception:  # there was no answer, whatever the reason
            return False

    @contextmanager
    def answers_again(self) -> Iterator[list[float]]:
        """Watch it in a thread; the list gets the moment at which it answers new connections."""
        moment: list[float] = []

        def watch() -> None:
            wait_until(self.answers, 120, "an answer of the database")
            wait_until(self.answers_newcomers, 60, "an answer to a query")
            moment.append(time.monotonic())

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        yield moment
        watcher.join()


def timed_get(url: str) -> tuple[httpx.Response, float]:
    """Return the answer, and the seconds that it took."""
    began = time.monotonic()
    return httpx.get(url, timeout=20), time.monotonic() - began


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The module's own Cassandra, running."""
    node = Node(tmp_path_factory.mktemp("faulty"), free_port())
    node.up()
    yield node
    cassandra("wipe", node.directory, node.port)


@pytest.fixture(scope="module", params=FRAMEWORKS)
def demo(request: pytest.FixtureRequest, node: Node, project: Callable[..., Project]) -> Project:
    """A project with every feature, installed, its tables filled."""
    demo = project(node.hosts, request.param, FEATURES)
    demo.set_up()
    demo.make("seed", "ARGS=--count 5")
    return demo


@pytest.fixture
def node_up(node: Node) -> Iterator[Node]:
    """The node; it runs again after the test, whatever happened to it."""
    yield node
    if not node.answers():
        node.up()


def report(demo: Project, what: str, load: Load, seconds: float) -> None:
    """Print what was measured; pytest -s shows it."""
    print(f"{demo.folder.name}, {what}: served again after {seconds:.2f} s, answers {dict(load.statuses())}")


def test_a_paused_database(demo: Project, node: Node, tmp_path: Path) -> None:
    with demo.served(tmp_path / "server.log") as address:
        load = Load(address, "paused")
        with load.running():
            load.await_answers(200, 100)
            node.send(signal.SIGSTOP)
            try:
                paused = time.monotonic()
                time.sleep(0.5)  # until the kernel has stopped every thread
                health, seconds = timed_get(f"{address}/health")
                assert health.status_code == 503, health.text
                assert seconds < 3
                while time.monotonic() < paused + PAUSE:
                    document, seconds = timed_get(f"{address}/openapi.json")
                    assert document.status_code == 200
                    assert seconds < 2, "what needs no database must not wait for it"
                    time.sleep(0.2)
            finally:
                node.send(signal.SIGCONT)
            resumed = time.monotonic()
            seconds = load.first_success_after(resumed)
            wait_until(lambda: timed_get(f"{address}/health")[0].status_code == 200, RECOVERY, "health")
            time.sleep(1)
        report(demo, "paused", load, seconds)
        check_answers(load.answers)
        check_rows(load)
        assert seconds < RECOVERY


def test_a_killed_database(demo: Project, node_up: Node, tmp_path: Path) -> None:
    node = node_up
    with demo.served(tmp_path / "server.log") as address:
        load = Load(address, "killed")
        with load.running():
            load.await_answers(201, 100)
            node.send(signal.SIGKILL)
            wait_until(lambda: not node.answers(), 30, "the end of the database")
            with demo.served(tmp_path / "late.log") as late:
                answer = httpx.get(f"{late}/", timeout=20)
                assert answer.status_code == 503
                assert answer.headers["Retry-After"]
                with node.answers_again() as moment:
                    node.up()
                seconds = load.first_success_after(moment[0])
                wait_until(lambda: timed_get(f"{late}/")[0].status_code == 200, RECOVERY, "the server that came first")
                late_seconds = time.monotonic() - moment[0]
            time.sleep(1)
        report(demo, "killed", load, seconds)
        print(f"   started before its database: served after {late_seconds:.2f} s")
        check_answers(load.answers)
        check_rows(load)
        assert seconds < RECOVERY
        assert late_seconds < RECOVERY


@pytest.mark.skipif("lwt" not in FEATURES, reason="only lwt has names to race for")
def test_fifty_race_for_one_name(demo: Project, tmp_path: Path) -> None:
    def register(number: int) -> httpx.Response:
        email = f"clone{number}@example.com"
        return httpx.post(f"{address}/api/users?username=One&display_name=Clone&email={email}", timeout=30)

    with demo.served(tmp_path / "server.log") as address, ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(register, range(50)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
        (winner,) = (answer.json()["user_id"] for answer in answers if answer.status_code == 201)
        refusals = [answer.json()["detail"] for answer in answers if answer.status_code == 409]
        assert {refusal["existing"]["user_id"] for refusal in refusals} == {winner}
        assert httpx.get(f"{address}/api/users/One").json()["user_id"] == winner
