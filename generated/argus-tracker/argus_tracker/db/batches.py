"""Batches that fit: of one partition each, cut by bytes, several under way at once."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Generic, TypeVar

from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement
from coodie.schema import _insert_columns, _pk_columns

from .concurrency import side_by_side
from .documents import Document
from .sending import BatchQuery, prepare, send
from .workarounds import bind_numbers, honest

D = TypeVar("D", bound=Document)

MAX_BYTES = 40 * 1024
"""How large a batch gets. Cassandra refuses 50 KiB of several tables or partitions, ScyllaDB refuses 1 MiB."""
MAX_ROWS = 500
BYTES_PER_CELL = 20
"""What Cassandra adds to each value: its timestamp and more."""
MAX_WAITING = 2 * 1024 * 1024
"""How many bytes may wait in batches that are not full yet; the oldest of them goes first."""
MAX_ROUND = 50_000
"""How many documents are read before all of them must be stored; so many keys are remembered, by their hashes."""


class Batch(BatchQuery):
    """coodie's batch, but its statements are prepared once, where coodie prepares one text for each number of them.

    Documents are saved into it by save(batch=…), and the end of its block sends it. For a few rows: it is not cut.
    """

    def execute(self) -> None:
        execute_batch(self.bind(), logged=self._logged)

    def bind(self) -> list[BoundStatement]:
        """Return what was added, ready to be sent."""
        bound = [bind_numbers(cql, params) for cql, params in self._statements]
        return [prepare(cql).bind(params) for cql, params in bound]


class _Described(BatchStatement):  # type: ignore[misc]  # the driver has no types
    """A batch of statements with the text that the log shows."""

    def __init__(self, statements: Sequence[BoundStatement], *, logged: bool) -> None:
        super().__init__(BatchType.LOGGED if logged else BatchType.UNLOGGED)
        self.add_all(statements, [None] * len(statements))
        counted = Counter(statement.prepared_statement.query_string for statement in statements)
        texts = "; ".join(f"{number} x {text}" for text, number in counted.items())
        self.query_string = f"BEGIN {'BATCH' if logged else 'UNLOGGED BATCH'} {texts}; APPLY BATCH"


def execute_batch(statements: Sequence[BoundStatement], *, logged: bool) -> None:
    """Send statements as one batch; a single one needs none."""
    with honest():
        send(_Described(statements, logged=logged) if len(statements) > 1 else statements[0])


class Filling(Generic[D]):
    """A batch that is being filled with documents that go together."""

    def __init__(self) -> None:
        self.documents: list[D] = []
        self.statements: list[BoundStatement] = []
        self.bytes = 0

    def add(self, document: D, statement: BoundStatement, size: int) -> None:
        """Add a document, the statement that saves it, and about how many bytes that is."""
        self.documents.append(document)
        self.statements.append(statement)
        self.bytes += size


def save_in_batches(
    documents: Iterable[D],
    models: Sequence[type[D]],
    *,
    together: Callable[[D], Hashable] | None = None,
    logged: bool = False,
    done: Callable[[list[D]], None] = lambda saved: None,
    max_rows: int = MAX_ROWS,
    concurrency: int = 16,
) -> int:
    """Save documents of these models in batches that hold one partition each; return how many batches it took.

    `documents` is read as it is needed, and `done` gets those of each batch once they are stored. Of two with the same
    key, the later one stays. Documents for which `together` returns the same share batches, whatever their partitions.
    """
    inserts = {model: Insert(model, _prepare_insert(model)) for model in models}
    batches = 0

    def write(batch: Filling[D]) -> list[D]:
        execute_batch(batch.statements, logged=logged)
        return batch.documents

    def count(saved: list[D]) -> None:
        nonlocal batches
        batches += 1
        done(saved)

    for part in _rounds(inserts, documents):
        side_by_side(_cut(inserts, part, together, max_rows), write, count, concurrency)
    return batches


def _rounds(inserts: dict[type[D], "Insert"], documents: Iterable[D]) -> Iterator[Iterator[D]]:
    """Yield rounds of documents without two of one key; each is read, and stored, before the next one begins.

    All rows of a batch have one timestamp, and batches on their way at the same time get theirs in any order: in
    neither case would one of the two documents be the later one.
    """
    remaining, next_one = iter(documents), list[D]()

    def read_round() -> Iterator[D]:
        keys: set[int] = set()
        for document in chain([next_one.pop()] if next_one else [], remaining):
            # Two keys with one hash would only begin a round too early.
            key = hash(inserts[type(document)].key(document))
            if key in keys or len(keys) == MAX_ROUND:
                next_one.append(document)
                return
            keys.add(key)
            yield document

    yield read_round()
    while next_one:
        yield read_round()


def _cut(
    inserts: dict[type[D], "Insert"], documents: Iterable[D], together: Callable[[D], Hashable] | None, max_rows: int
) -> Iterator[Filling[D]]:
    filling: dict[Hashable, Filling[D]] = {}
    waiting = 0
    for document in documents:
        model = type(document)
        statement = inserts[model].bind(document)
        place = together(document) if together else (model, statement.routing_key)
        size = _size(statement)
        batch = filling.setdefault(place, Filling())
        if len(batch.statements) == max_rows or batch.bytes + size > MAX_BYTES:
            if batch.statements:
                waiting -= batch.bytes
                yield filling.pop(place)
            batch = filling[place] = Filling()
        batch.add(document, statement, size)
        waiting += size
        while waiting > MAX_WAITING:
            oldest = filling.pop(next(iter(filling)))
            waiting -= oldest.bytes
            yield oldest
    yield from filling.values()


class Insert:
    """The prepared INSERT of a model, and the fields with its values; save() would write the CQL each time."""

    def __init__(self, model: type[Document], prepared: PreparedStatement) -> None:
        self._prepared = prepared
        self._columns = _insert_columns(model)
        self.key = attrgetter(*_pk_columns(model))

    def bind(self, document: Document) -> BoundStatement:
        """Return the statement that saves a document."""
        return self._prepared.bind([getattr(document, name) for name in self._columns])


def _prepare_insert(model: type[Document]) -> PreparedStatement:
    """Return the statement that save() sends, which is the same for every document of a class."""
    one = Batch()
    model.model_construct(**dict.fromkeys(model.model_fields)).save(batch=one)
    (statement,) = one.bind()
    return statement.prepared_statement


def _size(statement: BoundStatement) -> int:
    # NULLs and empty values are left out.
    return sum(map(len, filter(None, statement.values))) + BYTES_PER_CELL * len(statement.values)
