"""What the page of Station Argos shows: the newest reading of some sensors, their day so far, and their curves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..db.streams import stream
from ..db.times import now
from . import service
from .models import Reading
from .schemas import SensorList, StationQuery, Summary, SummaryQuery

SENSORS_SHOWN = 12
POINTS = 60
"""How many points a curve has, however many readings they stand for."""
WINDOWS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@dataclass(frozen=True)
class Panel:
    """What is shown of a sensor: its newest reading, its day so far, and its curve, in which None is a gap."""

    latest: Reading
    today: Summary
    curve: list[float | None]

    @property
    def title(self) -> str:
        """What the curve shows."""
        return f"{self.latest.metric} of {self.latest.sensor_id} in {self.latest.unit}"


@dataclass(frozen=True)
class Station:
    """Some sensors, and the window of time that their curves cover."""

    panels: list[Panel]
    cursor: str | None
    start: datetime
    end: datetime

    @property
    def moments(self) -> list[datetime]:
        """When each point of the curves begins."""
        return [self.start + number * (self.end - self.start) / POINTS for number in range(POINTS)]


async def read_station(query: StationQuery) -> Station:
    """Return what the page shows, with curves up to now."""
    sensors = await service.list_sensors(SensorList(cursor=query.cursor, limit=SENSORS_SHOWN))
    end = now()
    start = end - WINDOWS[query.window]
    panels = [
        Panel(
            latest=latest,
            today=await service.summarize(latest.sensor_id, SummaryQuery(metric=latest.metric)),
            curve=await _curve(latest, start, end),
        )
        for latest in sensors.items
    ]
    return Station(panels, sensors.cursor, start, end)


async def _curve(latest: Reading, start: datetime, end: datetime) -> list[float | None]:
    """Average a sensor's metric over each point's share of the window, while its readings stream by."""
    share = (end - start) / POINTS
    means: list[float | None] = [None] * POINTS
    counts = [0] * POINTS
    for day in service.days(start, end):
        readings = Reading.find(sensor_id=latest.sensor_id, metric=latest.metric, **day).allow_filtering()
        async for page in stream(readings):
            for reading in page:
                point = (reading.at - start) // share
                counts[point] += 1
                mean = means[point] or 0.0
                means[point] = mean + (reading.value - mean) / counts[point]
    return means
