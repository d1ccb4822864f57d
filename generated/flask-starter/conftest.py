"""Fixtures: the application as a running server with a keyspace of its own, a client of it, and the database itself."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from flask_starter.config import get_settings

# Before anything reads the settings again: tests never touch the project's own keyspace.
os.environ["SCYLLA_KEYSPACE"] = get_settings().keyspace[:43] + "_test"
get_settings.cache_clear()

from flask_starter import database, schema  # noqa: E402
from flask_starter.coodie_fixes import MaterializedView  # noqa: E402

PROJECT = Path(__file__).parent
START_TIMEOUT = 60.0


@pytest.fixture(scope="session")
def keyspace() -> Iterator[str]:
    """A keyspace with the project's tables; dropped at the end."""
    schema.sync()
    settings = get_settings()
    yield settings.keyspace
    driver = database.get_driver()
    driver.execute(f"DROP KEYSPACE {settings.keyspace}", [])
    database.close_connection()


@pytest.fixture(scope="session")
def server(keyspace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running application; its log may hold no traceback at the end."""
    port = free_port()
    log = tmp_path_factory.mktemp("server") / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "main.py"],
            cwd=PROJECT,
            env={**os.environ, "HOST": "127.0.0.1", "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        started = lambda: answers(address) or process.poll() is not None  # noqa: E731
        wait_until(started, START_TIMEOUT, lambda: "the server did not answer")
        assert process.poll() is None, f"the server ended:\n{log.read_text()}"
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    """An HTTP client of the running application."""
    with httpx.Client(base_url=server, timeout=30) as client:
        yield client


Select = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def select(keyspace: str) -> Select:
    """Runs CQL past the application's models: select("SELECT ... WHERE k = ?", value) returns rows as dicts."""

    def run(cql: str, *values: object) -> list[dict[str, Any]]:
        return database.get_driver().execute(cql, list(values))

    return run


@pytest.fixture
def empty_tables(keyspace: str) -> None:
    """Start with no rows."""
    for model in schema.MODELS:
        if not issubclass(model, MaterializedView):
            database.get_driver().execute(f"TRUNCATE {model.table_name()}", [])


class _HiddenFields(HTMLParser):
    """Collects the hidden fields of the form with a given action."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.fields = action, False, {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.inside = attributes.get("action") == self.action
        elif tag == "input" and self.inside and attributes.get("type") == "hidden":
            self.fields[attributes["name"]] = attributes.get("value") or ""


Submit = Callable[..., httpx.Response]


@pytest.fixture
def submit(client: httpx.Client) -> Submit:
    """Sends a page's form as a browser without JavaScript does: submit(page, action, field="value", ...)."""

    def send(page: str, action: str, **fields: str) -> httpx.Response:
        parser = _HiddenFields(action)
        parser.feed(client.get(page).text)
        return client.post(action, data={**parser.fields, **fields})

    return send


def wait_until(reached: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    """Poll until something holds; fail with a reason when that takes too long."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            pytest.fail(why())
        time.sleep(0.1)


def free_port() -> int:
    """Return a port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address: str) -> bool:
    """Tell whether the application and its database answer."""
    try:
        return httpx.get(f"{address}/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
