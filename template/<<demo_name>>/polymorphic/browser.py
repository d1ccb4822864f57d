"""The shapeshifter press in a browser: every kind has its own form and card, and keeps its kind."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browsing import ADDRESSES, fill, focused_id, grave_violations, press, unique, watched
from tests.stories import Cost, Traffic
from tools.browser import PHONE

REFUSED = ("Print the article", {"title": "A kite", "author": " ", "body": "Red.", "reading_minutes": "5"}, "author")
REFRESHED = None
TRAFFIC = Traffic(
    lambda name: {
        "url": "/api/content",
        "json": {"kind": "article", "title": name, "author": "Ada", "body": "Keep me.", "reading_minutes": 1},
    },
    row="/api/content/{id}",
    list="/api/content?kind=article&limit=5",
)
READS = {
    "/press?limit=500&kind={contents.kind}&printed={contents.id}": Cost(2, 502),
    "/press/edit?id={contents.id}": Cost(1, 1),
    "/api/content?limit=500": Cost(1, 501),
    "/api/content?limit=500&kind={contents.kind}": Cost(1, 501),
    "/api/content/{contents.id}": Cost(1, 1),
}
PAGE = ADDRESSES["polymorphic"]
OWN: dict[str, dict[str, str]] = {
    "Article": {"body": "It folded itself.", "reading_minutes": "4"},
    "Video": {"url": "https://video.press.example/heron", "duration_seconds": "95"},
    "Podcast": {"audio_url": "https://audio.press.example/7.mp3", "episode": "7", "guests": "Łucja, The Doorkeeper"},
}
FACTS = {"Article": "4 min to read", "Video": "1:35", "Podcast": "With Łucja, The Doorkeeper"}


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    article = {"kind": "article", "title": "On clocks", "author": "Ada", "body": "Tick.", "reading_minutes": 1}
    address = f"/api/content/{ahead.post('/api/content', json=article).raise_for_status().json()['id']}"
    right.put(address, json={**article, "body": "Tock."}).raise_for_status()
    assert ahead.get(address).json()["body"] == "Tock."
    assert right.delete(address).status_code == 204
    assert ahead.get(address).status_code == 404


def choose(page: Page, kind: str) -> None:
    """Turn the page's form into that of a kind, unless it is that already."""
    tab = page.locator(f"#draft-{kind.lower()}")
    if tab.get_attribute("aria-current") is None:
        tab.click()
    expect(page.get_by_role("button", name=f"Print the {kind.lower()}")).to_be_visible()


def publish(page: Page, kind: str) -> str:
    """Print something of a kind and return its title."""
    title = unique(f"A {kind} of smoke")
    page.goto(PAGE)
    choose(page, kind)
    fill(page, title=title, author="Ada Wandel", tags="masks, mirrors", **OWN[kind])
    assert press(page, f"Print the {kind.lower()}") == 303
    expect(page.locator("#printed")).to_contain_text(title)
    return title


def card(page: Page, title: str) -> Locator:
    """Return the card of a content."""
    return page.locator(".card", has_text=title)


@pytest.mark.parametrize("kind", OWN)
def test_what_is_printed_comes_back_as_its_own_kind(any_page: Page, kind: str) -> None:
    title = publish(any_page, kind)
    expect(any_page.locator("#printed code")).to_have_text(kind)
    any_page.locator(f"#feed-{kind.lower()}").click()
    expect(any_page.locator(f"#feed-{kind.lower()}")).to_have_attribute("aria-current", "true")
    expect(card(any_page, title)).to_contain_text(FACTS[kind])
    others = [other for other in OWN if other != kind]
    expect(any_page.locator(".card .tag", has_text=re.compile(f"^({'|'.join(others)})$"))).to_have_count(0)
    assert any_page.url.endswith(f"?kind={kind.lower()}")


def test_another_form_and_another_feed_keep_what_was_typed(page: Page) -> None:
    page.goto(PAGE)
    fill(page, title="Half a title", author="Ada")
    choose(page, "Video")
    assert focused_id(page) == "draft-video"
    expect(page.get_by_role("status").and_(page.locator("#announcement"))).to_contain_text("Video")
    expect(page.locator("#draft-video")).to_have_attribute("aria-current", "true")
    expect(page.locator("#body")).to_have_count(0)
    fill(page, url="https://video.press.example/half")
    page.locator("#feed-podcast").click()
    expect(page.locator("#feed-podcast")).to_have_attribute("aria-current", "true")
    for name, typed in {"title": "Half a title", "author": "Ada", "url": "https://video.press.example/half"}.items():
        expect(page.locator(f"#{name}")).to_have_value(typed)


def test_nobody_types_into_fields_that_are_about_to_be_replaced(page: Page) -> None:
    locked: list[bool] = []

    def answer(route: Route) -> None:
        locked.append(page.locator("#body").is_disabled())
        route.continue_()

    page.goto(PAGE)
    page.route("**/*draft=*", answer)
    page.locator("#draft-article").click()
    fill(page, title=unique("A late page"), author="Ada", **OWN["Article"])
    assert press(page, "Print the article") == 303
    assert locked == [True]


def test_a_content_is_edited_and_keeps_its_kind(any_page: Page) -> None:
    title = publish(any_page, "Podcast")
    any_page.locator("#printed").get_by_role("link", name="Edit it").click()
    expect(any_page.get_by_role("heading", name=title)).to_be_visible()
    expect(any_page.locator("#guests")).to_have_value("Łucja, The Doorkeeper")
    fill(any_page, audio_url="ftp://audio.press.example/7.mp3")
    assert press(any_page, "Save") == 422
    expect(any_page.locator("#audio_url")).to_be_focused()
    fill(any_page, audio_url="https://audio.press.example/8.mp3", title=f"{title}, again", guests="")
    assert press(any_page, "Save") == 303
    expect(any_page.locator("#printed")).to_contain_text(f"{title}, again")
    expect(any_page.locator("#printed code")).to_have_text("Podcast")


def test_a_content_is_deleted_from_the_feed_of_its_kind(any_page: Page) -> None:
    title = publish(any_page, "Video")
    any_page.goto(f"{PAGE}?kind=video")
    assert press(any_page, f"Delete {title}") == 303
    expect(card(any_page, title)).to_have_count(0)
    expect(any_page.locator("#feed-video")).to_have_attribute("aria-current", "true")


def test_every_form_is_accessible_and_fits_a_phone(browser: Browser, site: str) -> None:
    with watched(browser, site, viewport=PHONE) as context:
        page = context.new_page()
        for kind in OWN:
            publish(page, kind)
            assert grave_violations(page) == []
            page.locator("#printed").get_by_role("link", name="Edit it").click()
            expect(page.get_by_role("button", name="Save")).to_be_visible()
            assert grave_violations(page) == []
            assert page.evaluate("document.scrollingElement.scrollWidth <= document.documentElement.clientWidth")
