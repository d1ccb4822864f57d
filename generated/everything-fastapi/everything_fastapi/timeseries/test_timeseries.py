"""Station Argos as its users meet it: over HTTP, with a look into the database and at the wire to it."""

import json
import re
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from cassandra.cluster import NoHostAvailable

import conftest
from conftest import Select, Submit
from tests.wire import Wire

from ..db import cql_log
from ..db.times import now
from ..errors import OutcomeUnknown
from . import service, station
from .models import SensorDay
from .schemas import (
    MAX_METRICS,
    Range,
    ReadingList,
    Readings,
    SensorDayList,
    SensorList,
    StationQuery,
    SummaryQuery,
)

HOME = conftest.PAGES["timeseries"]

JSON = {"Content-Type": "application/json"}
WARM = {"metric": "temperature", "value": 21.5, "unit": "°C"}
DAY = "2024-03-01"
A_DAY = timedelta(days=1)
MANY = 100_000
MANY_SENSOR = "/api/sensors/many"
FIRST = datetime(2024, 2, 26, 20, tzinfo=UTC)
"""When the first of many readings was taken."""


def send(client: httpx.Client, sensor: str, *readings: dict[str, Any], **fields: object) -> None:
    """Store readings of a sensor: those given, or one with these fields."""
    body = list(readings) or {**WARM, **fields}
    answer = client.post(f"/api/sensors/{sensor}/readings", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"written": len(readings) or 1}


def export(client: httpx.Client, sensor: str, **params: str) -> list[dict[str, Any]]:
    """Return every line of an export."""
    answer = client.get(f"/api/sensors/{sensor}/export", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def values(readings: list[dict[str, Any]]) -> list[float]:
    return [reading["value"] for reading in readings]


def at(number: int) -> datetime:
    """Return when the reading with this number was taken; always two share a millisecond."""
    return FIRST + number // 2 * timedelta(seconds=7)


@pytest.fixture(scope="module")
def many(server: str) -> dict[str, str]:
    """Store 100,000 readings of one sensor, whose values are their numbers; return the range that holds them."""

    def post(first: int) -> int:
        numbers = range(first, first + 1000)
        readings = [{**WARM, "at": at(number).isoformat(), "value": number} for number in numbers]
        answer = httpx.post(f"{server}{MANY_SENSOR}/readings", json=readings, timeout=60)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["written"])

    with ThreadPoolExecutor(4) as clients:
        assert sum(clients.map(post, range(0, MANY, 1000))) == MANY
    return {"from": FIRST.isoformat(), "to": (at(MANY) + A_DAY).isoformat()}


# --- In and out ------------------------------------------------------------------------------------------------------


def test_the_published_commands(client: httpx.Client) -> None:
    url = "/api/sensors/soup-galley/readings"
    body = '{"metric": "temperature", "value": 71.5, "unit": "°C"}'
    answer = client.post(url, content=body.encode(), headers=JSON)
    assert (answer.status_code, answer.json()) == (201, {"written": 1})
    (reading,) = client.get(f"{url}?limit=5").json()
    assert reading.keys() == {"sensor_id", "at", "id", "metric", "value", "unit"}
    assert reading["sensor_id"] == "soup-galley"
    assert (reading["metric"], reading["value"], reading["unit"]) == ("temperature", 71.5, "°C")
    assert reading["at"].endswith("Z")
    assert reading in client.get("/api/sensors?limit=500").json()
    send(client, "soup-galley", at="2024-11-20T06:00:00Z", value=80)
    send(client, "soup-galley", at="2024-11-20T06:00:01Z", value=90)
    assert values(client.get(f"{url}?from=2024-11-20T06:00:00Z&to=2024-11-23").json()) == [90, 80]
    summary = client.get("/api/sensors/soup-galley/summary?day=2024-11-20").json()
    figures = {"metric": "temperature", "unit": "°C", "count": 2, "min": 80, "max": 90, "avg": 85}
    assert summary == {"sensor_id": "soup-galley", "day": "2024-11-20", **figures}
    assert reading in export(client, "soup-galley")


def test_each_day_of_utc_is_a_partition_of_its_own(client: httpx.Client, select: Select) -> None:
    moments = {
        "2024-02-28T23:59:59.999Z": date(2024, 2, 28),
        "2024-02-29T00:00:00Z": date(2024, 2, 29),
        "2024-02-29T23:59:59.9999Z": date(2024, 2, 29),
        "2024-03-01T00:30:00+01:00": date(2024, 2, 29),
        "2024-02-29T23:30:00-01:00": date(2024, 3, 1),
        "2024-03-01T12:00:00": date(2024, 3, 1),
    }
    send(client, "days", *({**WARM, "at": moment} for moment in moments))
    for day in set(moments.values()):
        where = "sensor_id = 'days' AND metric = 'temperature' AND day = ?"
        rows = select(f"SELECT at FROM readings WHERE {where}", day)
        assert len(rows) == list(moments.values()).count(day)
        assert all(row["at"].date() == day for row in rows)
        assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


