"""What batches need beside coodie's execute(): to prepare statements, and to send one that is ready."""

from cassandra.query import PreparedStatement, Statement
from coodie.sync import BatchQuery

from . import connection

__all__ = ["BatchQuery", "prepare", "send"]


def prepare(cql: str) -> PreparedStatement:
    """Return a statement, prepared once for all."""
    return connection.get_driver()._prepare(cql)


def send(statement: Statement) -> None:
    """Send a statement and wait for its answer."""
    connection.get_driver()._session.execute(statement)
