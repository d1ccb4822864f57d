"""Storing readings, and reading them back: by range across the days, the latest of each metric, a day in figures."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from heapq import nlargest
from itertools import chain, islice
from typing import Any
from uuid import UUID

from coodie.aio import execute_raw

from ..db.batches import Batch, save_in_batches
from ..db.concurrency import Stream, side_by_side
from ..db.each import each
from ..db.outcomes import after_writing
from ..db.paging import Page
from ..db.streams import stream
from ..db.tokens import after_token
from ..errors import Conflict
from .models import Reading, SensorDay, SensorLatest
from .schemas import (
    MAX_METRICS,
    Range,
    ReadingCreate,
    ReadingList,
    Readings,
    SensorDayList,
    SensorList,
    Summary,
    SummaryQuery,
    Written,
)

Filters = dict[str, Any]

PIECE = 10_000
"""How many readings are stored before the next ones are looked at."""
MAX_COMPARED = 1_000
"""How many of a sensor's days a list looks at before it lets the client decide whether to go on."""
MAX_IN_VAIN = 100
"""How many partitions without any reading it asks."""
MAX_IN = 100
"""How many partitions one statement names; ScyllaDB takes no more."""

# One statement for all figures: coodie's aggregate() would read the partition once for each.
FIGURES = (
    "SELECT unit, COUNT(value) AS count, MIN(value) AS min, MAX(value) AS max, SUM(value) AS sum "
    "FROM readings WHERE sensor_id = ? AND metric = ? AND day = ?"
)


async def add_readings(sensor_id: str, body: Readings) -> Written:
    """Store what a sensor has measured; Conflict if it would be too many metrics."""
    readings = [to_document(sensor_id, data) for data in body.root]
    rows = await execute_raw("SELECT metric FROM sensor_latest WHERE sensor_id = ?", [sensor_id])
    if len({row["metric"] for row in rows} | {reading.metric for reading in readings}) > MAX_METRICS:
        raise Conflict(f"A sensor measures at most {MAX_METRICS} metrics.")
    await store(readings)
    return Written(written=len(readings))


async def store(readings: Iterable[Reading], done: Callable[[list[Reading]], None] = lambda stored: None) -> None:
    """Store readings in batches of one partition each; `done` gets the readings of each batch.

    The days that lead to them come first: a reading that nothing leads to would be lost. The latest of each metric come
    last: what is shown as the latest is there. If that fails, the next reading of the metric makes up for it.
    """
    remaining = iter(readings)
    while piece := list(islice(remaining, PIECE)):
        days = {(reading.sensor_id, reading.day, reading.metric) for reading in piece}
        await save_in_batches(
            (SensorDay(sensor_id=sensor_id, day=day, metric=metric) for sensor_id, day, metric in days), [SensorDay]
        )
        await save_in_batches(piece, [Reading], done=done)
        with after_writing():
            await side_by_side(_latest_of(piece), _keep_latest, lambda _: None)


def to_document(sensor_id: str, data: ReadingCreate) -> Reading:
    """Return a reading as its table holds it; a line of a feed brings its own id."""
    return Reading(**{**vars(data), "sensor_id": sensor_id, "day": data.at.date()})


async def list_sensors(query: SensorList) -> Page[Reading]:
    """Return the latest reading of each metric of each sensor: sensors by their tokens, metrics by their names."""
    parts: list[Filters] = [{}]
    if query.cursor is not None:
        sensor_id, _, metric = query.cursor.partition("/")
        parts = [
            {"sensor_id": sensor_id, "metric__gt": metric},
            {"sensor_id__token__gt": after_token(sensor_id)},
        ]
    latest: list[SensorLatest] = []
    for part in parts:
        latest += await SensorLatest.find(**part).limit(query.limit + 1 - len(latest)).all()
        if len(latest) > query.limit:
            break
    page = Page.cut(latest, query.limit, lambda last: f"{last.sensor_id}/{last.metric}")
    return Page([row.to_reading() for row in page.items], page.cursor)


