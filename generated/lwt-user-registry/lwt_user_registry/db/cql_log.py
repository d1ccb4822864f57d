"""What "Under the hood" shows: the CQL that one request ran, for as long as the request lasts."""

from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.cluster import ResponseFuture
from cassandra.query import Statement as Query

MAX_STATEMENTS = 50
MAX_CHARACTERS = 120


@dataclass
class Statement:
    """One statement: its text, bound values, consistency level, and once it is answered, milliseconds and rows."""

    cql: str
    values: tuple[str, ...]
    consistency: str
    milliseconds: float = 0.0
    rows: int = 0


_current: ContextVar[deque[Statement] | None] = ContextVar("cql_log", default=None)


def start() -> None:
    """Begin a request's log, which holds at most its fifty newest statements."""
    _current.set(deque(maxlen=MAX_STATEMENTS))


def end() -> None:
    """Forget the log: its values are the visitor's, and a server's thread lives on."""
    _current.set(None)


def statements() -> list[Statement]:
    """Return the statements of the current request in the order they were sent; empty before start()."""
    return list(_current.get() or ())


def watch(future: ResponseFuture) -> None:
    """Note a statement that is about to be sent, if the current request is collecting; long values are cut.

    A session calls this for each: `session.add_request_init_listener(watch)`.
    """
    log = _current.get()
    if log is None:
        return
    cql = cql_of(future.query)
    values = tuple(map(_shown, getattr(future.query, "raw_values", ())))
    statement = Statement(cql, values, ConsistencyLevel.value_to_name[future.message.consistency_level])
    log.append(statement)
    started = perf_counter()

    def answered(rows: list[Any] | None) -> None:
        statement.milliseconds = (perf_counter() - started) * 1000
        statement.rows += len(rows or ())

    future.add_callback(answered)


def cql_of(query: Query | None) -> str:
    """Return a statement's text: the driver keeps it in two places, and none for a batch or what it asks by itself."""
    text: str = getattr(getattr(query, "prepared_statement", query), "query_string", "BATCH")
    return text


def _shown(value: Any) -> str:
    return (repr(value) if isinstance(value, str) else str(value))[:MAX_CHARACTERS]
