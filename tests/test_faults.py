"""Tier 7: a database that pauses, is killed, comes late or races, under the load of sixteen HTTP clients."""

import json
import os
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from tests.combinations import FEATURES, FRAMEWORKS
from tests.conftest import Project, cassandra, free_port, wait_until
from tests.features import Traffic, collect

pytestmark = pytest.mark.slow

CLIENTS = 16
PAUSE = 8.0
RECOVERY = 5.0
"""Within how many seconds the application serves again, from the moment when the database answers CQL again."""

TRAFFIC: dict[str, Traffic] = collect("TRAFFIC")

TELLTALE = re.compile(r"127\.0\.0\.|localhost|:\d{4}|[a-z](Error|Exception|Timeout)|NoHost|Traceback|driver|errors=")
"""What an answer must not tell about the inside."""


@dataclass
class Node:
    """A Cassandra of these tests' own, which they may stop, kill and start again."""

    directory: Path
    port: int

    @property
    def hosts(self) -> str:
        return f"127.0.0.1:{self.port}"

    def up(self) -> None:
        """Start it on the data that is there, and wait until it answers."""
        started = cassandra("up", self.directory, self.port)
        assert started.returncode == 0, started.stdout + started.stderr

    def send(self, number: signal.Signals) -> None:
        """Send its process a signal."""
        (state,) = json.loads((self.directory / "state.json").read_text())
        os.kill(state["pid"], number)

    def answers(self) -> bool:
        """Tell whether it answers CQL, from an OPTIONS request."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as connection:
                connection.sendall(bytes([4, 0, 0, 0, 5, 0, 0, 0, 0]))
                return connection.recv(9)[4:5] == b"\x06"
        except OSError:
            return False

    @contextmanager
    def answers_again(self) -> Iterator[list[float]]:
        """Watch it in a thread; the list holds the moment at which it answers, once it does."""
        moment: list[float] = []

        def watch() -> None:
            wait_until(self.answers, 120, "an answer of the database")
            moment.append(time.monotonic())

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        yield moment
        watcher.join()


@dataclass(frozen=True)
class Answer:
    """An answer, and when it was asked for and had come."""

    request: str
    status: int
    retry_after: str | None
    text: str
    began: float
    ended: float


@dataclass
class Load:
    """Clients that write and read until they are stopped, and everything that was answered."""

    address: str
    prefix: str
    """What the names of the rows begin with."""
    answers: list[Answer] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    """Where each row is that was answered with 201."""
    refused: list[str] = field(default_factory=list)
    """Where each row would be whose write was answered with 503, as far as that address is known."""

    def __post_init__(self) -> None:
        self._stop = Event()
        self._numbers = count()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send requests for as long as the block runs; a request without an answer fails the test."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(self._work) for _ in range(CLIENTS)]
            try:
                yield
            finally:
                self._stop.set()
            for client in clients:
                client.result()

    def _work(self) -> None:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            while not self._stop.is_set():
                for traffic in TRAFFIC.values():
                    self._write(client, traffic, f"{self.prefix}-{next(self._numbers)}")
                    self._ask(client, "GET", traffic.list)
                self._ask(client, "GET", "/", headers={"Accept": "text/html"})

    def _write(self, client: httpx.Client, traffic: Traffic, name: str) -> None:
        written = self._ask(client, "POST", **traffic.write(name))
        if written.status_code == 201:
            row = traffic.row.format(**{**written.json(), "name": name})
            self.acknowledged.append(row)
            self._ask(client, "GET", row)
        elif written.status_code == 503 and traffic.is_one_statement and "{name}" in traffic.row:
            self.refused.append(traffic.row.format(name=name))

    def _ask(self, client: httpx.Client, method: str, url: str, **content: Any) -> httpx.Response:
        began = time.monotonic()
        answer = client.request(method, url, **content)
        ended = time.monotonic()
        line = f"{method} {answer.request.url.raw_path.decode()}"
        retry_after = answer.headers.get("Retry-After")
        self.answers.append(Answer(line, answer.status_code, retry_after, answer.text, began, ended))
        self._stop.wait(0.1)
        return answer

    def first_success_after(self, moment: float) -> float:
        """Wait for the first success after a moment, and return how many seconds later it came."""
        found = lambda: [a.ended for a in self.answers if a.status < 300 and a.ended > moment]  # noqa: E731
        wait_until(lambda: bool(found()), RECOVERY + 10, "a success after the database had come back")
        return min(found()) - moment

    def statuses(self) -> Counter[int]:
        """Return how often each status was answered."""
        return Counter(answer.status for answer in self.answers)


def check_answers(answers: list[Answer]) -> None:
    """Check that each answer is a success, or an honest and discreet failure."""
    for answer in answers:
        if answer.status < 300:
            continue
        assert answer.status in {503, 504}, answer
        assert not TELLTALE.search(answer.text), answer
        if answer.status == 503:
            assert answer.retry_after, answer
        elif answer.request.startswith("POST"):
            assert json.loads(answer.text) == {"detail": {"error": "outcome_unknown"}}, answer


def check_rows(load: Load) -> None:
    """Check that every acknowledged row is there, and that no refused one is."""
    with httpx.Client(base_url=load.address, timeout=30) as client, ThreadPoolExecutor(8) as pool:
        statuses = Counter(answer.status_code for answer in pool.map(client.get, load.acknowledged))
        assert statuses == {200: len(load.acknowledged)}, "acknowledged rows are lost"
        statuses = Counter(answer.status_code for answer in pool.map(client.get, load.refused))
        assert set(statuses) <= {404}, "rows are there whose writes were refused"


def timed_get(url: str) -> tuple[httpx.Response, float]:
    """Return the answer, and after how many seconds it came."""
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
    """The node; it runs again when the test is over, whatever became of it."""
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
            wait_until(lambda: load.statuses()[200] > 100, 60, "a hundred successes")
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
            wait_until(lambda: load.statuses()[201] > 100, 60, "a hundred writes")
            node.send(signal.SIGKILL)
            wait_until(lambda: not node.answers(), 10, "the end of the database")
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
