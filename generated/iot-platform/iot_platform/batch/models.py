"""The tables of the cargo rift: items, one header per manifest, one report per import, and the days that have some."""

from datetime import date
from typing import Annotated
from uuid import UUID
from zlib import crc32

from cassandra.util import datetime_from_uuid1
from coodie.fields import ClusteringKey, Double, Frozen, Indexed, PrimaryKey, TimeUUID
from coodie.usertype import UserType
from pydantic import BeforeValidator, Field

from ..db.dates import Day
from ..db.documents import Document, Model
from ..db.times import UtcTime

HEADER_BUCKETS = 16
"""How many partitions hold the headers."""

Status = Annotated[str, BeforeValidator(lambda status: status or "interrupted")]
"""How an import stands. "running" is written with a TTL: NULL is what remains when nobody has renewed it."""


class CargoItem(Document):
    """An item of a manifest; another one with the same number replaces it."""

    manifest_id: Annotated[str, PrimaryKey()]
    item_no: Annotated[int, ClusteringKey()]
    name: str
    quantity: int
    weight_kg: Annotated[float, Double()]
    destination: str

    class Settings:
        name = "cargo_items"


class CargoManifest(Document):
    """The header of a manifest: which import its items came with."""

    # Which partition a header is in is the table's own business: answers leave it out.
    bucket: Annotated[int, PrimaryKey(), Field(exclude=True)]
    manifest_id: Annotated[str, ClusteringKey()]
    import_id: Annotated[UUID, TimeUUID()]
    file: str
    imported_at: UtcTime

    class Settings:
        name = "cargo_manifests"

    @staticmethod
    def bucket_of(manifest_id: str) -> int:
        """Return the partition of a manifest's header."""
        return crc32(manifest_id.encode()) % HEADER_BUCKETS


class Rejection(UserType):
    """A record that was not imported: its line in CSV, its number in JSON, the field that is wrong, and why."""

    line: int
    field: str
    reason: str

    class Settings:
        __type_name__ = "cargo_rejection"


class ImportDay(Document):
    """A day, in UTC, on which an import began: a partition of reports. One partition has them all, newest first."""

    calendar: Annotated[str, PrimaryKey()] = "imports"
    day: Annotated[Day, ClusteringKey(order="DESC")]

    class Settings:
        name = "import_days"


class ImportReport(Document):
    """How an import went, or how far it has got; `rows` counts the records it is done with, in the file's order."""

    day: Annotated[Day, PrimaryKey()]
    id: Annotated[UUID, TimeUUID(), ClusteringKey(order="DESC")]
    fingerprint: Annotated[str, Indexed()]
    file: str
    mode: str
    status: Status = "running"
    total: int
    rows: int = 0
    written: int = 0
    replaced: int = 0
    rejected_rows: int = 0
    rejected: Annotated[list[Rejection], Frozen()] = Field(default_factory=list)
    batches: int = 0
    seconds: Annotated[float, Double()] = 0
    started_at: UtcTime
    updated_at: UtcTime

    class Settings:
        name = "import_reports"

    @staticmethod
    def day_of(import_id: UUID) -> date:
        """Return the partition of a report: the day, in UTC, of the time in its id."""
        day: date = datetime_from_uuid1(import_id).date()
        return day


MODELS: list[Model] = [CargoItem, CargoManifest, ImportDay, ImportReport]
