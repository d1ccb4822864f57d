"""Station Argos as its users meet it: over HTTP, with a look into the database and at the wire to it."""

import json
import re
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import conftest
from conftest import Select, Submit
from tests.wire import Wire

from ..db import cql_log
from ..db.times import now
from . import service, station
from .schemas import Range, SensorList, StationQuery, SummaryQuery

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
        rows = select("SELECT at FROM readings WHERE sensor_id = 'days' AND day = ?", day)
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


@pytest.mark.parametrize("sensor", ["-x", "a%20b", "a%00", "%C3%A9", "x" * 65, "a;b"])
def test_a_bad_name_of_a_sensor_is_refused(client: httpx.Client, sensor: str) -> None:
    refused(client.post(f"/api/sensors/{sensor}/readings", json=WARM))
    for path in ("readings", "summary", "export"):
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


# --- The newest of each, and a day in figures ------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_the_list_of_sensors_has_the_newest_reading_of_each(client: httpx.Client) -> None:
    days = [now() - number * A_DAY for number in range(5)]
    for number in range(7):
        readings = [{**WARM, "at": day.isoformat(), "value": -place} for place, day in enumerate(days[number % 3 :])]
        send(client, f"s{number}", *readings)
    for limit in (1, 3, 7, 500):
        sensors = conftest.walk(client, "/api/sensors", limit=limit)
        assert [sensor["sensor_id"] for sensor in sensors] == [f"s{number}" for number in range(7)]
        assert values(sensors) == [0] * 7
    assert "link" not in client.get("/api/sensors?limit=7").headers
    assert [sensor["sensor_id"] for sensor in client.get("/api/sensors?cursor=s4").json()] == ["s5", "s6"]
    refused(client.get("/api/sensors?cursor=.."))


async def test_the_list_of_sensors_reads_one_row_of_each_partition(
    client: httpx.Client, many: dict[str, str], keyspace: str
) -> None:
    cql_log.start()
    await service.list_sensors(SensorList())
    statements = cql_log.statements()
    assert all(f"FROM {keyspace}.readings PER PARTITION LIMIT ?" in statement.cql for statement in statements)
    assert sum(statement.rows for statement in statements) < 1000


async def test_a_summary_is_computed_by_the_database(client: httpx.Client, keyspace: str) -> None:
    send(client, "figures", *({**WARM, "at": f"{DAY}T00:00:0{second}Z", "value": second} for second in range(10)))
    cql_log.start()
    query = SummaryQuery(day=date(2024, 3, 1))
    summary = await service.summarize("figures", query)
    assert (summary.count, summary.min, summary.max, summary.avg) == (10, 0, 9, 4.5)
    assert sum(statement.rows for statement in cql_log.statements()) == 2, "the newest reading, and the figures"


def test_a_summary_is_about_one_metric(client: httpx.Client) -> None:
    humid = {"metric": "humidity", "unit": "%"}
    send(client, "both", {**WARM, "at": f"{DAY}T01:00:00Z", "value": 20}, {**WARM, "at": f"{DAY}T02:00:00Z"})
    send(client, "both", at=f"{DAY}T03:00:00Z", value=70, **humid)
    url = "/api/sensors/both/summary"
    newest = client.get(url, params={"day": DAY}).json()
    assert newest.items() >= {**humid, "count": 1, "min": 70, "max": 70, "avg": 70}.items()
    named = client.get(url, params={"day": DAY, "metric": "temperature"}).json()
    assert named.items() >= {"unit": "°C", "count": 2, "min": 20, "max": 21.5, "avg": 20.75}.items()
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
    (panel,) = shown.panels
    assert [point for point in panel.curve if point is not None] == [15, 30]
    assert len(panel.curve) == len(shown.moments) == station.POINTS
    assert panel.curve[-1] == 30 and panel.curve[20 - 1 : 20 + 1].count(15) == 1
    assert panel.latest.value == 30


def test_the_page_records_and_shows_without_javascript(client: httpx.Client, submit: Submit) -> None:
    unit = "<b>bold</b> & sharp"
    answer = submit(HOME, "/station/record", sensor_id="0-page", metric="heat", value="1.5", unit=unit)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?recorded=0-page")
    page = client.get(answer.headers["location"]).text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; sharp" in page and unit not in page
    assert "The reading of <strong>0-page</strong> is stored." in page
    assert values(client.get("/api/sensors/0-page/readings").json()) == [1.5]


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
    assert 'aria-label="temperature of 0-window in ' in page


def test_the_page_refuses_what_it_cannot_show(client: httpx.Client) -> None:
    for query in ("window=forever", "cursor=..", "recorded=%00"):
        assert client.get(f"{HOME}?{query}").status_code == 422


@pytest.mark.usefixtures("empty_tables")
def test_the_page_shows_some_sensors_and_leads_on(client: httpx.Client) -> None:
    assert "No sensor has reported here" in client.get(HOME).text
    for number in range(station.SENSORS_SHOWN + 2):
        send(client, f"s{number:02d}")
    first = client.get(HOME).text
    assert len(re.findall("<article", first)) == station.SENSORS_SHOWN
    further = client.get(HOME, params={"cursor": f"s{station.SENSORS_SHOWN - 1:02d}"}).text
    assert f"cursor=s{station.SENSORS_SHOWN - 1:02d}" in first
    assert len(re.findall("<article", further)) == 2
    assert 'hx-trigger="every' not in further


def test_the_page_leads_to_the_summary_and_the_export(client: httpx.Client) -> None:
    send(client, "0-links", metric="draught & damp")
    page = client.get(HOME).text
    for path in ("summary", "export"):
        (address,) = re.findall(f'href="(/api/sensors/0-links/{path}[^"]*)"', page)
        answer = client.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert "draught & damp" in answer.text


def test_the_page_draws_extreme_values_and_strange_words(client: httpx.Client) -> None:
    send(client, "0-extreme", *({**WARM, "value": value} for value in (1e300, -1e300, 5e-324, 0)))
    send(client, "0-strange", metric="\x01\x1b[31m \u202e]]>", unit="\U0001f52d")
    page = client.get(HOME)
    assert page.status_code == 200
    assert "0-extreme" in page.text and "\U0001f52d" in page.text


def test_the_panel_shows_the_model_and_the_cql_of_the_page(client: httpx.Client, submit: Submit, keyspace: str) -> None:
    submit(HOME, "/station/record", sensor_id="0-hood", metric="heat", value="1", unit="°C")
    page = client.get(HOME).text
    assert "class Reading(Document)" in page
    assert "AVG(value) AS avg" in page and "PER PARTITION LIMIT ?" in page
    assert f"INSERT INTO {keyspace}.readings (" in page and "LOCAL_QUORUM" in page


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
