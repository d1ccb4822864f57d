"""The connection to the database: one per process, made after any fork by whoever needs it first."""

import atexit
import logging
import threading
import time
from concurrent.futures import Future
from enum import Enum
from typing import Any

from cassandra import Unauthorized, Unavailable
from cassandra.cluster import NoHostAvailable

from ..config import get_settings
from ..errors import DatabaseUnavailable
from .cluster import PING, NobodyAnswers, connect, in_words
from .concurrency import Stream, outcome_of
from .differences import check_tables
from .differences import explain as explain_tables
from .driver import Driver
from .workarounds import Rows

log = logging.getLogger(__name__)

PING_TIMEOUT = 2.0
"""Seconds that /health waits for an answer."""
PAUSE = 1.0
"""Seconds after a failed attempt to connect in which there is no other; its outcome is everybody's until then."""

TOLD_EVERY = 60.0
"""Seconds after which the log repeats what is wrong with the database."""


class State(Enum):
    """The states of a connection."""

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"


class Connection:
    """A connection that its own thread opens, so that nobody waits for it longer than they want to."""

    def __init__(self) -> None:
        self.state = State.CLOSED
        self._outcome: Future[Driver] = Future()
        self._opener = threading.Thread()
        self._beginning = threading.Lock()
        self._ending = threading.Event()
        self._failed_at = float("-inf")
        self._told: dict[str, float] = {}

    def attempt(self) -> Future[Driver]:
        """Return the outcome of the attempt that succeeded, is under way or has just failed; otherwise begin one."""
        with self._beginning:
            if self.state is State.CLOSED and time.monotonic() >= self._failed_at + PAUSE:
                self.state = State.OPENING
                self._outcome = Future()
                self._opener = threading.Thread(target=self._connect, args=[self._outcome], daemon=True)
                self._opener.start()
            return self._outcome

    def open(self, wait: float = 0.0) -> None:
        """Connect, and create the keyspace; harmless when that is done. DatabaseUnavailable when it fails.

        `wait` is for how many seconds to try again while no node answers.
        """
        deadline = time.monotonic() + wait
        while self.state is not State.OPEN:
            try:
                self.attempt().result()
            except NobodyAnswers as error:
                if time.monotonic() >= deadline:
                    raise
                self._tell(error, " Waiting ...")
                time.sleep(PAUSE)

    async def ensure_open(self) -> None:
        """Connect if that has not happened yet; DatabaseUnavailable when the attempt fails, or takes too long."""
        if self.state is not State.OPEN:
            try:
                await outcome_of(self.attempt(), get_settings().request_timeout)
            except Exception as error:  # there is no connection now, whatever the reason
                self._tell(error)
                raise DatabaseUnavailable("not connected yet") from error

    async def ping(self) -> str:
        """Return "connected", "disconnected", or which tables are missing; connects first if need be.

        Each answer may take PING_TIMEOUT seconds. One of the tables is read at the configured consistency.
        """
        try:
            driver = await outcome_of(self.attempt(), PING_TIMEOUT)
            await driver.execute_async(PING, [], timeout=PING_TIMEOUT)
            return await check_tables(PING_TIMEOUT) or "connected"
        except Exception as error:  # the database did not answer, whatever the reason
            self._tell(error)
            return "disconnected"

    async def explain(self, error: Exception) -> Exception:
        """Return what is behind a request's error: TablesDiffer if the tables are not as they should be. Log it."""
        cause = await explain_tables(error)
        if cause is error and isinstance(error, (NoHostAvailable, Unavailable, Unauthorized)):
            self._tell(error)
        return cause

    def get_driver(self) -> Driver:
        """Return the driver; DatabaseUnavailable unless the connection is open."""
        if self.state is not State.OPEN:
            raise DatabaseUnavailable("not connected yet")
        return self._outcome.result()

    def close(self) -> None:
        """End the connection if it is open; the next attempt makes a new one."""
        if self.state is State.OPEN:
            self.state = State.CLOSED
            self._outcome.result().close()

    def end(self) -> None:
        """Let the attempt under way finish, and begin no other."""
        self._ending.set()
        if self._opener.is_alive():
            self._opener.join()

    def _connect(self, outcome: Future[Driver]) -> None:
        if self._ending.is_set():
            return
        try:
            driver = connect(get_settings())
        except Exception as error:
            self._failed_at, self.state = time.monotonic(), State.CLOSED
            outcome.set_exception(error)
        else:
            self.state = State.OPEN
            outcome.set_result(driver)

    def _tell(self, error: Exception, more: str = "") -> None:
        """Log what is wrong with the database, but not again with every request."""
        what, now = in_words(error) + more, time.monotonic()
        # Reads and transactions may have different reasons, turn by turn.
        self._told = {words: at for words, at in self._told.items() if now < at + TOLD_EVERY}
        if what not in self._told:
            self._told[what] = now
            log.warning("The database cannot be used: %s", what)


_connection = Connection()

open_connection = _connection.open
ensure_open = _connection.ensure_open
ping = _connection.ping
explain = _connection.explain
get_driver = _connection.get_driver
close_connection = _connection.close


def pages(cql: str, params: list[Any], fetch_size: int = 1000) -> Stream[Rows]:
    """Yield the rows of a SELECT page by page, so that memory holds one page however many rows there are."""
    return get_driver().pages(cql, params, fetch_size)


# Connecting needs executors, which end before any function of atexit is called.
threading._register_atexit(_connection.end)  # type: ignore[attr-defined]  # nothing public runs early enough
# Before the driver's own exit hook, which waits five seconds for connections that are still open.
atexit.register(close_connection)
