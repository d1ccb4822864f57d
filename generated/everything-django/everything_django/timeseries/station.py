"""What the page of Station Argos shows: the latest reading of some metrics, their day so far, and their curves."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean
from urllib.parse import quote

from coodie.sync import execute_raw

from ..db.each import each
from ..db.times import now
from . import service
from .models import Reading, SensorLatest
from .schemas import SensorList, StationQuery, Summary, SummaryQuery

SHOWN = 12
"""How many metrics the page shows at once."""
POINTS = 60
"""How many points a curve of up to a day has, however many readings they stand for."""
READ = 720
"""How many readings of a day are averaged for such a curve: the newest ones."""
WINDOWS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}

# One statement for a curve: its partitions are named, and each gives so many rows at most.
NEWEST = (
    "SELECT at, value FROM readings "
    "WHERE sensor_id = ? AND metric = ? AND day IN ? AND at >= ? AND at < ? PER PARTITION LIMIT ?"
)
MEANS = (
    "SELECT day, AVG(value) AS mean FROM readings "
    "WHERE sensor_id = ? AND metric = ? AND day IN ? GROUP BY sensor_id, metric, day"
)


@dataclass(frozen=True)
class Panel:
    """What is shown of a metric: its latest reading, its day so far, and its curve, in which None is a gap."""

    latest: Reading
    today: Summary
    curve: list[float | None]

    @property
    def name(self) -> str:
        """What tells its elements from those of others: an id on a page has no spaces."""
        return f"{self.latest.sensor_id}-{quote(self.latest.metric, safe='')}"

    @property
    def title(self) -> str:
        """What the curve shows."""
        return f"{self.latest.metric} of {self.latest.sensor_id} in {self.latest.unit}"


@dataclass(frozen=True)
class Station:
    """Some metrics, and when each point of their curves begins."""

    panels: list[Panel]
    cursor: str | None
    moments: list[datetime]


def read_station(query: StationQuery) -> Station:
    """Return what the page shows: what has just been recorded, and a part of the metrics, with curves up to now."""
    shown = [] if query.recorded is None else SensorLatest.find(sensor_id=query.recorded).limit(SHOWN).all()
    latest = [row.to_reading() for row in shown]
    listed = service.list_sensors(SensorList(cursor=query.cursor, limit=SHOWN))
    latest += [reading for reading in listed.items if reading.sensor_id != query.recorded]
    end = now()
    start = end - WINDOWS[query.window]
    moments = _moments(start, end)

    def panel(reading: Reading) -> Panel:
        today = service.summarize(reading.sensor_id, SummaryQuery(metric=reading.metric))
        curve = _curve(reading, start, end) if _is_short(start, end) else _daily_curve(reading, moments)
        return Panel(reading, today, curve)

    return Station(each(latest, panel), listed.cursor, moments)


def _is_short(start: datetime, end: datetime) -> bool:
    return end - start <= timedelta(days=1)


def _moments(start: datetime, end: datetime) -> list[datetime]:
    """Return when each point of a curve begins: POINTS of them in up to a day, the days themselves in a longer time."""
    if _is_short(start, end):
        return [start + number * (end - start) / POINTS for number in range(POINTS)]
    today = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - timedelta(days=ago) for ago in reversed(range((end - start).days))]


def _curve(latest: Reading, start: datetime, end: datetime) -> list[float | None]:
    """Average the newest readings of the window over each point's share of it."""
    days = sorted({start.date(), end.date()})
    rows = execute_raw(NEWEST, [latest.sensor_id, latest.metric, days, start, end, READ])
    values: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        values[(row["at"].replace(tzinfo=UTC) - start) // ((end - start) / POINTS)].append(row["value"])
    return [fmean(values[point]) if point in values else None for point in range(POINTS)]


def _daily_curve(latest: Reading, moments: list[datetime]) -> list[float | None]:
    """Return the means of days, each computed by the database within its partition."""
    days = [moment.date() for moment in moments]
    rows = execute_raw(MEANS, [latest.sensor_id, latest.metric, days])
    means = {row["day"].date(): row["mean"] for row in rows}
    return [means.get(day) for day in days]