async def list_sensor_days(sensor_id: str, query: SensorDayList) -> Page[Reading]:
    """Return the newest reading of each of a sensor's days and metrics, newest day first, metrics by name."""
    parts: list[Filters] = [{}]
    if query.cursor is not None:
        day, metric = date.fromisoformat(query.cursor[:10]), query.cursor[11:]
        parts = [{"day": day, "metric__gt": metric}, {"day__lt": day}]
    days: list[SensorDay] = []
    for part in parts:
        days += await SensorDay.find(sensor_id=sensor_id, **part).limit(query.limit + 1 - len(days)).all()
        if len(days) > query.limit:
            break
    page = Page.cut(days, query.limit, lambda last: f"{last.day}/{last.metric}")
    readings = await _newest_of(sensor_id, page.items)
    return Page(readings, page.cursor)


async def list_readings(sensor_id: str, query: ReadingList) -> Page[Reading]:
    """Return a part of a range, newest first, of one metric or of all; nothing for a sensor that never sent anything.

    Asks only the days that have readings. After MAX_COMPARED days of other metrics, or MAX_IN_VAIN partitions without
    a reading in the range, it returns what it has, and the cursor goes on.
    """
    start, end = query.resolved()
    seen = _parse_cursor(query.cursor)
    until = min(end, seen[0] + timedelta(milliseconds=1)) if seen else end
    found: list[Reading] = []
    compared = in_vain = 0
    async for day, metrics in days_with_readings(sensor_id, start, until):
        wanted = [metric for metric in metrics if query.metric in (None, metric)]
        slices = _slices(day, start, end, seen)
        readings = await _read_day(sensor_id, wanted, day, slices, query.limit + 1 - len(found))
        found += readings
        if len(found) > query.limit:
            break
        compared += len(metrics)
        in_vain += 0 if readings else len(wanted)
        if compared >= MAX_COMPARED or in_vain >= MAX_IN_VAIN:
            return Page(found, _before(day))
    return Page.cut(found, query.limit, lambda last: _to_cursor(last.at, last.id))


async def export_readings(sensor_id: str, query: Range) -> Stream[list[Reading]]:
    """Yield a range page by page: the newest day first, metric after metric; only one page is in memory."""
    start, end = query.resolved()
    async for day, metrics in days_with_readings(sensor_id, start, end):
        for metric in metrics:
            found = Reading.find(sensor_id=sensor_id, metric=metric, day=day, at__gte=start, at__lt=end)
            async for readings in stream(found):
                if readings:
                    yield readings


async def summarize(sensor_id: str, query: SummaryQuery) -> Summary:
    """Return a sensor's day in figures, for one metric or for all together; without readings, the count is 0."""
    if query.metric is None:
        metrics = [row.metric for row in await SensorDay.find(sensor_id=sensor_id, day=query.day).all()]
    else:
        metrics = [query.metric]

    async def figures_of(metric: str) -> dict[str, Any]:
        (figures,) = await execute_raw(FIGURES, [sensor_id, metric, query.day])
        return {"metric": metric, **figures}

    figures = [row for row in await each(metrics, figures_of) if row["count"]]
    summary = Summary(sensor_id=sensor_id, day=query.day, metric=query.metric)
    if figures:
        # What several metrics do not have in common stays out.
        summary.metric = figures[0]["metric"] if len(figures) == 1 else None
        summary.unit = figures[0]["unit"] if len({row["unit"] for row in figures}) == 1 else None
        summary.count = sum(row["count"] for row in figures)
        summary.min = min(row["min"] for row in figures)
        summary.max = max(row["max"] for row in figures)
        summary.avg = sum(row["sum"] for row in figures) / summary.count
    return summary


async def days_with_readings(sensor_id: str, start: datetime, end: datetime) -> Stream[tuple[date, list[str]]]:
    """Yield the days of a range on which a sensor measured something, newest first, each with its metrics."""
    last = (end - timedelta(milliseconds=1)).date()
    found = SensorDay.find(sensor_id=sensor_id, day__gte=start.date(), day__lte=last)
    day, metrics = last, list[str]()
    async for rows in stream(found, fetch_size=100):
        for row in rows:
            if row.day != day:
                if metrics:
                    yield day, metrics
                day, metrics = row.day, []
            metrics.append(row.metric)
    if metrics:
        yield day, metrics


