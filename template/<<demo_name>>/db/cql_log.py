"""What "Under the hood" shows: the CQL that one request ran, and the last writes of this process."""

from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass

MOST_STATEMENTS = 50
MOST_CHARACTERS = 120


@dataclass(frozen=True)
class Statement:
    """One executed statement: its text, bound values, consistency level, milliseconds and rows."""

    cql: str
    values: tuple[str, ...]
    consistency: str
    milliseconds: float
    rows: int


last_writes: deque[Statement] = deque(maxlen=5)
_current: ContextVar[deque[Statement] | None] = ContextVar("cql_log", default=None)


def start() -> None:
    """Begin a request's log, which holds its newest fifty statements at most."""
    _current.set(deque(maxlen=MOST_STATEMENTS))


def statements() -> list[Statement]:
    """Return the statements of the current request in the order they ran; empty before start()."""
    return list(_current.get() or ())


def record(cql: str, values: list, consistency: str, seconds: float, rows: int) -> None:
    """Note one statement, where a request is collecting; long values are cut."""
    log = _current.get()
    if log is None:
        return
    shown = tuple((repr(value) if isinstance(value, str) else str(value))[:MOST_CHARACTERS] for value in values)
    statement = Statement(cql, shown, consistency, seconds * 1000, rows)
    log.append(statement)
    if not cql.startswith("SELECT"):
        last_writes.append(statement)
