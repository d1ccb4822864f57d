"""Documents: coodie's, read back as the types that their models declare, and typed by their classes."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, Self, TypeVar, cast

import coodie.aio
from coodie.exceptions import DocumentNotFound
from coodie.results import LWTResult
from coodie.schema import _pk_columns
from pydantic import ConfigDict, ValidationError

from ..errors import UnreadableRow
from . import left_out
from .differences import find_changes, find_differences, read_one, refuse

D = TypeVar("D")
T = TypeVar("T")

MAX_ROWS = 1000
"""A list that holds too little because of rows that cannot be read looks at this many, and continues after them."""


class FoundIfExists(Protocol):
    """A query whose deletion is a lightweight transaction."""

    async def delete(self) -> LWTResult: ...


class Found(Protocol[D]):
    """What find() returns: coodie's QuerySet, with the class of its documents."""

    def filter(self, **filters: Any) -> "Found[D]": ...
    def order_by(self, *columns: str) -> "Found[D]": ...
    def limit(self, n: int) -> "Found[D]": ...
    def per_partition_limit(self, n: int) -> "Found[D]": ...
    def allow_filtering(self) -> "Found[D]": ...
    def if_exists(self) -> FoundIfExists: ...
    async def all(self) -> list[D]: ...
    async def first(self) -> D | None: ...
    async def delete(self) -> None: ...


class Partial(list[Any]):
    """The documents of a query, without the rows that could not be read."""

    def __init__(self, documents: Iterable[Any], rows: int, last: Any) -> None:
        super().__init__(documents)
        self.rows = rows
        self.last = last
        """Stands for the last row that was read, if there may be more; a list continues after it."""


class Readable(coodie.aio.QuerySet):
    """A query that leaves out rows which its model cannot read, unless the whole table is not as it should be."""

    __slots__ = ()

    @classmethod
    def of(cls, query: coodie.aio.QuerySet) -> Self:
        """Return the same query as one of this class."""
        same = object.__new__(cls)
        for name in coodie.aio.QuerySet.__slots__:
            setattr(same, name, getattr(query, name))
        return same

    def _clone(self, **overrides: Any) -> Self:
        return self.of(super()._clone(**overrides))  # coodie makes a QuerySet, whatever it is called on

    async def all(self, **options: Any) -> Any:
        documents = await super().all(**options)
        if isinstance(documents, Partial):
            refuse(await find_differences([self._doc_cls]))
            limit = self._limit_val or sys.maxsize
            if documents.rows < limit:
                documents.last = None
            elif limit < MAX_ROWS:  # in place of those left out, read more
                documents = await self.limit(min(2 * limit, MAX_ROWS)).all(**options)
                del documents[limit:]
        return documents

    def _rows_to_docs(self, rows: list[dict[str, Any]]) -> Any:
        try:
            return super()._rows_to_docs(rows)
        except UnreadableRow:
            read = super()._rows_to_docs
            documents = [document for found in readable(rows, lambda row: read([row])) for document in found]
            return Partial(documents, len(rows), self._doc_cls.model_construct(**rows[-1]))


def readable(rows: Iterable[D], read: Callable[[D], T]) -> list[T]:
    """Read rows one by one; those for which `read` raises UnreadableRow are left out."""
    result = []
    for row in rows:
        try:
            result.append(read(row))
        except UnreadableRow as error:
            left_out.add(error)
    return result


@contextmanager
def reading(model: type[coodie.aio.Document], row: Mapping[str, Any]) -> Iterator[None]:
    """Raise UnreadableRow if the block finds a value in a row of this table that no answer can hold."""
    try:
        yield
    except ValidationError as error:
        key = {name: row.get(name) for name in _pk_columns(model)}
        where = ", ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise UnreadableRow(model.table_name(), key, where) from error


class TypedDocument(coodie.aio.Document):
    """Runs the model's validators on what is read, which coodie skips, and returns documents as their own class."""

    # Documents are answers of the API, and an answer holds every field, those with a default too.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    @classmethod
    def find(cls, **filters: Any) -> Found[Self]:  # type: ignore[override]  # a QuerySet that knows its class
        return cast(Found[Self], Readable.of(super().find(**filters).validate()))

    @classmethod
    async def find_one(cls, **filters: Any) -> Self | None:
        """Return a row, or None; UnreadableRow if it cannot be read."""
        documents = await super().find(**filters).validate().limit(1).all()
        return cast(Self, documents[0]) if documents else None

    @classmethod
    async def get(cls, **filters: Any) -> Self:
        """Return a row; DocumentNotFound if there is none, UnreadableRow if it cannot be read."""
        document = await cls.find_one(**filters)
        if document is None:
            raise DocumentNotFound(f"{cls.__name__}: {filters}")
        return document

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Read a row; UnreadableRow, with its key, if it is not as the model declares."""
        with reading(cls, obj):
            return super().model_validate(obj, **options)


Model = type[TypedDocument]
"""A table or a view, as a models.py lists them."""


class Document(TypedDocument):
    """A table; a write without a condition is always applied."""

    async def insert(self, *args: Any, **options: Any) -> LWTResult:
        """Write the document unless there is one with its key."""
        return _applied(await super().insert(*args, **options))

    async def update(self, **changes: Any) -> LWTResult:
        """Change some fields, whatever else has changed unless there is a condition."""
        return _applied(await super().update(**changes))

    async def delete(self, *args: Any, **options: Any) -> LWTResult:
        """Delete the document, whatever it holds unless there is a condition."""
        return _applied(await super().delete(*args, **options))


def _applied(result: LWTResult | None) -> LWTResult:
    return result or LWTResult(applied=True)


class MaterializedView(TypedDocument, coodie.aio.MaterializedView):
    """A materialized view; the database refuses writes to it, and so does coodie."""


async def sync_schema(models: list[Model]) -> list[str]:
    """Create what is missing, views last, and let options follow the models; return what changed in existing tables.

    Columns and tables that no model names stay. TablesDiffer, with nothing changed, if anything else differs.
    """
    declared = list[type[coodie.aio.Document]](models)
    differences = await find_differences(declared)
    refuse([difference for difference in differences if difference.added is None])
    changes = [f"{difference}; {difference.added}" for difference in differences if difference.added]
    changes += await find_changes(declared)
    for difference in differences:
        if difference.statement:
            await coodie.aio.execute_raw(difference.statement)
    for model in models:
        if not issubclass(model, MaterializedView):
            await model.sync_table()
    for model in models:
        if issubclass(model, MaterializedView):
            await model.sync_view()
    await read_one(declared)
    return changes
