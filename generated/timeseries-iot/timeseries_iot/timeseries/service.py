"""Storing readings, and reading them back: by range across the days, the newest of each sensor, a day in figures."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from typing import Any
from uuid import UUID

from coodie.aio import execute_raw

from ..db.batches import save_in_batches
from ..db.concurrency import Stream
from ..db.paging import Page
from ..db.streams import stream
from .models import Reading
from .schemas import Range, ReadingCreate, ReadingList, Readings, SensorList, Summary, SummaryQuery, Written

# One statement for all four figures: coodie's aggregate() would read the partition once for each. The filter stays
# within one partition, so that ALLOW FILTERING reads no more than the sensor's day.
SUMMARY = (
    "SELECT COUNT(value) AS count, MIN(value) AS min, MAX(value) AS max, AVG(value) AS avg "
    "FROM readings WHERE sensor_id = ? AND day = ? AND metric = ? ALLOW FILTERING"
)


async def add_readings(sensor_id: str, body: Readings) -> Written:
    """Store what a sensor has measured, in batches of one day's readings each."""
    readings = [to_document(sensor_id, data) for data in body.root]
    await store(readings)
    return Written(written=len(readings))


async def store(readings: Iterable[Reading], done: Callable[[list[Reading]], None] = lambda stored: None) -> None:
    """Store readings in batches of one partition each; `done` gets the readings of each batch."""
    await save_in_batches(readings, [Reading], done=done)


def to_document(sensor_id: str, data: ReadingCreate) -> Reading:
    """Return a reading as its table holds it; a line of a feed brings its own id."""
    return Reading(**{**vars(data), "sensor_id": sensor_id, "day": data.at.date()})


async def list_sensors(query: SensorList) -> Page[Reading]:
    """Return the newest reading of each sensor, by sensor.

    Reads the first row of every partition: the cost grows with the sensors' days, not with their readings. Only one
    page of those rows and the answer are in memory.
    """
    newest: dict[str, Reading] = {}
    async for readings in stream(Reading.find().per_partition_limit(1)):
        for reading in readings:
            known = newest.get(reading.sensor_id)
            if reading.sensor_id > (query.cursor or "") and (known is None or reading.at > known.at):
                newest[reading.sensor_id] = reading
        newest = {sensor: newest[sensor] for sensor in nsmallest(query.limit + 1, newest)}
    return Page.cut(list(newest.values()), query.limit, lambda last: last.sensor_id)


async def list_readings(sensor_id: str, query: ReadingList) -> Page[Reading]:
    """Return a part of a range, newest first; nothing for a sensor that has never sent anything."""
    readings: list[Reading] = []
    for part in _after(query.cursor, *query.resolved()):
        missing = query.limit + 1 - len(readings)
        readings += await Reading.find(sensor_id=sensor_id, **part).limit(missing).all()
        if len(readings) > query.limit:
            break
    return Page.cut(readings, query.limit, lambda last: f"{round(last.at.timestamp() * 1000)}-{last.id}")


async def export_readings(sensor_id: str, query: Range) -> Stream[list[Reading]]:
    """Yield a range page by page, newest first; only one page is in memory."""
    for day in days(*query.resolved()):
        async for readings in stream(Reading.find(sensor_id=sensor_id, **day)):
            if readings:
                yield readings


async def summarize(sensor_id: str, query: SummaryQuery) -> Summary:
    """Return a sensor's day in figures, for one metric; a day without readings has a count of 0."""
    readings = Reading.find(sensor_id=sensor_id, day=query.day)
    if query.metric is not None:
        readings = readings.filter(metric=query.metric).allow_filtering()
    newest = await readings.first()
    if newest is None:
        return Summary(sensor_id=sensor_id, day=query.day, metric=query.metric)
    (figures,) = await execute_raw(SUMMARY, [sensor_id, query.day, newest.metric])
    return Summary(sensor_id=sensor_id, day=query.day, metric=newest.metric, unit=newest.unit, **figures)


def days(start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Yield the filters of a range's queries, newest first: one for each day, which is one partition of a sensor."""
    day = (end - timedelta(milliseconds=1)).date()
    while start < end and day >= start.date():
        yield {"day": day, "at__gte": start, "at__lt": end}
        day -= timedelta(days=1)


def _after(cursor: str | None, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Yield the filters for what follows the cursor in a range: the rest of its millisecond, then what is older."""
    if cursor is not None:
        milliseconds, _, last = cursor.partition("-")
        at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(milliseconds))
        if start <= at < end:
            yield {"day": at.date(), "at": at, "id__lt": UUID(last)}
        end = min(end, at)
    yield from days(start, end)
