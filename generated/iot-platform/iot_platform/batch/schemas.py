"""What the JSON API and the pages of the cargo rift accept, and the report that they show."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from ..db.times import UtcTime
from ..web.names import Name
from ..web.queries import ListQuery, Query
from ..web.schemas import Schema, Text
from .models import Rejection


def _is_time_based(value: UUID) -> UUID:
    if value.version != 1:
        raise ValueError("must be the id of an import")
    return value


Mode = Literal["unlogged", "logged"]
ManifestId = Annotated[str, Name(64)]
ItemNo = Annotated[int, Field(ge=1, le=2_147_483_647)]


class CargoLine(Schema):
    """A record of a file."""

    manifest_id: ManifestId
    item_no: ItemNo
    name: Annotated[str, Text(200)]
    quantity: Annotated[int, Field(ge=1, le=2_147_483_647)]
    weight_kg: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
    destination: Annotated[str, Text(100)]


COLUMNS = list(CargoLine.model_fields)


class ImportQuery(Query):
    """How a file is imported: in logged or in unlogged batches."""

    mode: Mode = "unlogged"


class ImportList(ListQuery):
    """A part of the imports, newest first; `cursor` is the id of the last one seen."""

    cursor: Annotated[UUID, AfterValidator(_is_time_based)] | None = None


class CargoQuery(ImportList):
    """Which imports the page shows: a few at a time."""

    limit: Annotated[int, Field(ge=1, le=100)] = 9


class ImportKey(Schema):
    """Which import a page is about."""

    id: UUID


class ItemList(ListQuery):
    """A part of a manifest, by number; `cursor` is the number of the last item seen."""

    cursor: ItemNo | None = None


class ManifestList(ListQuery):
    """A part of the manifests; `cursor` is the last one seen."""

    cursor: ManifestId | None = None


class ManifestQuery(ItemList):
    """What the page of a manifest shows."""

    manifest_id: ManifestId


class ImportOut(Schema):
    """How an import went, or how far it has got.

    It is done with `rows` of the file's `total` records: each was `written`, `replaced` by a later one with its number,
    or rejected (`rejected_rows` in all, the first hundred listed in `rejected`). `seconds` is how long it has taken so
    far. An import whose client has left is `abandoned`; one that has not been heard of for a minute, `interrupted`.
    """

    id: UUID
    file: str
    mode: Mode
    status: Literal["running", "done", "failed", "interrupted", "abandoned"]
    total: int
    rows: int
    written: int
    replaced: int
    rejected_rows: int
    rejected: list[Rejection]
    batches: int
    seconds: float
    rows_per_second: float
    started_at: UtcTime
    updated_at: UtcTime
