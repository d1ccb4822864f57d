"""Twins of timeseries: 1,000 readings of a sensor."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from tools.bench.twins import Bare, Endpoint, Feature, Received, Request, Steps, now, rfc3339, to_json

SELECT_METRICS = "SELECT metric FROM sensor_latest WHERE sensor_id = ?"
INSERT_DAY = "INSERT INTO sensor_days (sensor_id, day, metric) VALUES (?, ?, ?)"
INSERT_READING = "INSERT INTO readings (sensor_id, metric, day, at, id, value, unit) VALUES (?, ?, ?, ?, ?, ?, ?)"
INSERT_LATEST = "INSERT INTO sensor_latest (sensor_id, metric, reading) VALUES (?, ?, ?) USING TIMESTAMP ?"
SELECT_DAYS = "SELECT day, metric FROM sensor_days WHERE sensor_id = ? AND day >= ? AND day <= ?"
SELECT_READINGS = (
    "SELECT sensor_id, metric, at, id, value, unit FROM readings "
    "WHERE sensor_id = ? AND metric = ? AND day = ? AND at >= ? AND at < ? LIMIT ?"
)


def readings_json() -> bytes:
    """Return 1,000 readings of one sensor, a second apart."""
    newest = now()
    return to_json(
        [
            {
                "at": rfc3339(newest - timedelta(seconds=number)),
                "metric": "temperature",
                "value": 20 + number / 1000,
                "unit": "°C",
            }
            for number in range(1000)
        ]
    )


def add_readings(bare: Bare, request: Received) -> Steps:
    sensor = request.path["sensor_id"]
    yield bare.bind(SELECT_METRICS, [sensor])
    partitions: dict[tuple[str, date], list[list[Any]]] = {}
    latest: dict[str, list[Any]] = {}
    for reading in request.data.root:
        day = reading.at.date()
        values = [sensor, reading.metric, day, reading.at, uuid4(), reading.value, reading.unit]
        partitions.setdefault((reading.metric, day), []).append(values)
        latest[reading.metric] = max(latest.get(reading.metric, values), values, key=lambda row: row[3])
    yield [bare.bind(INSERT_DAY, [sensor, day, metric]) for metric, day in partitions]
    yield [
        bare.batch(INSERT_READING, rows[n : n + 100]) for rows in partitions.values() for n in range(0, len(rows), 100)
    ]
    yield [
        bare.bind(INSERT_LATEST, [sensor, metric, tuple(row[3:]), int(row[3].timestamp() * 1_000_000)])
        for metric, row in latest.items()
    ]
    return 201, {"written": len(request.data.root)}


def list_readings(bare: Bare, request: Received) -> Steps:
    sensor, limit, (start, end) = request.path["sensor_id"], request.data.limit, request.data.resolved()
    days: dict[date, list[str]] = {}
    for row in (yield bare.bind(SELECT_DAYS, [sensor, start.date(), end.date()])):
        days.setdefault(row["day"].date(), []).append(row["metric"])
    readings: list[dict[str, Any]] = []
    for day, metrics in days.items():
        of_day: list[dict[str, Any]] = []
        for metric in metrics:
            of_day += yield bare.bind(SELECT_READINGS, [sensor, metric, day, start, end, limit + 1 - len(readings)])
        readings += sorted(of_day, key=lambda row: (row["at"], row["id"].bytes), reverse=True)
        if len(readings) > limit:
            break
    return 200, [{**row, "at": rfc3339(row["at"]), "id": str(row["id"])} for row in readings[:limit]]


FEATURE = Feature(
    write=Endpoint(
        "POST",
        "/api/sensors/{sensor_id}/readings",
        lambda number, _: Request(path={"sensor_id": f"sensor-{number}"}, body=readings_json()),
        add_readings,
        body="Readings",
    ),
    read=Endpoint(
        "GET",
        "/api/sensors/{sensor_id}/readings",
        lambda _, made: Request(path={"sensor_id": made["sensor_id"]}),
        list_readings,
        query="ReadingList",
    ),
)
