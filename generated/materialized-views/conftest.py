"""Fixtures: the application as a running server with its own keyspace, a client of it, and the database itself."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from materialized_views.config import get_settings

# Tests ask servers of this machine, never a proxy.
os.environ["no_proxy"] = "*"
# Before anything else reads the settings: tests never touch the project's own keyspace.
os.environ["SCYLLA_KEYSPACE"] = get_settings().keyspace[:43] + "_test"
get_settings.cache_clear()

from materialized_views import schema  # noqa: E402  # after the settings
from materialized_views.db import connection  # noqa: E402  # after the settings
from materialized_views.db.documents import MaterializedView  # noqa: E402  # after the settings

PROJECT = Path(__file__).parent
SERVE = ["main.py"]
SYNC = ["-m", "materialized_views.schema"]
PAGES = {
    "views": "/",
}
"""The address of each feature's page."""
SEEDS = {
    "views": ["seed.py"],
}
"""The command that seeds each feature."""
START_TIMEOUT = 60.0
RUN_TIMEOUT = 120.0


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests that await run on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def keyspace() -> Iterator[str]:
    """A keyspace with the project's tables; dropped at the end."""
    schema.sync()
    settings = get_settings()
    yield settings.keyspace
    driver = connection.get_driver()
    driver.execute(f"DROP KEYSPACE {settings.keyspace}", [])
    connection.close_connection()


@contextmanager
def serving(log: Path, folder: Path = PROJECT, /, **env: str) -> Iterator[str]:
    """The address of a server of the project with more environment; it answers and logs no traceback."""
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *SERVE],
            cwd=folder,
            env={**os.environ, "HOST": "127.0.0.1", "PORT": str(port), **env},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: listens(port) or process.poll() is not None, START_TIMEOUT, log.read_text)
        assert process.poll() is None, f"the server ended:\n{log.read_text()}"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def server(keyspace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running application, with its connection to the database."""
    with serving(tmp_path_factory.mktemp("server") / "server.log") as address:
        wait_until(lambda: answers(address), START_TIMEOUT, lambda: "the database does not answer")
        yield address


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    """An HTTP client of the running application."""
    with httpx.Client(base_url=server, timeout=30) as client:
        yield client


Select = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def select(keyspace: str) -> Select:
    """Runs CQL without the application's models: select("SELECT ... WHERE k = ?", value) returns rows as dicts."""

    def run(cql: str, *values: object) -> list[dict[str, Any]]:
        return connection.get_driver().execute(cql, list(values))

    return run


@pytest.fixture
def empty_tables(keyspace: str) -> None:
    """Start with no rows."""
    # Classes may share a table.
    for table in {model.table_name() for model in schema.MODELS if not issubclass(model, MaterializedView)}:
        # A look takes a tenth of the time of a TRUNCATE, and most tables are empty most of the time.
        if connection.get_driver().execute(f"SELECT * FROM {table} LIMIT 1", []):
            connection.get_driver().execute(f"TRUNCATE {table}", [])


Submit = Callable[..., httpx.Response]


@pytest.fixture
def submit(client: httpx.Client) -> Submit:
    """Sends a page's form like a browser without JavaScript: submit(page, action, field="value", ...)."""

    def send(page: str, action: str, /, files: dict[str, Any] | None = None, **fields: str) -> httpx.Response:
        forms = re.findall(rf'<form action="{re.escape(action)}".*?</form>', client.get(page).text, re.DOTALL)
        hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', "".join(forms))
        known = {name: unescape(value) for name, value in hidden}
        return client.post(action, data={**known, **fields}, files=files)

    return send


def run(command: list[str], folder: Path = PROJECT, /, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project with more environment, in a wide terminal."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "COLUMNS": "500", **env},
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT,
    )


def walk(client: httpx.Client, url: str, **params: str | int) -> list[dict[str, Any]]:
    """Follow a list's Link headers and return every item in order; no page may exceed its limit, no link be empty."""
    items: list[dict[str, Any]] = []
    answer = client.get(url, params=params or None)
    while True:
        assert answer.status_code == 200, answer.text
        assert len(answer.json()) <= int(answer.url.params.get("limit", 50))
        items += answer.json()
        if "next" not in answer.links:
            return items
        answer = client.get(answer.links["next"]["url"])
        assert answer.json()


def wait_until(reached: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    """Poll until a condition holds; fail with a reason if that takes too long."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            pytest.fail(why())
        time.sleep(0.1)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return True if something accepts connections on this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(address: str) -> bool:
    """Return True if the application and its database answer."""
    try:
        return httpx.get(f"{address}/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
