"""What can go wrong, as exceptions; web/problems.py turns each of them into an HTTP answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.protocol import ErrorMessage


class NotFound(Exception):
    """The requested row does not exist, or no longer does; answered with 404 and a detail in JSON."""

    def __init__(self, detail: Any) -> None:
        self.detail = detail


class Conflict(Exception):
    """The row is not in the state that the request requires; answered with 409 and a detail in JSON."""

    def __init__(self, detail: Any) -> None:
        self.detail = detail


class Refused(Exception):
    """Input that its schema refuses, with errors like pydantic's; answered with 422."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        self.errors = errors


class DatabaseUnavailable(Exception):
    """No node answers; answered with 503. The text names addresses and is for the operator, not for clients."""


class OutcomeUnknown(Exception):
    """A write that may or may not have been applied; answered with 504 and never retried."""


HANDLED = (
    NotFound,
    Conflict,
    Refused,
    DatabaseUnavailable,
    OutcomeUnknown,
    DriverException,
    NoHostAvailable,
    ConnectionException,
    ErrorMessage,
)
"""What a request may end with; those that are bugs all the same become 500."""
