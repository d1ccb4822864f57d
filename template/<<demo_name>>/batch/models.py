"""The tables of the cargo rift: items, the header of each manifest, and a report on each import."""

from datetime import date
from typing import Annotated
from uuid import UUID
from zlib import crc32

from cassandra.util import datetime_from_uuid1
from coodie.fields import ClusteringKey, Double, Frozen, Indexed, PrimaryKey, TimeUUID
from coodie.usertype import UserType
from pydantic import Field

from ..db.dates import Day
from ..db.documents import Document, Model, UtcTime

BUCKETS = 16
"""How many partitions the headers are spread over."""


class CargoItem(Document):
    """One item of a manifest; the same number again replaces it."""

    manifest_id: Annotated[str, PrimaryKey()]
    item_no: Annotated[int, ClusteringKey()]
    name: str
    quantity: int
    weight_kg: Annotated[float, Double()]
    destination: str

    class Settings:
        name = "cargo_items"


class CargoManifest(Document):
    """The header of a manifest: the import that its items came with. A few buckets hold the headers of all."""

    bucket: Annotated[int, PrimaryKey()]
    manifest_id: Annotated[str, ClusteringKey()]
    import_id: Annotated[UUID, TimeUUID()]
    file: str
    imported_at: UtcTime

    class Settings:
        name = "cargo_manifests"

    @staticmethod
    def bucket_of(manifest_id: str) -> int:
        """Return the partition of a manifest's header."""
        return crc32(manifest_id.encode()) % BUCKETS


class Rejection(UserType):
    """A record that was not imported: its line, the field that is wrong, and why."""

    line: int
    field: str
    reason: str

    class Settings:
        __type_name__ = "cargo_rejection"


class ImportReport(Document):
    """How an import went, or how far it is; `rows` counts the records that are done with, in the file's order."""

    day: Annotated[Day, PrimaryKey()]
    id: Annotated[UUID, TimeUUID(), ClusteringKey(order="DESC")]
    fingerprint: Annotated[str, Indexed()]
    file: str
    mode: str
    status: str = "running"
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
        """Return the partition of a report: its id, a timeuuid, holds the time."""
        return datetime_from_uuid1(import_id).date()


MODELS: list[Model] = [CargoItem, CargoManifest, ImportReport]
