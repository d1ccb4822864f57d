"""Documents: coodie's, read back as the types that their models declare, and typed by their classes."""

from typing import Any, Protocol, Self, TypeVar, cast

import coodie.aio
from coodie.results import LWTResult
from pydantic import ConfigDict

D = TypeVar("D")


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


class TypedDocument(coodie.aio.Document):
    """Runs the model's validators on what is read, which coodie skips, and returns documents as their own class."""

    # Documents are answers of the API, and an answer holds every field, those with a default too.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    @classmethod
    def find(cls, **filters: Any) -> Found[Self]:  # type: ignore[override]  # a QuerySet that knows its class
        return cast(Found[Self], super().find(**filters).validate())

    @classmethod
    async def find_one(cls, **filters: Any) -> Self | None:
        return cast(Self | None, await super().find_one(**filters))

    @classmethod
    async def get(cls, **filters: Any) -> Self:
        return cast(Self, await super().get(**filters))


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


async def sync_schema(models: list[Model]) -> None:
    """Create the missing tables, columns and indexes, then the views that read from them."""
    for model in models:
        if not issubclass(model, MaterializedView):
            await model.sync_table()
    for model in models:
        if issubclass(model, MaterializedView):
            await model.sync_view()
