"""The entries in a browser: what somebody writes is there for everybody."""

import httpx
from playwright.sync_api import Page, expect

from tests.browsing import ADDRESSES, fill, press, unique
from tests.stories import Cost, Traffic

REFUSED = ("Write it", {"author": "Ada", "text": " "}, "text")
REFRESHED = None
TRAFFIC = Traffic(
    lambda name: {"url": "/api/skeleton", "json": {"author": name, "text": "Keep me"}},
    row="/api/skeleton/{id}",
    list="/api/skeleton?limit=5",
)
READS = {
    "/skeleton?limit=500": Cost(1, 501),
    "/api/skeleton?limit=500": Cost(1, 501),
    "/api/skeleton/{skeleton_entries.id}": Cost(1, 1),
}
PAGE = ADDRESSES["skeleton"]


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    entry = ahead.post("/api/skeleton", json={"author": "Ada", "text": "Early"}).raise_for_status().json()
    assert right.get(f"/api/skeleton/{entry['id']}").json() == entry


def test_a_written_entry_is_on_the_page(any_page: Page) -> None:
    text = unique("A kind word")
    any_page.goto(PAGE)
    fill(any_page, author="Ada", text=text)
    assert press(any_page, "Write it") == 303
    expect(any_page.locator(".card", has_text=text)).to_be_visible()