def test_a_range_begins_with_from_and_ends_before_to(client: httpx.Client) -> None:
    moments = [datetime(2024, 5, 1, tzinfo=UTC) + hours * timedelta(hours=1) for hours in range(50)]
    send(client, "range", *({**WARM, "at": moment.isoformat(), "value": i} for i, moment in enumerate(moments)))
    for first, last in [(0, 50), (0, 1), (23, 25), (24, 24 + 24), (10, 41), (49, 50)]:
        ends = {"from": moments[first].isoformat(), "to": (moments[last - 1] + timedelta(milliseconds=1)).isoformat()}
        expected = list(range(first, last))[::-1]
        assert values(conftest.walk(client, "/api/sensors/range/readings", limit=7, **ends)) == expected
        assert values(export(client, "range", **ends)) == expected
    until = {"from": moments[0].isoformat(), "to": moments[24].isoformat()}
    assert max(values(conftest.walk(client, "/api/sensors/range/readings", limit=500, **until))) == 23


def test_readings_of_one_millisecond_are_all_kept_and_none_is_lost_between_pages(client: httpx.Client) -> None:
    send(client, "equal", *({**WARM, "at": f"{DAY}T12:00:00.123Z", "value": 1} for _ in range(20)))
    send(client, "equal", *({**WARM, "at": f"{DAY}T12:00:00.122Z", "value": 2} for _ in range(3)))
    for limit in (1, 2, 5, 19, 20, 23, 500):
        query = {"limit": limit, "from": DAY, "to": "2024-03-02"}
        readings = conftest.walk(client, "/api/sensors/equal/readings", **query)
        assert values(readings) == [1] * 20 + [2] * 3
        assert len({reading["id"] for reading in readings}) == 23


def test_the_link_keeps_the_range_and_the_last_page_has_none(client: httpx.Client) -> None:
    send(client, "link", *({**WARM, "at": f"{DAY}T0{hour}:00:00Z"} for hour in range(4)))
    ends = {"from": f"{DAY}T01:30:00+01:30", "to": f"{DAY}T05:00:00+02:00"}
    first = client.get("/api/sensors/link/readings", params={**ends, "limit": 2})
    assert [reading["at"][11:13] for reading in first.json()] == ["02", "01"]
    linked = httpx.URL(first.links["next"]["url"]).params
    assert {name: linked[name] for name in ends} == ends and linked["limit"] == "2"
    second = client.get(first.links["next"]["url"])
    assert [reading["at"][11:13] for reading in second.json()] == ["00"]
    assert "link" not in second.headers
    assert "link" not in client.get("/api/sensors/link/readings", params={**ends, "limit": 3}).headers


def test_parameters_and_streams_are_documented_as_they_are_sent(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("readings", "export"):
        parameters = paths[f"/api/sensors/{{sensor_id}}/{path}"]["get"]["parameters"]
        assert {"from", "to"} <= {parameter["name"] for parameter in parameters}
        assert not {"start", "end"} & {parameter["name"] for parameter in parameters}
        assert client.get(f"/api/sensors/x/{path}?start=2024-01-01").status_code == 422
    export_responses = paths["/api/sensors/{sensor_id}/export"]["get"]["responses"]
    assert export_responses["200"]["content"].keys() == {"application/x-ndjson"}
    assert export_responses["422"]["content"].keys() == {"application/json"}


def test_without_a_range_it_is_the_last_24_hours(client: httpx.Client) -> None:
    for hours in (-1, 1, 23, 25):
        send(client, "recent", at=(now() - hours * timedelta(hours=1)).isoformat(), value=hours)
    assert values(client.get("/api/sensors/recent/readings").json()) == [-1, 1, 23]
    assert values(export(client, "recent")) == [-1, 1, 23]
    until = {"to": (now() - timedelta(hours=2)).isoformat()}
    assert values(client.get("/api/sensors/recent/readings", params=until).json()) == [23, 25]


def test_a_sensor_that_never_sent_anything_has_nothing(client: httpx.Client) -> None:
    assert client.get("/api/sensors/nobody/readings").json() == []
    assert export(client, "nobody", **{"from": "2024-01-01", "to": "2024-12-31"}) == []
    answer = client.get("/api/sensors/nobody/summary?day=2024-01-01")
    nothing = dict.fromkeys(("metric", "unit", "min", "max", "avg"))
    assert answer.json() == {"sensor_id": "nobody", "day": "2024-01-01", "count": 0, **nothing}


# --- What is refused -------------------------------------------------------------------------------------------------


def refused(answer: httpx.Response) -> list[dict[str, Any]]:
    """Check for 422 in the common shape; return its errors."""
    assert answer.status_code == 422, answer.text
    errors: list[dict[str, Any]] = answer.json()["detail"]
    assert errors
    assert all(set(error) == {"loc", "msg", "type"} for error in errors)
    return errors


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": " "},
        {"metric": "x" * 41},
        {"metric": "nul \0 byte"},
        {"metric": "half a pair \ud800"},
        {"metric": 7},
        {"value": "21.5"},
        {"value": True},
        {"value": None},
        {"value": float("nan")},
        {"value": float("-inf")},
        {"value": 1e301},
        {"value": 10**400},
        {"unit": ""},
        {"unit": "x" * 21},
        {"at": "yesterday"},
        {"at": "1999-12-31T23:59:59Z"},
        {"at": "2099-12-31T23:59:59Z"},
        {"at": "0001-01-01T00:00:00+23:59"},
        {"at": "9999-12-31T23:59:59-23:59"},
        {"at": (now() + timedelta(hours=25)).isoformat()},
        {"at": 1_700_000_000},
        {"at": "1700000000"},
        {"at": True},
        {"at": None},
        {"id": "5a0c1f7e-2b64-4d0e-9c11-8e3f70a4d901"},
        {"day": DAY},
        {"unknown": "field"},
    ],
    ids=str,
)
def test_a_bad_reading_is_refused_and_nothing_of_its_list_is_written(
    client: httpx.Client, fields: dict[str, Any]
) -> None:
    for body, index in (({**WARM, **fields}, 0), ([WARM, {**WARM, **fields}], 1)):
        answer = client.post("/api/sensors/refused/readings", content=json.dumps(body).encode(), headers=JSON)
        (error,) = refused(answer)
        assert error["loc"][-2:] == [index, next(iter(fields))]
    assert client.get("/api/sensors/refused/readings").json() == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{", "application/json"),
        ("", "application/json"),
        ("[]", "application/json"),
        ("null", "application/json"),
        ('"text"', "application/json"),
        ("[[]]", "application/json"),
        ("[null]", "application/json"),
        ("[" * 50_000, "application/json"),
        (json.dumps([WARM] * 1001), "application/json"),
        ("metric=x&value=1&unit=y", "application/x-www-form-urlencoded"),
        (json.dumps(WARM), "text/plain"),
    ],
    ids=lambda text: text[:20],
)
def test_a_body_that_is_no_reading_is_refused(client: httpx.Client, body: str, kind: str) -> None:
    answer = client.post("/api/sensors/refused/readings", content=body.encode(), headers={"Content-Type": kind})
    refused(answer)
    assert client.get("/api/sensors/refused/readings").json() == []


