"""The honest answer if a write consists of several, and one of them has been made."""

from collections.abc import Iterator
from contextlib import contextmanager

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.protocol import ErrorMessage

from ..errors import OutcomeUnknown


@contextmanager
def after_writing() -> Iterator[None]:
    """Raise OutcomeUnknown if the block fails: after "try again", the client would write once more what is written."""
    try:
        yield
    except (DriverException, NoHostAvailable, ConnectionException, ErrorMessage) as error:
        raise OutcomeUnknown from error
