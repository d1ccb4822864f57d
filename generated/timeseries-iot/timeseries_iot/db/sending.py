"""What batches need beside coodie's execute(): to prepare statements, and to send one that is ready."""

from cassandra.query import PreparedStatement, Statement
from coodie.aio import AsyncBatchQuery as BatchQuery

from . import connection

__all__ = ["BatchQuery", "prepare", "send"]


async def prepare(cql: str) -> PreparedStatement:
    """Return a statement, prepared once for all."""
    return await connection.get_driver().prepare(cql)


async def send(statement: Statement) -> None:
    """Send a statement and wait for its answer."""
    driver = connection.get_driver()
    await driver._wrap_future(driver._session.execute_async(statement))
