"""Station Argos in a browser: readings arrive, and curves follow them over the time that is chosen."""

import re
from datetime import UTC, datetime, timedelta
from random import randrange

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browsing import ADDRESSES, fill, press, unique
from tests.stories import Cost, Traffic

REFUSED = ("Send it", {"sensor_id": "not a name!", "value": "1"}, "sensor_id")
REFRESHED = "#station"
TRAFFIC = Traffic(
    lambda name: {"url": f"/api/sensors/{name}/readings", "json": {"metric": "load", "value": 1, "unit": "m"}},
    row="/api/sensors/{name}/summary",
    list="/api/sensors?limit=5",
    is_there=lambda summary: summary["count"] > 0,
    is_one_statement=False,  # the day that leads to the reading, the reading, and the latest
)
A_YEAR_AGO = (datetime.now(UTC) - timedelta(days=365)).date()
READS = {
    # Twelve curves, each of the newest readings of two days.
    "/station": Cost(25, 17_305),
    "/station?window=30d&recorded={sensor_latest.sensor_id}": Cost(50, 769),
    "/api/sensors?limit=500": Cost(2, 501),
    "/api/sensors/{sensor_days.sensor_id}/days?limit=500": Cost(8, 1_002),
    "/api/sensors/{readings.sensor_id}/readings?limit=500&metric={readings.metric}": Cost(4, 506),
    # A year of days of which a hundred are asked in vain.
    f"/api/sensors/{{sensor_days.sensor_id}}/readings?limit=500&from={A_YEAR_AGO}": Cost(108, 820),
    "/api/sensors/{sensor_days.sensor_id}/summary?day={sensor_days.day}": Cost(21, 40),
}
PAGE = ADDRESSES["timeseries"]
SENSOR = "kettle"


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    sensor = unique("clock")
    for number, server in enumerate((ahead, right, ahead, right), start=1):
        reading = {"metric": "heat", "value": number, "unit": "kJ", "at": f"2026-01-05T06:00:0{number}Z"}
        server.post(f"/api/sensors/{sensor}/readings", json=reading).raise_for_status()
    day = "from=2026-01-05T00:00:00Z&to=2026-01-06T00:00:00Z"
    readings = right.get(f"/api/sensors/{sensor}/readings?{day}").json()
    assert [reading["value"] for reading in readings] == [4, 3, 2, 1]
    latest = [each["value"] for each in right.get("/api/sensors?limit=500").json() if each["sensor_id"] == sensor]
    assert latest == [4]


def new_value() -> str:
    """Return a value that no other test sends."""
    return f"{randrange(10_000, 99_999)}"


def card(page: Page, sensor: str) -> Locator:
    """Return the card with a sensor's newest reading."""
    return page.locator("#station a.card").filter(has=page.get_by_role("heading", name=sensor, exact=True))


def test_a_sent_reading_is_the_newest_of_its_sensor(any_page: Page) -> None:
    value = new_value()
    any_page.goto(PAGE)
    fill(any_page, sensor_id=SENSOR, metric="heat", value=value, unit="kJ")
    assert press(any_page, "Send it") == 303
    expect(any_page.get_by_text(f"The reading of {SENSOR} is stored.")).to_be_visible()
    expect(card(any_page, SENSOR)).to_contain_text(f"{int(value):,} kJ")
    expect(any_page.get_by_role("img", name=f"heat of {SENSOR} in kJ")).to_be_visible()


def test_a_reading_from_elsewhere_appears_by_itself_and_is_announced(page: Page) -> None:
    page.goto(f"{PAGE}?recorded={SENSOR}")
    announcement = page.get_by_role("status").and_(page.locator("#announcement"))
    expect(announcement).to_be_empty()
    page.wait_for_timeout(1000)  # what is announced is the second of the newest reading: let it be another one
    value = new_value()
    reading = {"metric": "heat", "value": int(value), "unit": "kJ"}
    assert page.request.post(f"/api/sensors/{SENSOR}/readings", data=reading).status == 201
    expect(card(page, SENSOR)).to_contain_text(f"{int(value):,} kJ")
    expect(announcement).to_have_text(re.compile(r"^\d+\+? curves?, the newest reading at [\d:]{8} UTC$"))


def test_the_charts_cover_the_time_that_is_chosen(any_page: Page) -> None:
    any_page.goto(PAGE)
    axis = any_page.get_by_role("img", name="brightness of observatory in lux").locator(".axis.x")
    expect(axis).to_contain_text(re.compile(r"\d\d:\d\d"))
    expect(axis).not_to_contain_text(re.compile("[A-Z][a-z]{2}"))
    any_page.get_by_label("Charts cover").select_option("7d")
    if any_page.evaluate("typeof htmx") == "undefined":
        any_page.get_by_role("button", name="Look").click()
    expect(axis).to_contain_text(re.compile(r"\d\d [A-Z][a-z]{2}"))
    expect(any_page).to_have_url(re.compile(r"\bwindow=7d\b"))


def test_a_chart_leads_to_its_day_in_figures_and_to_its_readings(any_page: Page) -> None:
    any_page.goto(PAGE)
    names = ("Summary of brightness of observatory", "Export of observatory")
    links = [any_page.get_by_role("link", name=name) for name in names]
    summary, export = (any_page.request.get(str(link.get_attribute("href"))) for link in links)
    assert summary.json()["metric"] == "brightness"
    assert export.headers["content-type"].startswith("application/x-ndjson")
    assert export.text().count('"metric":"brightness"') > 100


def test_a_card_leads_to_the_chart_of_its_sensor(any_page: Page) -> None:
    any_page.goto(PAGE)
    card(any_page, "soup-galley").click()
    expect(any_page).to_have_url(re.compile("#soup-galley-temperature$"))
    expect(any_page.get_by_role("img", name="temperature of soup-galley in °C")).to_be_in_viewport()
