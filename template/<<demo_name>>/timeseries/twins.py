"""Twins of timeseries: 1,000 readings of a sensor."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from tools.bench.twins import Bare, Endpoint, Feature, Received, Request, Steps, now, rfc3339, to_json

INSERT_READING = "INSERT INTO readings (sensor_id, day, at, id, metric, value, unit) VALUES (?, ?, ?, ?, ?, ?, ?)"
SELECT_READINGS = (
    "SELECT sensor_id, at, id, metric, value, unit FROM readings "
    "WHERE sensor_id = ? AND day = ? AND at >= ? AND at < ? LIMIT ?"
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
    days: dict[date, list[list[Any]]] = {}
    for reading in request.data.root:
        day = reading.at.date()
        values = [request.path["sensor_id"], day, reading.at, uuid4(), reading.metric, reading.value, reading.unit]
        days.setdefault(day, []).append(values)
    yield [bare.batch(INSERT_READING, rows[n : n + 100]) for rows in days.values() for n in range(0, len(rows), 100)]
    return 201, {"written": len(request.data.root)}


def list_readings(bare: Bare, request: Received) -> Steps:
    limit, (start, end) = request.data.limit, request.data.resolved()
    readings: list[dict[str, Any]] = []
    day = end.date()
    while day >= start.date() and len(readings) <= limit:
        values = [request.path["sensor_id"], day, start, end, limit + 1 - len(readings)]
        readings += yield bare.bind(SELECT_READINGS, values)
        day -= timedelta(days=1)
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
