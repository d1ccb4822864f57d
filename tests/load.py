"""HTTP clients that write and read without a pause, and what must be true of every answer."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from typing import Any

import httpx

from tests.combinations import FEATURES
from tests.conftest import wait_until
from tests.stories import Traffic, collect

TRAFFIC: dict[str, Traffic] = collect("TRAFFIC")
RECOVERY = 5.0
"""Seconds within which the application serves again after the database answers the bare driver again."""

OUTCOME_UNKNOWN = {"detail": {"error": "outcome_unknown"}}
NOTHING_WRITTEN = {"detail": "The database did not answer in time."}
"""The answer to a POST that timed out while it read what it needs to know before it writes."""
TELLTALE = re.compile(r"127\.0\.0\.|localhost|:\d{4}|[a-z](Error|Exception|Timeout)|NoHost|Traceback|driver|errors=")
"""What an answer must not reveal."""


@dataclass(frozen=True)
class Answer:
    """An answer, and when it was requested and received."""

    request: str
    status: int
    retry_after: str | None
    text: str
    began: float
    ended: float


@dataclass(frozen=True)
class Row:
    """The address of a row that exists, or would exist."""

    traffic: Traffic
    address: str


@dataclass
class Load:
    """Clients that write and read until they are stopped, and everything that was answered."""

    address: str
    prefix: str
    """The start of the rows' names."""
    clients: int = 16
    features: list[str] = field(default_factory=lambda: FEATURES)
    answers: list[Answer] = field(default_factory=list)
    acknowledged: list[Row] = field(default_factory=list)
    """The rows whose write was answered with 201."""
    refused: list[Row] = field(default_factory=list)
    """The rows whose write was refused for now, if their address would be known."""

    def __post_init__(self) -> None:
        self._stop = Event()
        self._numbers = count()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send requests while the block runs; a request without an answer fails the test."""
        with ThreadPoolExecutor(self.clients) as pool:
            clients = [pool.submit(self._work, number) for number in range(self.clients)]
            try:
                yield
            finally:
                self._stop.set()
            for client in clients:
                client.result()

    def _work(self, number: int) -> None:
        # Each begins with another feature, so that every feature is in use at any moment.
        used = [traffic for feature, traffic in TRAFFIC.items() if feature in self.features]
        first = number % len(used)
        with httpx.Client(base_url=self.address, timeout=30) as client:
            while not self._stop.is_set():
                for traffic in used[first:] + used[:first]:
                    self._write(client, traffic, f"{self.prefix}-{next(self._numbers)}")
                    self._ask(client, "GET", traffic.list)
                self._ask(client, "GET", "/", headers={"Accept": "text/html"})

    def _write(self, client: httpx.Client, traffic: Traffic, name: str) -> None:
        written = self._ask(client, "POST", **traffic.write(name))
        if written.status_code == 201:
            row = traffic.row.format(**{**written.json(), "name": name})
            self.acknowledged.append(Row(traffic, row))
            self._ask(client, "GET", row)
        elif is_refusal(written) and traffic.is_one_statement and "{name}" in traffic.row:
            self.refused.append(Row(traffic, traffic.row.format(name=name)))

    def _ask(self, client: httpx.Client, method: str, url: str, **content: Any) -> httpx.Response:
        began = time.monotonic()
        answer = client.request(method, url, **content)
        ended = time.monotonic()
        line = f"{method} {answer.request.url.raw_path.decode()}"
        retry_after = answer.headers.get("Retry-After")
        self.answers.append(Answer(line, answer.status_code, retry_after, answer.text, began, ended))
        self._stop.wait(0.1)
        return answer

    def await_answers(self, status: int, number: int) -> None:
        """Wait until this many requests were answered with a status."""
        wait_until(lambda: self.statuses()[status] >= number, 60, f"{number} answers of {status}")

    def first_success_after(self, moment: float) -> float:
        """Wait for the first success after a moment, and return how many seconds later it came."""

        def found() -> list[float]:
            return [answer.ended for answer in self.answers if answer.status < 300 and answer.ended > moment]

        wait_until(lambda: bool(found()), RECOVERY + 10, "a success after the database had come back")
        return min(found()) - moment

    def statuses(self) -> Counter[int]:
        """Return how often each status was answered."""
        return Counter(answer.status for answer in self.answers)


def is_refusal(answer: httpx.Response) -> bool:
    """Return True if an answer promises that nothing was written."""
    return answer.status_code == 503 or (answer.status_code == 504 and answer.json() == NOTHING_WRITTEN)


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
            assert json.loads(answer.text) in (OUTCOME_UNKNOWN, NOTHING_WRITTEN), answer


def check_rows(load: Load) -> None:
    """Check that every acknowledged row is there, and that no refused one is."""

    def is_there(row: Row) -> bool:
        answer = client.get(row.address)
        assert answer.status_code in {200, 404}, answer.text
        return answer.status_code == 200 and row.traffic.is_there(answer.json())

    with httpx.Client(base_url=load.address, timeout=30) as client, ThreadPoolExecutor(8) as pool:
        found = pool.map(is_there, load.acknowledged)
        assert [row for row, there in zip(load.acknowledged, found, strict=True) if not there] == [], "rows are lost"
        found = pool.map(is_there, load.refused)
        assert [row for row, there in zip(load.refused, found, strict=True) if there] == [], "refused rows are there"
