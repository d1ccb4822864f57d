"""What can go wrong, as exceptions; web/problems.py turns each of them into an HTTP answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra import DriverException, InvalidRequest
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


class TablesDiffer(Exception):
    """Tables that are not as the models declare them; answered with 503. The text has every difference."""

    def __init__(self, tables: Sequence[str], differences: Sequence[str]) -> None:
        super().__init__("; ".join(differences))
        self.tables = tables
        self.differences = differences


class UnreadableRow(Exception):
    """A row that its model cannot read; answered with 503 if it is asked for alone. The text has its key."""

    def __init__(self, table: str, key: object, why: object) -> None:
        super().__init__(f"The row {key} of the table {table} cannot be read: {why}")
        self.table = table


FROM_DATABASE = (
    DatabaseUnavailable,
    OutcomeUnknown,
    TablesDiffer,
    UnreadableRow,
    DriverException,
    NoHostAvailable,
    ConnectionException,
    ErrorMessage,
)
"""What whoever asks the database must expect."""
HANDLED = (NotFound, Conflict, Refused, *FROM_DATABASE)
"""What a request may end with; those that are bugs all the same become 500."""
SYMPTOMS = (InvalidRequest, UnreadableRow, TypeError, AttributeError, ValueError, LookupError)
"""What code runs into where a table is not as its model: the database refuses it, or values are of another type."""