def test_a_thousand_wrong_readings_are_refused_like_the_first_of_them(client: httpx.Client) -> None:
    reading = {f"u{number}": 1 for number in range(80)}
    one, many = (client.post("/api/sensors/refused/readings", json=[reading] * number) for number in (1, 1_000))
    assert (many.status_code, many.json()) == (one.status_code, one.json())
    assert (len(many.json()["detail"]), many.json()["more"]) == (20, 63)


def test_a_sensor_has_only_so_many_metrics(client: httpx.Client) -> None:
    url = "/api/sensors/curious/readings"
    send(client, "curious", *({**WARM, "metric": f"metric {number}"} for number in range(MAX_METRICS)))
    send(client, "curious", metric="metric 0")
    one_more = client.post(url, json={**WARM, "metric": "one more"})
    assert one_more.status_code == 409 and str(MAX_METRICS) in one_more.json()["detail"]
    many = [{**WARM, "metric": f"metric {number}"} for number in range(MAX_METRICS + 1)]
    assert client.post("/api/sensors/greedy/readings", json=many).status_code == 409
    assert client.get("/api/sensors/greedy/days").json() == []
    assert len(client.get(url, params={"limit": 500}).json()) == MAX_METRICS + 1


@pytest.mark.parametrize("sensor", ["-x", "a%20b", "a%00", "%C3%A9", "x" * 65, "a;b"])
def test_a_bad_name_of_a_sensor_is_refused(client: httpx.Client, sensor: str) -> None:
    refused(client.post(f"/api/sensors/{sensor}/readings", json=WARM))
    for path in ("readings", "summary", "days", "export"):
        refused(client.get(f"/api/sensors/{sensor}/{path}"))


CURSOR = "1709294400123-5a0c1f7e-2b64-4d0e-9c11-8e3f70a4d901"


@pytest.mark.parametrize(
    "query",
    [
        "/readings?limit=0",
        "/readings?limit=501",
        "/readings?cursor=made-up",
        "/readings?cursor=1709294400123",
        f"/readings?cursor=-{CURSOR}",
        f"/readings?cursor={CURSOR.upper()}",
        f"/readings?cursor=9{CURSOR}",
        "/readings?from=soon",
        "/readings?from=1709294400",
        "/readings?from=1999-12-31",
        "/readings?to=2100-01-01",
        "/readings?from=0001-01-01T00:00:00%2B23:59",
        "/readings?from=2024-01-02&to=2024-01-01",
        "/readings?from=2024-01-01&to=2024-01-01",
        "/readings?from=2024-01-01&to=2025-01-02",
        "/readings?from=2001-01-01",
        "/readings?page=2",
        "/readings?metric=",
        "/days?cursor=made-up",
        "/days?cursor=2024-02-30/temperature",
        "/days?cursor=2024-03-01/",
        "/days?metric=temperature",
        "/export?from=2024-01-01&to=2025-01-02",
        "/export?limit=5",
        "/summary?day=today",
        "/summary?day=2024-02-30",
        "/summary?day=1709294400",
        "/summary?day=",
        "/summary?metric=" + "x" * 41,
        "/summary?from=2024-01-01",
    ],
)
def test_a_senseless_query_is_refused(client: httpx.Client, query: str) -> None:
    refused(client.get(f"/api/sensors/x{query}"))


