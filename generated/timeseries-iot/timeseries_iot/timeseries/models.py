"""The table of readings: one partition per sensor and day, with the newest reading first."""

from typing import Annotated
from uuid import UUID, uuid4

from coodie.fields import ClusteringKey, Double, PrimaryKey
from pydantic import Field

from ..db.dates import Day
from ..db.documents import Document, Model
from ..db.times import UtcTime


class Reading(Document):
    """What one sensor measured at one moment."""

    sensor_id: Annotated[str, PrimaryKey(partition_key_index=0)]
    # Without the day, a partition would grow for as long as its sensor runs. Answers leave it out: it is in `at`.
    day: Annotated[Day, PrimaryKey(partition_key_index=1), Field(exclude=True)]
    at: Annotated[UtcTime, ClusteringKey(order="DESC", clustering_key_index=0)]
    # With `at` alone, the later of two readings of one millisecond would replace the earlier.
    id: Annotated[UUID, ClusteringKey(order="DESC", clustering_key_index=1)] = Field(default_factory=uuid4)
    metric: str
    value: Annotated[float, Double()]
    unit: str

    class Settings:
        name = "readings"


MODELS: list[Model] = [Reading]
