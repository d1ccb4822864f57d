"""Sample readings of Station Argos: curves with the rhythm of a day, and some noise."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, pi
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import click

from ..db.streams import stream
from ..db.times import now
from ..samples.seeding import Seeding
from . import service
from .models import Reading
from .schemas import ReadingLine

COUNT = 6_048
"""With the default options, a reading from each sensor every ten minutes."""


@dataclass(frozen=True)
class Kind:
    """What a sensor measures: `mean` plus a daily `swing` that is highest at the hour `peak`, plus some noise."""

    name: str
    metric: str
    unit: str
    mean: float
    swing: float
    peak: float
    noise: float


KINDS = (
    Kind("airlock", "pressure", "hPa", mean=1013, swing=4, peak=4, noise=0.6),
    Kind("greenhouse", "humidity", "%", mean=68, swing=11, peak=6.5, noise=1.5),
    Kind("observatory", "brightness", "lux", mean=420, swing=380, peak=13, noise=12),
    Kind("reactor-core", "temperature", "°C", mean=611, swing=23, peak=18, noise=2.5),
    Kind("sleep-deck", "noise", "dB", mean=38, swing=9, peak=15, noise=2),
    Kind("soup-galley", "temperature", "°C", mean=74, swing=17, peak=12.5, noise=3),
)
OPTIONS = (
    click.Option(
        ["--sensors"],
        type=click.IntRange(1, 1000),
        default=len(KINDS),
        show_default=True,
        help="How many sensors report.",
    ),
    click.Option(
        ["--days"], type=click.IntRange(1, 366), default=7, show_default=True, help="How far back readings go."
    ),
)


def seed(run: Seeding, sensors: int, days: int, **_: Any) -> None:
    """Store `run.count` readings, each sensor's spread evenly over the last days; or those of the feed."""
    newest = newest_moment()
    step = timedelta(days=days) / -(-run.count // sensors)

    def reading(number: int) -> ReadingLine:
        sensor = number * sensors // run.count
        place = number - -(-sensor * run.count // sensors)
        kind = KINDS[sensor % len(KINDS)]
        at = newest - place * step
        rhythm = cos((at.hour + at.minute / 60 - kind.peak) / 24 * 2 * pi)
        value = kind.mean + kind.swing * rhythm + run.random.gauss(0, kind.noise)
        return ReadingLine(
            id=reading_id(sensor, place),
            sensor_id=sensor_name(sensor),
            at=at,
            metric=kind.metric,
            value=round(value, 2),
            unit=kind.unit,
        )

    readings = run.rows(ReadingLine, reading)
    with run.counting("Storing readings") as count:
        documents = (service.to_document(line.sensor_id, line) for line in readings)
        service.store(documents, lambda stored: count(len(stored)))


def newest_moment() -> datetime:
    """Return the time of the first sensor's newest reading: now, unless this seed has already run today.

    All other times follow from it, so that running the seed again on the same day writes the same rows.
    """
    first, today = reading_id(0, 0), now().date()
    for readings in stream(Reading.find(sensor_id=sensor_name(0), metric=KINDS[0].metric, day=today)):
        for reading in readings:
            if reading.id == first:
                return reading.at
    return now()


def sensor_name(sensor: int) -> str:
    """Return a sensor's name: that of its kind, and a number if it isn't the first of its kind."""
    name = KINDS[sensor % len(KINDS)].name
    return name if sensor < len(KINDS) else f"{name}-{sensor // len(KINDS) + 1}"


def reading_id(sensor: int, place: int) -> UUID:
    """Return the id of the reading at a place, which is the same in every run of the seed."""
    return uuid5(NAMESPACE_URL, f"reading:{sensor_name(sensor)}:{place}")
