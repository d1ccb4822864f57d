"""The table of readings: one partition for each sensor and day, in it the newest reading first."""

from typing import Annotated
from uuid import UUID, uuid4

from coodie.fields import ClusteringKey, Double, PrimaryKey
from pydantic import Field

from ..db.dates import Day
from ..db.documents import Document, Model, UtcTime


class Reading(Document):
    """What one sensor measured at one moment.

    Without `day` in the partition key, a sensor's partition would grow for as long as the sensor runs. `id` tells
    readings of the same millisecond apart; with `at` alone the later one would replace the earlier.
    """

    sensor_id: Annotated[str, PrimaryKey(partition_key_index=0)]
    day: Annotated[Day, PrimaryKey(partition_key_index=1)]
    at: Annotated[UtcTime, ClusteringKey(order="DESC", clustering_key_index=0)]
    id: Annotated[UUID, ClusteringKey(order="DESC", clustering_key_index=1)] = Field(default_factory=uuid4)
    metric: str
    value: Annotated[float, Double()]
    unit: str

    class Settings:
        name = "readings"


MODELS: list[Model] = [Reading]