def test_a_range_of_a_leap_year_is_read(client: httpx.Client) -> None:
    send(client, "leap", *({**WARM, "at": f"2024-{month}T00:00:00Z"} for month in ("01-01", "07-01", "12-31")))
    year = {"from": "2024-01-01", "to": "2025-01-01"}
    assert [reading["at"][5:7] for reading in conftest.walk(client, "/api/sensors/leap/readings", limit=1, **year)] == [
        "12",
        "07",
        "01",
    ]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (0, []),
        (946_684_800_000, []),
        (1_709_294_400_123, [12, 11, 10]),
        (9_999_999_999_999, [13, 12, 11, 10]),
    ],
)
def test_a_made_up_cursor_does_not_leave_its_range(client: httpx.Client, moment: int, expected: list[int]) -> None:
    send(client, "cursor", *({**WARM, "at": f"{DAY}T{hour:02d}:00:00Z", "value": hour} for hour in range(24)))
    ends = {"from": f"{DAY}T10:00:00Z", "to": f"{DAY}T14:00:00Z"}
    cursor = f"{moment}{CURSOR[13:]}"
    readings = client.get("/api/sensors/cursor/readings", params={**ends, "cursor": cursor}).json()
    assert sorted(set(values(readings)), reverse=True) == expected


# --- Several metrics -------------------------------------------------------------------------------------------------

HUMID = {"metric": "humidity", "value": 60, "unit": "%"}


def test_the_metrics_of_a_sensor_are_merged_newest_first_unless_one_is_named(client: httpx.Client) -> None:
    moments = [datetime(2024, 7, day, hour, tzinfo=UTC).isoformat() for day in (1, 2, 4) for hour in range(0, 24, 3)]
    for number, moment in enumerate(moments):
        # Two metrics of one millisecond, and now and then a third.
        metrics = ["temperature", "humidity", "noise"][: 3 if number % 5 == 0 else 2]
        send(client, "merged", *({**WARM, "at": moment, "metric": metric, "value": number} for metric in metrics))
    ends = {"from": "2024-07-01", "to": "2024-07-05"}
    for limit in (1, 2, 3, 7, 500):
        readings = conftest.walk(client, "/api/sensors/merged/readings", limit=limit, **ends)
        assert len(readings) == 2 * len(moments) + 5
        assert len({reading["id"] for reading in readings}) == len(readings)
        assert [reading["at"] for reading in readings] == sorted((reading["at"] for reading in readings), reverse=True)
        one = conftest.walk(client, "/api/sensors/merged/readings", limit=limit, metric="noise", **ends)
        assert values(one) == [20, 15, 10, 5, 0]
    assert sorted(reading["id"] for reading in export(client, "merged", **ends)) == sorted(
        reading["id"] for reading in readings
    )


async def test_a_range_asks_only_the_days_that_have_readings(client: httpx.Client) -> None:
    send(
        client,
        "sparse",
        *({**WARM, "at": f"2024-{month:02d}-15"} for month in (1, 6, 11)),
        {**HUMID, "at": "2024-06-15"},
    )
    year = {"from": "2024-01-01", "to": "2025-01-01"}
    for sensor, metric, readings, statements in (
        ("sparse", None, 4, 5),
        ("sparse", "humidity", 1, 2),
        ("nobody", None, 0, 1),
    ):
        cql_log.start()
        page = await service.list_readings(sensor, ReadingList.model_validate({**year, "metric": metric}))
        assert len(page.items) == readings
        assert len(cql_log.statements()) == statements


