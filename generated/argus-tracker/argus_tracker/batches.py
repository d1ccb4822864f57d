"""Batches that fit: of one partition each, cut by bytes, several on their way at once."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from operator import attrgetter
from typing import Any, Generic, Self, TypeVar

from cassandra.query import BoundStatement, PreparedStatement
from coodie.schema import _insert_columns, _pk_columns

from . import database
from .concurrency import SideBySide
from .coodie_fixes import Document

D = TypeVar("D", bound=Document)

MOST_BYTES = 40 * 1024
"""How large a batch gets. Cassandra refuses 50 KiB of several tables or partitions, ScyllaDB refuses 1 MiB."""
MOST_ROWS = 500
BYTES_PER_CELL = 20
"""What Cassandra adds to each value: its timestamp and more."""
MOST_WAITING = 2 * 1024 * 1024
"""How many bytes may wait in batches that are not full yet; the oldest of them goes first."""


class Batch:
    """Saves that belong together, sent as one batch at the end of the block; none is when the block raises.

    `with Batch() as batch: document.save(batch=batch)`. For a few rows: it is not cut.
    """

    def __init__(self, *, logged: bool = True) -> None:
        self.logged = logged
        self.added: list[tuple[str, list[Any]]] = []

    def add(self, cql: str, params: list[Any]) -> None:
        """Take a statement; coodie's documents call this."""
        self.added.append((cql, params))

    def bind(self) -> list[BoundStatement]:
        """Return what was added, ready to be sent."""
        driver = database.get_driver()
        return [driver.bind(cql, params) for cql, params in self.added]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None and self.added:
            database.get_driver().execute_batch(self.bind(), logged=self.logged)


class Filling(Generic[D]):
    """A batch that is being filled with documents that go together."""

    def __init__(self) -> None:
        self.documents: dict[Hashable, D] = {}
        self.statements: list[BoundStatement] = []
        self.bytes = 0

    def add(self, key: Hashable, document: D, statement: BoundStatement, size: int) -> None:
        """Add a document, the statement that saves it, and about how many bytes that is."""
        self.documents[key] = document
        self.statements.append(statement)
        self.bytes += size


def save_in_batches(
    documents: Iterable[D],
    *,
    together: Callable[[D], Hashable] | None = None,
    logged: bool = False,
    done: Callable[[list[D]], None] = lambda saved: None,
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
    concurrency: int = 16,
) -> int:
    """Save documents in batches that hold one partition each; return how many batches it took.

    `documents` is read as it is needed, and `done` gets those of each batch once they are stored. Of two with the same
    key, the later one stays. Documents for which `together` returns the same share batches, whatever their partitions.
    """
    batches = 0

    def send(batch: Filling[D]) -> list[D]:
        database.get_driver().execute_batch(batch.statements, logged=logged)
        return list(batch.documents.values())

    with SideBySide(concurrency, done) as places:
        for batch in _cut(documents, together, most_rows, most_bytes):
            batches += 1
            places.start(send, batch)
    return batches


def _cut(
    documents: Iterable[D], together: Callable[[D], Hashable] | None, most_rows: int, most_bytes: int
) -> Iterator[Filling[D]]:
    inserts: dict[type[D], Insert] = {}
    filling: dict[Hashable, Filling[D]] = {}
    waiting = 0
    for document in documents:
        model = type(document)
        # save() of each would write the same CQL again: for many rows, most of the work.
        if model not in inserts:
            inserts[model] = Insert(model, _prepare_insert(document))
        statement, key = inserts[model].bind(document)
        place = together(document) if together else (model, statement.routing_key)
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


class Insert:
    """The INSERT of a model, prepared, and where a document keeps its values."""

    def __init__(self, model: type[Document], prepared: PreparedStatement) -> None:
        self._prepared = prepared
        self._columns = _insert_columns(model)
        self._key = attrgetter(*_pk_columns(model))

    def bind(self, document: Document) -> tuple[BoundStatement, Hashable]:
        """Return the statement that saves a document, and the document's key."""
        return self._prepared.bind([getattr(document, name) for name in self._columns]), self._key(document)


def _prepare_insert(document: Document) -> PreparedStatement:
    """Return the statement that save() sends, which is the same for every document of a class."""
    one = Batch()
    document.save(batch=one)
    (statement,) = one.bind()
    return statement.prepared_statement


def _size(statement: BoundStatement) -> int:
    # NULLs and empty values are left out.
    return sum(map(len, filter(None, statement.values))) + BYTES_PER_CELL * len(statement.values)
