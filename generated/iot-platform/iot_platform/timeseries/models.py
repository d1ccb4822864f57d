"""The tables of readings: one partition per sensor, metric and day, which days there are, and the latest of each."""

from typing import Annotated, Self
from uuid import UUID, uuid4

from coodie.fields import ClusteringKey, Double, PrimaryKey
from coodie.usertype import UserType
from pydantic import Field

from ..db.dates import Day
from ..db.documents import Document, Model
from ..db.times import UtcTime

# What was written in one window is compacted once, and then left alone; the windows are as long as the buckets.
TIME_WINDOWS = {
    "compaction": {
        "class": "TimeWindowCompactionStrategy",
        "compaction_window_unit": "DAYS",
        "compaction_window_size": "1",
    }
}


class Reading(Document):
    """What one sensor measured at one moment."""

    sensor_id: Annotated[str, PrimaryKey(partition_key_index=0)]
    metric: Annotated[str, PrimaryKey(partition_key_index=1)]
    # Without the day, a partition would grow for as long as its sensor runs. Answers leave it out: it is in `at`.
    day: Annotated[Day, PrimaryKey(partition_key_index=2), Field(exclude=True)]
    at: Annotated[UtcTime, ClusteringKey(order="DESC", clustering_key_index=0)]
    # With `at` alone, the later of two readings of one millisecond would replace the earlier.
    id: Annotated[UUID, ClusteringKey(order="DESC", clustering_key_index=1)] = Field(default_factory=uuid4)
    value: Annotated[float, Double()]
    unit: str

    class Settings:
        name = "readings"
        __options__ = TIME_WINDOWS


class SensorDay(Document):
    """A day on which a sensor measured something, newest first: where its partitions of readings are."""

    sensor_id: Annotated[str, PrimaryKey()]
    day: Annotated[Day, ClusteringKey(order="DESC", clustering_key_index=0)]
    metric: Annotated[str, ClusteringKey(clustering_key_index=1)]

    class Settings:
        name = "sensor_days"


class Measurement(UserType):
    """A reading without its sensor and metric. A user-defined type is one cell: no write replaces a part of it."""

    at: UtcTime
    id: UUID
    value: Annotated[float, Double()]
    unit: str

    class Settings:
        __type_name__ = "sensor_measurement"


class SensorLatest(Document):
    """The latest reading of one metric of a sensor."""

    sensor_id: Annotated[str, PrimaryKey()]
    metric: Annotated[str, ClusteringKey()]
    reading: Measurement

    class Settings:
        name = "sensor_latest"

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the row that makes a reading the latest."""
        return cls(sensor_id=reading.sensor_id, metric=reading.metric, reading=Measurement(**vars(reading)))

    def to_reading(self) -> Reading:
        """Return the reading as its own table holds it."""
        key = {"sensor_id": self.sensor_id, "metric": self.metric, "day": self.reading.at.date()}
        return Reading(**key, **vars(self.reading))


MODELS: list[Model] = [Reading, SensorDay, SensorLatest]