async def test_a_list_that_finds_nothing_ends_and_says_how_to_go_on(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [f"2024-09-{day:02d}T12:00:00Z" for day in range(1, 31)]
    send(client, "vain", *({**WARM, "at": day} for day in days), {**HUMID, "at": "2024-09-03T18:00:00Z"})
    monkeypatch.setattr(service, "MAX_COMPARED", 12)
    monkeypatch.setattr(service, "MAX_IN_VAIN", 5)

    async def pages(**query: str) -> list[int]:
        sizes, cursor = [], None
        while True:
            fields = {"from": "2024-09-01", "to": "2024-10-01", **query, "cursor": cursor}
            page = await service.list_readings("vain", ReadingList.model_validate(fields))
            sizes.append(len(page.items))
            cursor = page.cursor
            if cursor is None:
                return sizes

    assert sum(await pages()) == 31
    # Days of another metric are looked at, twelve for a page, and not asked.
    found = await pages(metric="humidity")
    assert sum(found) == 1 and 0 in found and len(found) == 3
    # A day that leads nowhere, as after a crash, is asked in vain, five times for a page.
    for day in range(1, 21):
        await SensorDay(sensor_id="vain", day=date(2024, 9, day), metric="ghost").save()
    found = await pages(metric="ghost")
    assert sum(found) == 0 and len(found) == 5


def test_the_days_of_a_sensor_with_the_newest_reading_of_each(client: httpx.Client) -> None:
    for day in range(1, 8):
        for hour in (6, 18):
            send(client, "daily", at=f"2024-08-{day:02d}T{hour:02d}:00:00Z", value=day)
    send(client, "daily", **{**HUMID, "at": "2024-08-03T12:00:00Z"})
    expected = [(f"2024-08-{day:02d}T18", "temperature") for day in range(7, 0, -1)]
    expected.insert(4, ("2024-08-03T12", "humidity"))
    for limit in (1, 3, 8, 500):
        days = conftest.walk(client, "/api/sensors/daily/days", limit=limit)
        assert [(reading["at"][:13], reading["metric"]) for reading in days] == expected
    assert client.get("/api/sensors/nobody/days").json() == []


# --- The latest of each ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_the_list_of_sensors_has_the_latest_reading_of_each_metric(client: httpx.Client) -> None:
    days = [now() - number * A_DAY for number in range(5)]
    for number in range(7):
        readings = [{**WARM, "at": day.isoformat(), "value": -place} for place, day in enumerate(days[number % 3 :])]
        send(client, f"s{number}", *readings)
    send(client, "s3", **HUMID)
    expected = {(f"s{number}", "temperature", 0) for number in range(7)} | {("s3", "humidity", 60)}
    for limit in (1, 3, 7, 500):
        sensors = conftest.walk(client, "/api/sensors", limit=limit)
        assert len(sensors) == 8
        assert {(reading["sensor_id"], reading["metric"], reading["value"]) for reading in sensors} == expected
    assert "link" not in client.get("/api/sensors?limit=8").headers
    for cursor in ("..", "s4", "s4/", "/temperature"):
        refused(client.get("/api/sensors", params={"cursor": cursor}))


def test_the_latest_is_that_of_the_greatest_time_in_whatever_order_writers_come(client: httpx.Client) -> None:
    start = now() - timedelta(hours=1)
    readings = [
        {"at": (start + timedelta(seconds=number)).isoformat(), "metric": "tide", "value": number, "unit": f"u{number}"}
        for number in range(200)
    ]
    Random(7).shuffle(readings)
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda reading: send(client, "racing", reading), readings))
    (latest,) = [reading for reading in conftest.walk(client, "/api/sensors") if reading["sensor_id"] == "racing"]
    assert (latest["value"], latest["unit"]) == (199, "u199")
    assert latest == client.get("/api/sensors/racing/readings?limit=1").json()[0]


def test_of_two_readings_of_one_millisecond_the_latest_is_one_as_a_whole(client: httpx.Client) -> None:
    # As cells of their own, the greater of each would stay, and make a reading that nobody has sent.
    at = (now() - timedelta(minutes=1)).isoformat()
    sent = [
        {"at": at, "metric": "tide", "value": value, "unit": unit} for value, unit in [(1, "z"), (2, "y"), (3, "x")]
    ]
    for number in range(5):
        for reading in sent:
            send(client, f"tie-{number}", reading)
        (latest,) = [each for each in conftest.walk(client, "/api/sensors") if each["sensor_id"] == f"tie-{number}"]
        newest = client.get(f"/api/sensors/tie-{number}/readings").json()
        assert latest in newest and latest == newest[0]


def test_a_clock_that_is_ahead_holds_the_latest_for_a_day_at_most(client: httpx.Client, select: Select) -> None:
    ahead = client.post("/api/sensors/ahead/readings", json={**WARM, "at": (now() + timedelta(hours=25)).isoformat()})
    refused(ahead)
    send(client, "ahead", at=(now() + timedelta(hours=23)).isoformat(), value=1)
    send(client, "ahead", value=2)
    (row,) = select("SELECT WRITETIME(reading) AS written FROM sensor_latest WHERE sensor_id = 'ahead'")
    assert row["written"] / 1_000_000 < (now() + A_DAY).timestamp()
    # Everywhere else, writes are stamped when they are made.
    (row, _) = select("SELECT WRITETIME(value) AS written FROM readings WHERE sensor_id = 'ahead' ALLOW FILTERING")
    assert abs(row["written"] / 1_000_000 - now().timestamp()) < 60


