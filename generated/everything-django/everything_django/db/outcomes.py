"""The honest answer if a write consists of several, and one of them has been made."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import FROM_DATABASE, OutcomeUnknown


@contextmanager
def after_writing() -> Iterator[None]:
    """Raise OutcomeUnknown if the block fails: after "try again", the client would write once more what is written."""
    try:
        yield
    except FROM_DATABASE as error:
        raise OutcomeUnknown from error
