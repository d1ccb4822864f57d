"""Batches that fit: of one partition each, cut by bytes, several on their way at once."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from typing import Any, Generic, Self, TypeVar

from cassandra.query import BoundStatement, PreparedStatement
from coodie.schema import _insert_columns, _pk_columns

from . import database
from .concurrency import SideBySide
from .coodie_fixes import Document

D = TypeVar("D", bound=Document)

MOST_BYTES = 16 * 1024
"""How large a batch gets. Cassandra refuses 50 KiB of several tables or partitions, ScyllaDB refuses 1 MiB."""
MOST_ROWS = 500
BYTES_PER_CELL = 20
"""What Cassandra adds to each value: its timestamp and more."""
MOST_WAITING = 2 * 1024 * 1024
"""How many bytes may wait in batches that are not full yet; the oldest of them goes first."""


class Batch:
    """Saves that belong together, sent as one batch at the end of the block; none is when the block raises.

    `async with Batch() as batch: await document.save(batch=batch)`. For a few rows: it is not cut.
    """

    def __init__(self, *, logged: bool = True) -> None:
        self.logged = logged
        self.added: list[tuple[str, list[Any]]] = []

    def add(self, cql: str, params: list[Any]) -> None:
        """Take a statement; coodie's documents call this."""
        self.added.append((cql, params))

    async def bind(self) -> list[BoundStatement]:
        """Return what was added, ready to be sent."""
        driver = database.get_driver()
        return [await driver.bind(cql, params) for cql, params in self.added]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None and self.added:
            await database.get_driver().execute_batch(await self.bind(), logged=self.logged)


class Filling(Generic[D]):
    """A batch that is being filled with documents of one partition."""

    def __init__(self) -> None:
        self.documents: dict[tuple, D] = {}
        self.statements: list[BoundStatement] = []
        self.bytes = 0

    def add(self, key: tuple, document: D, statement: BoundStatement, size: int) -> None:
        """Add a document, the statement that saves it, and about how many bytes that is."""
        self.documents[key] = document
        self.statements.append(statement)
        self.bytes += size


async def save_in_batches(
    documents: Iterable[D],
    partition: Callable[[D], Hashable],
    *,
    logged: bool = False,
    done: Callable[[list[D]], None] = lambda saved: None,
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
    concurrency: int = 8,
) -> int:
    """Save documents in batches that hold one partition each; return how many batches it took.

    `documents` is read as it is needed, `partition` names the partition of one, and `done` gets the documents of each
    batch once they are stored. Of two documents with the same key, the later one stays.
    """
    batches = 0

    async def send(batch: Filling[D]) -> list[D]:
        await database.get_driver().execute_batch(batch.statements, logged=logged)
        return list(batch.documents.values())

    async with SideBySide(concurrency, done) as places:
        async for batch in _cut(documents, partition, most_rows, most_bytes):
            batches += 1
            await places.start(send, batch)
    return batches


async def _cut(
    documents: Iterable[D], partition: Callable[[D], Hashable], most_rows: int, most_bytes: int
) -> AsyncIterator[Filling[D]]:
    inserts: dict[type[D], PreparedStatement] = {}
    filling: dict[Hashable, Filling[D]] = {}
    waiting = 0
    for document in documents:
        model, place, key = type(document), partition(document), _key(document)
        # save() of each would write the same CQL again: for many rows, most of the work.
        if model not in inserts:
            inserts[model] = await _prepare_insert(document)
        statement = inserts[model].bind([getattr(document, name) for name in _insert_columns(model)])
        size = _size(statement)
        batch = filling.setdefault(place, Filling())
        # Within a batch all rows have the same timestamp: of two with one key, neither would be the later one.
        if len(batch.statements) == most_rows or batch.bytes + size > most_bytes or key in batch.documents:
            if batch.statements:
                waiting -= batch.bytes
                yield filling.pop(place)
            batch = filling[place] = Filling()
        batch.add(key, document, statement, size)
        waiting += size
        while waiting > MOST_WAITING:
            oldest = filling.pop(next(iter(filling)))
            waiting -= oldest.bytes
            yield oldest
    for batch in filling.values():
        yield batch


async def _prepare_insert(document: Document) -> PreparedStatement:
    """Return the statement that save() sends, which is the same for every document of a class."""
    one = Batch()
    await document.save(batch=one)
    (statement,) = await one.bind()
    return statement.prepared_statement


def _key(document: Document) -> tuple:
    return tuple(getattr(document, name) for name in _pk_columns(type(document)))


def _size(statement: BoundStatement) -> int:
    return sum(len(value) + BYTES_PER_CELL for value in statement.values if value is not None)
