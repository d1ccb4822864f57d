"""Storing readings, and reading them back: by range across the days, the newest of each sensor, a day in figures."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from typing import Any
from uuid import UUID

from coodie.sync import execute_raw

from .. import database
from ..batches import save_in_batches
from ..coodie_fixes import now
from ..schemas import Page
from .models import Reading
from .schemas import (
    Range,
    ReadingCreate,
    ReadingList,
    ReadingOut,
    Readings,
    SensorList,
    StationQuery,
    Summary,
    SummaryQuery,
    Written,
)

SENSORS_SHOWN = 12
POINTS = 60
"""How many points the page's charts have, however many readings they stand for."""
WINDOWS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}

# One statement for all four, where coodie's aggregate() would read the partition once for each. The filter stays
# inside of one partition, so that ALLOW FILTERING reads no more than the sensor's day.
SUMMARY = (
    "SELECT COUNT(value) AS count, MIN(value) AS min, MAX(value) AS max, AVG(value) AS avg "
    "FROM readings WHERE sensor_id = ? AND day = ? AND metric = ? ALLOW FILTERING"
)


@dataclass(frozen=True)
class Panel:
    """What the page shows of one sensor: its newest reading, its day so far, and its curve; None is a gap."""

    latest: ReadingOut
    today: Summary
    curve: list[float | None]

    @property
    def title(self) -> str:
        """What the curve shows."""
        return f"{self.latest.metric} of {self.latest.sensor_id} in {self.latest.unit}"


@dataclass(frozen=True)
class Station:
    """What the page shows: some sensors, and the window of time that their curves cover."""

    panels: list[Panel]
    cursor: str | None
    start: datetime
    end: datetime

    @property
    def moments(self) -> list[datetime]:
        """When each point of the curves begins."""
        return [self.start + number * (self.end - self.start) / POINTS for number in range(POINTS)]


def add_readings(sensor_id: str, body: Readings) -> Written:
    """Store what one sensor has measured, in batches that each hold a part of one of its days."""
    readings = [to_document(sensor_id, data) for data in body.root]
    store(readings)
    return Written(written=len(readings))


def store(readings: Iterable[Reading], done: Callable[[list[Reading]], None] = lambda stored: None) -> None:
    """Store readings in batches of one partition each; `done` gets those of each batch."""
    save_in_batches(readings, done=done)


def to_document(sensor_id: str, data: ReadingCreate) -> Reading:
    """Return a reading as its table holds it; a line of a feed brings its own id."""
    return Reading(**{**vars(data), "sensor_id": sensor_id, "day": data.at.date()})


def list_sensors(query: SensorList) -> Page[ReadingOut]:
    """Return the newest reading of each sensor, by sensor.

    Reads the first row of every partition, so it costs as much as there are days of sensors, however many readings
    each of them has; memory holds one page and the answer.
    """
    newest: dict[str, Reading] = {}
    for readings in database.stream(Reading.find().per_partition_limit(1)):
        for reading in readings:
            known = newest.get(reading.sensor_id)
            if reading.sensor_id > (query.cursor or "") and (known is None or reading.at > known.at):
                newest[reading.sensor_id] = reading
        newest = {sensor: newest[sensor] for sensor in nsmallest(query.limit + 1, newest)}
    return _to_page(list(newest.values()), query.limit, lambda reading: reading.sensor_id)


def list_readings(sensor_id: str, query: ReadingList) -> Page[ReadingOut]:
    """Return a part of a range, newest first; nothing for a sensor that has never sent anything."""
    readings: list[Reading] = []
    for part in _after(query.cursor, *query.resolved()):
        missing = query.limit + 1 - len(readings)
        readings += Reading.find(sensor_id=sensor_id, **part).limit(missing).all()
        if len(readings) > query.limit:
            break
    return _to_page(readings, query.limit, _cursor_after)


def export_readings(sensor_id: str, query: Range) -> Generator[list[ReadingOut]]:
    """Yield a range page by page, newest first; memory holds one page of it."""
    for part in _days(*query.resolved()):
        for readings in database.stream(Reading.find(sensor_id=sensor_id, **part)):
            yield [ReadingOut.model_validate(reading) for reading in readings]


def summarize(sensor_id: str, query: SummaryQuery) -> Summary:
    """Return a sensor's day in figures, for one metric; a day without readings has a count of 0."""
    readings = Reading.find(sensor_id=sensor_id, day=query.day)
    if query.metric is not None:
        readings = readings.filter(metric=query.metric).allow_filtering()
    newest = readings.first()
    if newest is None:
        return Summary(sensor_id=sensor_id, day=query.day, metric=query.metric)
    (figures,) = execute_raw(SUMMARY, [sensor_id, query.day, newest.metric])
    return Summary(sensor_id=sensor_id, day=query.day, metric=newest.metric, unit=newest.unit, **figures)


def look(query: StationQuery) -> Station:
    """Return what the page shows, its curves up to now."""
    sensors = list_sensors(SensorList(cursor=query.cursor, limit=SENSORS_SHOWN))
    end = now()
    start = end - WINDOWS[query.window]
    panels = [
        Panel(
            latest=latest,
            today=summarize(latest.sensor_id, SummaryQuery(metric=latest.metric)),
            curve=_curve(latest, start, end),
        )
        for latest in sensors.items
    ]
    return Station(panels, sensors.cursor, start, end)


def headline() -> str:
    """Return the one figure that the dashboard shows."""
    days = len(Reading.find().per_partition_limit(1).limit(1000).all())
    return f"{days} sensor day{'' if days == 1 else 's'} on record" if days < 1000 else "1,000 sensor days and more"


def _curve(latest: ReadingOut, start: datetime, end: datetime) -> list[float | None]:
    """Average a sensor's metric over each point's share of the window, while its readings stream by."""
    share = (end - start) / POINTS
    means: list[float | None] = [None] * POINTS
    counts = [0] * POINTS
    for part in _days(start, end):
        readings = Reading.find(sensor_id=latest.sensor_id, metric=latest.metric, **part).allow_filtering()
        for page in database.stream(readings):
            for reading in page:
                point = (reading.at - start) // share
                counts[point] += 1
                mean = means[point] or 0.0
                means[point] = mean + (reading.value - mean) / counts[point]
    return means


def _days(start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Yield the filters of a range's queries, one for each day that it touches: the partitions, newest first."""
    day = (end - timedelta(milliseconds=1)).date()
    while start < end and day >= start.date():
        yield {"day": day, "at__gte": start, "at__lt": end}
        day -= timedelta(days=1)


def _after(cursor: str | None, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Yield the filters for what a range holds after the cursor: the rest of its millisecond, then what is older."""
    if cursor is not None:
        milliseconds, _, last = cursor.partition("-")
        at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(milliseconds))
        if start <= at < end:
            yield {"day": at.date(), "at": at, "id__lt": UUID(last)}
        end = min(end, at)
    yield from _days(start, end)


def _cursor_after(reading: Reading) -> str:
    return f"{round(reading.at.timestamp() * 1000)}-{reading.id}"


def _to_page(readings: list[Reading], limit: int, cursor: Callable[[Reading], str]) -> Page[ReadingOut]:
    items = [ReadingOut.model_validate(reading) for reading in readings[:limit]]
    return Page(items=items, cursor=cursor(readings[limit - 1]) if len(readings) > limit else None)