def _latest_of(readings: list[Reading]) -> list[list[Reading]]:
    """Return the latest readings of each sensor, one for each of its metrics."""
    latest: dict[str, dict[str, Reading]] = defaultdict(dict)
    for reading in readings:
        known = latest[reading.sensor_id].get(reading.metric)
        # The times alone decide nearly always, and are compared quickly.
        if known is None or known.at < reading.at or (known.at == reading.at and _place(known) < _place(reading)):
            latest[reading.sensor_id][reading.metric] = reading
    return [list(of_sensor.values()) for of_sensor in latest.values()]


async def _keep_latest(readings: list[Reading]) -> None:
    """Make a sensor's readings the latest of their metrics, unless later ones are stored already.

    The time of the reading is the timestamp of the write. So the database itself keeps the latest, in whatever order
    writers come; of two of one millisecond it keeps the same as everybody else does.
    """
    async with Batch(logged=False) as batch:
        for reading in readings:
            await SensorLatest.of(reading).save(batch=batch, timestamp=1000 * _milliseconds(reading.at))


async def _newest_of(sensor_id: str, days: list[SensorDay]) -> list[Reading]:
    """Return the newest reading of each of these days, in their order: the first row of each partition."""
    by_metric: dict[str, list[date]] = defaultdict(list)
    for row in days:
        by_metric[row.metric].append(row.day)
    parts = [
        (metric, of_metric[first : first + MAX_IN])
        for metric, of_metric in by_metric.items()
        for first in range(0, len(of_metric), MAX_IN)
    ]

    async def read(part: tuple[str, list[date]]) -> list[Reading]:
        metric, some_days = part
        return await Reading.find(sensor_id=sensor_id, metric=metric, day__in=some_days).per_partition_limit(1).all()

    newest = {(reading.day, reading.metric): reading for reading in chain.from_iterable(await each(parts, read))}
    return [newest[row.day, row.metric] for row in days if (row.day, row.metric) in newest]


async def _read_day(sensor_id: str, metrics: list[str], day: date, slices: list[Filters], limit: int) -> list[Reading]:
    """Return the newest readings that are in one of these slices of a day, those of all metrics merged."""

    async def read(metric: str) -> list[Reading]:
        readings: list[Reading] = []
        for part in slices:
            found = Reading.find(sensor_id=sensor_id, metric=metric, day=day, **part)
            readings += await found.limit(limit - len(readings)).all()
            if len(readings) == limit:
                break
        return readings

    if len(metrics) == 1:
        return await read(metrics[0])
    return nlargest(limit, chain.from_iterable(await each(metrics, read)), key=_place)


def _slices(day: date, start: datetime, end: datetime, seen: tuple[datetime, UUID] | None) -> list[Filters]:
    """Return the filters for what a range has of a day: behind the cursor, first the rest of its millisecond."""
    if seen is None or day != seen[0].date() or seen[0] >= end:
        return [{"at__gte": start, "at__lt": end}]
    at, last = seen
    return [{"at": at, "id__lt": last}, {"at__gte": start, "at__lt": at}] if at >= start else []


def _place(reading: Reading) -> tuple[datetime, int, int, bytes]:
    """Return where the database sorts a reading: UUIDs by their version, those with a time by that, then by bytes."""
    version = int(reading.id.hex[12], 16)
    return reading.at, version, reading.id.time if version == 1 else 0, reading.id.bytes


def _to_cursor(at: datetime, last: UUID) -> str:
    return f"{_milliseconds(at)}-{last}"


def _before(day: date) -> str:
    """Return the cursor for what is older than a day."""
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    return _to_cursor(midnight - timedelta(milliseconds=1), UUID(int=2**128 - 1))


def _parse_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    milliseconds, _, last = cursor.partition("-")
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(milliseconds)), UUID(last)


def _milliseconds(at: datetime) -> int:
    return (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
