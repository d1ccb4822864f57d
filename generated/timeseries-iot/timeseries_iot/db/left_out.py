"""Rows that an answer leaves out because they cannot be read: counted for its header, and logged with their keys."""

import logging
from contextvars import ContextVar

log = logging.getLogger(__name__)

_current: ContextVar[set[str] | None] = ContextVar("left_out", default=None)


def start() -> None:
    """Begin to count for a request."""
    _current.set(set())


def add(why: Exception) -> None:
    """Count a row that is left out, and log its key and what is wrong with it."""
    rows = _current.get()
    if rows is None or str(why) not in rows:
        log.warning("%s", why)
    if rows is not None:
        rows.add(str(why))


def number() -> int:
    """Return how many rows the current request has left out so far."""
    return len(_current.get() or ())
