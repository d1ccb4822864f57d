"""The prepared statements of this process: coodie prepares each text of CQL once, and keeps it."""

from ..db import connection
from .schemas import Statements


def get_statements() -> Statements:
    """Return how many statements this process has prepared; the same work twice prepares none twice."""
    # coodie's driver keeps them by their text, and has no public name for them.
    return Statements(cached=len(connection.get_driver()._prepared))