async def test_a_failure_after_the_readings_were_stored_has_an_unknown_outcome(
    keyspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise NoHostAvailable("gone", {})

    monkeypatch.setattr(service, "_keep_latest", fail)
    with pytest.raises(OutcomeUnknown):
        await service.add_readings("unlucky", Readings.model_validate(WARM))
    assert len((await service.list_readings("unlucky", ReadingList())).items) == 1


async def test_the_windows_of_compaction_are_as_long_as_the_buckets(keyspace: str, select: Select) -> None:
    where = "keyspace_name = ? AND table_name = 'readings'"
    (table,) = select(f"SELECT compaction FROM system_schema.tables WHERE {where}", keyspace)
    assert table["compaction"]["class"].endswith("TimeWindowCompactionStrategy")
    assert (table["compaction"]["compaction_window_size"], table["compaction"]["compaction_window_unit"]) == (
        "1",
        "DAYS",
    )


# --- A day in figures ------------------------------------------------------------------------------------------------


async def test_a_summary_is_computed_by_the_database(client: httpx.Client) -> None:
    send(client, "figures", *({**WARM, "at": f"{DAY}T00:00:0{second}Z", "value": second} for second in range(10)))
    cql_log.start()
    query = SummaryQuery(day=date(2024, 3, 1))
    summary = await service.summarize("figures", query)
    assert (summary.count, summary.min, summary.max, summary.avg) == (10, 0, 9, 4.5)
    assert sum(statement.rows for statement in cql_log.statements()) == 2, "the metric, and its figures"


def test_a_summary_is_about_one_metric_or_about_all(client: httpx.Client) -> None:
    send(client, "both", {**WARM, "at": f"{DAY}T01:00:00Z", "value": 20}, {**WARM, "at": f"{DAY}T02:00:00Z"})
    url = "/api/sensors/both/summary"
    only = client.get(url, params={"day": DAY}).json()
    assert only == client.get(url, params={"day": DAY, "metric": "temperature"}).json()
    assert only.items() >= {"metric": "temperature", "unit": "°C", "count": 2, "min": 20, "max": 21.5}.items()
    send(client, "both", at=f"{DAY}T03:00:00Z", **{**HUMID, "value": 70})
    send(client, "both", at=f"{DAY}T04:00:00Z", metric="dew point", value=10, unit="°C")
    named = client.get(url, params={"day": DAY, "metric": "humidity"}).json()
    assert named.items() >= {"metric": "humidity", "unit": "%", "count": 1, "min": 70, "max": 70, "avg": 70}.items()
    together = client.get(url, params={"day": DAY}).json()
    assert together.items() >= {"metric": None, "unit": None, "count": 4, "min": 10, "max": 70}.items()
    assert together["avg"] == pytest.approx((20 + 21.5 + 70 + 10) / 4)
    missing = client.get(url, params={"day": DAY, "metric": "pressure"}).json()
    assert (missing["metric"], missing["count"], missing["avg"]) == ("pressure", 0, None)


def test_a_summary_is_of_today_unless_a_day_is_named(client: httpx.Client) -> None:
    send(client, "today")
    summary = client.get("/api/sensors/today/summary").json()
    assert summary["count"] == 1 or summary["day"] != now().date().isoformat(), "midnight may have passed"


def test_extreme_values_come_back_as_they_were_and_can_be_averaged(client: httpx.Client) -> None:
    extremes = [1e300, 1e300, -1e300, 5e-324, -0.0, 1 / 3, 2**60]
    send(client, "extreme", *({**WARM, "at": f"{DAY}T00:00:0{i}Z", "value": x} for i, x in enumerate(extremes)))
    assert values(export(client, "extreme", **{"from": DAY, "to": "2024-03-02"}))[::-1] == extremes
    summary = client.get(f"/api/sensors/extreme/summary?day={DAY}").json()
    assert (summary["min"], summary["max"], summary["count"]) == (-1e300, 1e300, 7)
    assert summary["avg"] == pytest.approx(1e300 / 7)


# --- Many readings, many readers -------------------------------------------------------------------------------------


async def test_the_newest_reading_of_each_day_is_one_row_of_one_statement(
    client: httpx.Client, many: dict[str, str], keyspace: str
) -> None:
    cql_log.start()
    page = await service.list_sensor_days("many", SensorDayList())
    days, newest = cql_log.statements()
    assert newest.cql.startswith(f"SELECT * FROM {keyspace}.readings") and "PER PARTITION LIMIT ?" in newest.cql
    assert len(page.items) == days.rows == newest.rows == 5


@pytest.mark.usefixtures("many")
async def test_the_list_of_sensors_reads_no_readings(keyspace: str) -> None:
    cql_log.start()
    await service.list_sensors(SensorList())
    (statement,) = cql_log.statements()
    assert f"FROM {keyspace}.sensor_latest" in statement.cql
    assert statement.rows <= 51


def test_what_100_000_readings_brought_in_paging_and_export_bring_out(
    client: httpx.Client, many: dict[str, str]
) -> None:
    paged = conftest.walk(client, f"{MANY_SENSOR}/readings", limit=500, **many)
    exported = export(client, "many", **many)
    assert len(paged) == len(exported) == MANY
    assert sorted(values(paged)) == list(range(MANY))
    assert paged == exported
    moments = [reading["at"] for reading in paged]
    assert moments == sorted(moments, reverse=True)


def test_twenty_concurrent_pagers_do_not_disturb_one_another(server: str, many: dict[str, str]) -> None:
    def read(reader: int) -> tuple[list[float], list[float]]:
        first = reader * 2_000
        ends = {"from": at(first).isoformat(), "to": at(first + 1_200).isoformat()}
        with httpx.Client(base_url=server, timeout=60) as own:
            paged = conftest.walk(own, f"{MANY_SENSOR}/readings", limit=60, **ends)
            return values(paged), values(export(own, "many", **ends))

    with ThreadPoolExecutor(20) as readers:
        for reader, (paged, exported) in enumerate(readers.map(read, range(20))):
            assert paged == exported
            assert sorted(paged) == list(range(reader * 2_000, reader * 2_000 + 1_200))


async def count(ends: Range) -> int:
    """Read an export page by page, keeping nothing; return how many readings it has."""
    return sum([len(page) async for page in service.export_readings("many", ends)])


async def test_an_export_takes_as_much_memory_for_many_readings_as_for_few(many: dict[str, str]) -> None:
    async def peak(readings: int) -> int:
        ends = Range.model_validate({"from": many["from"], "to": at(readings).isoformat()})
        tracemalloc.start()
        try:
            assert await count(ends) == readings
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    await peak(500)
    assert await peak(10_000) < 2 * await peak(2_000)


def settled(wire: Wire) -> int:
    """Wait until nothing has come from the database for a second; return how many bytes have come before."""
    seen = -1
    while seen != wire.received:
        seen = wire.received
        time.sleep(1)
    return seen


@pytest.fixture
def wired(many: dict[str, str], wire: Wire, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server that reads from the database through the wire."""
    with (
        conftest.serving(tmp_path / "server.log", **wire.environment, SCYLLA_REQUEST_TIMEOUT="2") as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        conftest.wait_until(lambda: conftest.answers(address), 30, lambda: "the server did not answer")
        yield client


def test_a_client_that_goes_away_stops_the_reading(wired: httpx.Client, many: dict[str, str], wire: Wire) -> None:
    before = settled(wire)
    assert len(export(wired, "many", **many)) == MANY
    total = settled(wire) - before
    before = wire.received
    with wired.stream("GET", f"{MANY_SENSOR}/export", params=many) as answer:
        assert next(answer.iter_raw())
    assert settled(wire) - before < total / 4
    assert wired.get("/api/sensors").status_code == 200


def test_a_client_that_does_not_read_stops_the_reading(wired: httpx.Client, many: dict[str, str], wire: Wire) -> None:
    before = settled(wire)
    assert len(export(wired, "many", **many)) == MANY
    total = settled(wire) - before
    before = wire.received
    with wired.stream("GET", f"{MANY_SENSOR}/export", params=many) as answer:
        assert settled(wire) - before < total / 2
        assert wired.get("/api/sensors").status_code == 200
        assert len(list(answer.iter_lines())) == MANY


def test_an_export_that_the_database_breaks_off_says_so_at_its_end(
    wired: httpx.Client, many: dict[str, str], wire: Wire
) -> None:
    with wired.stream("GET", f"{MANY_SENSOR}/export", params=many) as answer:
        lines = answer.iter_lines()
        assert json.loads(next(lines))["value"] in {MANY - 1, MANY - 2}
        wire.stall()
        *whole, last = lines
        wire.resume()
    assert len(whole) < MANY - 1
    assert json.loads(last) == {"detail": "The database did not answer in time."}


def test_an_export_that_cannot_begin_has_the_status_that_says_so(
    wired: httpx.Client, many: dict[str, str], wire: Wire
) -> None:
    wire.stall()
    answer = wired.get(f"{MANY_SENSOR}/export", params=many)
    wire.resume()
    assert answer.status_code in {503, 504}
    assert answer.json().keys() == {"detail"}


# --- The page --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
async def test_a_curve_averages_its_share_of_the_window_and_leaves_gaps(client: httpx.Client) -> None:
    start = now() - timedelta(minutes=40)
    pair = [{**WARM, "at": start.isoformat(), "value": value} for value in (10, 20)]
    other = {**WARM, "metric": "noise", "at": start.isoformat(), "value": 1_000}
    older = {**WARM, "at": (start - timedelta(hours=2)).isoformat(), "value": 1_000}
    send(client, "curve", *pair, other, older, {**WARM, "value": 30})
    shown = await station.read_station(StationQuery(window="1h"))
    noise, panel = shown.panels
    assert noise.latest.metric == "noise"
    assert [point for point in panel.curve if point is not None] == [15, 30]
    assert len(panel.curve) == len(shown.moments) == station.POINTS
    assert panel.curve[-1] == 30 and panel.curve[20 - 1 : 20 + 1].count(15) == 1
    assert panel.latest.value == 30


@pytest.mark.usefixtures("empty_tables")
async def test_the_curve_of_a_week_has_the_mean_of_each_day(client: httpx.Client) -> None:
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    for ago in (0, 2, 6, 7):
        readings = [{**WARM, "at": (today - ago * A_DAY).isoformat(), "value": value} for value in (ago, 10 + ago)]
        send(client, "week", *readings)
    shown = await station.read_station(StationQuery(window="7d"))
    assert shown.panels[0].curve == [11, None, None, None, 7, None, 5]
    assert [moment.date() for moment in shown.moments] == [(today - ago * A_DAY).date() for ago in range(6, -1, -1)]


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize("window", ["1h", "24h", "7d", "30d"])
async def test_a_curve_is_one_statement_of_a_bounded_number_of_rows(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, window: Any
) -> None:
    newest = now()
    send(client, "dense", *({**WARM, "at": (newest - n * timedelta(seconds=1)).isoformat()} for n in range(1_000)))
    monkeypatch.setattr(station, "READ", 300)
    cql_log.start()
    await station.read_station(StationQuery(window=window))
    latest, today, curve = cql_log.statements()
    assert (latest.rows, today.rows) == (1, 1)
    assert 0 < curve.rows <= 2 * 300


def test_the_page_records_and_shows_without_javascript(client: httpx.Client, submit: Submit) -> None:
    unit = "<b>bold</b> & sharp"
    answer = submit(HOME, "/station/record", sensor_id="0-page", metric="heat", value="1.5", unit=unit)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?recorded=0-page")
    page = client.get(answer.headers["location"]).text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; sharp" in page and unit not in page
    assert "The reading of <strong>0-page</strong> is stored." in page
    assert values(client.get("/api/sensors/0-page/readings").json()) == [1.5]
    # What one has just sent is seen, wherever it is in the list, also when the page refreshes itself.
    assert 'hx-get="' + HOME + '?window=24h&amp;recorded=0-page"' in page


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"value": "warm"}, "valid number"),
        ({"value": "nan"}, "finite number"),
        ({"value": "1e301"}, "must be between -1e+300 and 1e+300"),
        ({"sensor_id": "not a name!"}, "begin with a letter or digit"),
        ({"unit": " "}, "Field required"),
    ],
)
def test_the_page_shows_a_refused_form_again_with_what_was_typed(
    submit: Submit, fields: dict[str, Any], complaint: str
) -> None:
    form = {"sensor_id": "kept", "metric": "as typed", "value": "1", "unit": "u", **fields}
    answer = submit(HOME, "/station/record", **form)
    assert answer.status_code == 422
    assert 'value="as typed"' in answer.text
    assert complaint in answer.text


@pytest.mark.parametrize(("window", "seconds"), [("1h", 5), ("24h", 5), ("7d", 60), ("30d", 60)])
def test_the_page_looks_back_as_far_as_it_is_told(client: httpx.Client, window: str, seconds: int) -> None:
    send(client, "0-window")
    page = client.get(HOME, params={"window": window}).text
    assert f'<option value="{window}" selected>' in page
    assert f'hx-get="{HOME}?window={window}" hx-trigger="every {seconds}s"' in page
    assert 'aria-label="temperature of 0-window in ' in client.get(f"{HOME}?window={window}&recorded=0-window").text


def test_the_page_refuses_what_it_cannot_show(client: httpx.Client) -> None:
    for query in ("window=forever", "cursor=..", "recorded=%00"):
        assert client.get(f"{HOME}?{query}").status_code == 422


@pytest.mark.usefixtures("empty_tables")
def test_the_page_shows_some_sensors_and_leads_on(client: httpx.Client) -> None:
    assert "No sensor has reported here" in client.get(HOME).text
    for number in range(station.SHOWN + 2):
        send(client, f"s{number:02d}")
    first = client.get(HOME).text
    (address,) = re.findall(r'href="([^"]*cursor=[^"]*)"', first)
    further = client.get(unescape(address)).text
    names = [re.findall(r'<article class="panel" aria-labelledby="([^"]*)"', page) for page in (first, further)]
    assert (len(names[0]), len(names[1])) == (station.SHOWN, 2)
    assert sorted(names[0] + names[1]) == [f"s{number:02d}-temperature" for number in range(station.SHOWN + 2)]
    assert 'hx-trigger="every' not in further


def test_the_page_leads_to_the_summary_and_the_export(client: httpx.Client) -> None:
    send(client, "0-links", metric="draught & damp")
    page = client.get(f"{HOME}?recorded=0-links").text
    for path in ("summary", "export"):
        (address,) = re.findall(f'href="(/api/sensors/0-links/{path}[^"]*)"', page)
        answer = client.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert "draught & damp" in answer.text


def test_the_page_draws_extreme_values_and_strange_words(client: httpx.Client) -> None:
    send(client, "0-extreme", *({**WARM, "value": value} for value in (1e300, -1e300, 5e-324, 0)))
    send(client, "0-strange", metric="\u202e]]> rising", unit="\U0001f52d")
    for sensor, what in (("0-extreme", "e+300"), ("0-strange", "\U0001f52d")):
        page = client.get(f"{HOME}?recorded={sensor}")
        assert page.status_code == 200
        assert what in page.text


def test_the_panel_shows_the_model_and_the_cql_of_the_page(client: httpx.Client, submit: Submit) -> None:
    submit(HOME, "/station/record", sensor_id="0-hood", metric="heat", value="1", unit="°C")
    page = client.get(HOME).text
    _, _, panel = page.partition('id="hood"')
    assert "class Reading(Document)" in panel
    assert "SUM(value) AS sum" in panel and "PER PARTITION LIMIT ?" in panel and "LOCAL_QUORUM" in panel
    assert "INSERT" not in panel, "what somebody else has recorded"
    # The wrong way is shown as text, and never sent.
    assert "ALLOW FILTERING" in page and "ALLOW FILTERING" not in panel


# --- The seed --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_the_seed_spreads_its_readings_over_sensors_and_days(client: httpx.Client, select: Select) -> None:
    command = [*conftest.SEEDS["timeseries"], "--sensors", "7", "--days", "2", "--count", "100"]
    for _ in range(2):
        done = conftest.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = select("SELECT sensor_id, at, value FROM readings")
        assert len(rows) == 100, "a second run on the same day adds nothing"
    per_sensor = Counter(row["sensor_id"] for row in rows)
    assert sorted(per_sensor.values()) == [14] * 5 + [15] * 2
    moments = [row["at"].replace(tzinfo=UTC) for row in rows]
    assert max(moments) <= now()
    assert 1.5 * A_DAY < max(moments) - min(moments) < 2 * A_DAY
