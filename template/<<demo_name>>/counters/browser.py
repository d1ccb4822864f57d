"""The Tally Storm in a browser: what is viewed and voted on is counted, charted and kept up to date."""

import re

import httpx
from playwright.sync_api import Page, expect

from tests.browsing import ADDRESSES, fill, press, unique
from tests.stories import Cost

REFUSED = ("Count them", {"page": "not a name!", "count": "3", "visitors": "1"}, "page")
REFRESHED = "#topics"
TRAFFIC = None
READS = {
    "/tally?page={page_views.page}": Cost(3, 1_056),
    "/api/pages?limit=500": Cost(1, 1_001),
    "/api/pages/{page_views.page}?limit=500&days=3660": Cost(2, 502),
    "/api/votes?limit=500": Cost(1, 501),
}
PAGE = ADDRESSES["counters"]


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    votes = f"/api/votes/{unique('clock')}"
    for server in (ahead, right):
        server.post(votes, params={"direction": "up"}).raise_for_status()
    assert right.delete(votes, params={"direction": "up"}).json()["up"] == 1
    assert ahead.post(votes, params={"direction": "up"}).json()["up"] == 2


def count(page: Page, name: str, views: int) -> None:
    """Count views on the page; it shows them then."""
    page.goto(PAGE)
    fill(page, page=name, count=str(views))
    assert press(page, "Count them") == 303
    expect(page.locator("#charted")).to_have_text(f"{name}: {views} views in 30 days")


def test_counted_views_are_charted_and_listed_day_by_day(any_page: Page) -> None:
    name = unique("barometer")
    count(any_page, name, 7)
    expect(any_page.get_by_role("img", name=f"Views of {name} per day")).to_be_visible()
    newest = any_page.locator("#days tbody tr").first
    expect(newest).to_be_hidden()
    any_page.get_by_text("Day by day").click()
    expect(newest.get_by_role("cell").first).to_have_text("7")


def test_one_more_view_of_a_ranked_page_turns_the_chart_to_it(any_page: Page) -> None:
    any_page.goto(PAGE)
    any_page.locator("#ranking").get_by_role("link", name="umbrella-exchange").click()
    charted = any_page.locator("#charted")
    expect(charted).to_contain_text("umbrella-exchange: ")
    views = int(re.findall(r"\d+", charted.inner_text())[0])
    any_page.goto(PAGE)
    expect(charted).not_to_contain_text("umbrella-exchange")
    assert press(any_page, "+1 view of umbrella-exchange") == 303
    expect(charted).to_have_text(f"umbrella-exchange: {views + 1} views in 30 days")
    expect(any_page.locator("#ranking tr", has_text="charted")).to_contain_text("umbrella-exchange")


def test_votes_are_cast_and_taken_back_but_not_below_zero(any_page: Page) -> None:
    topic = unique("louder-thunder")
    any_page.goto(PAGE)
    fill(any_page, topic=topic)
    assert press(any_page, "Vote for it") == 303
    card = any_page.locator(".card", has_text=topic)
    expect(card).to_contain_text("1 for, 0 against")
    for button, shown in [
        (f"Vote against {topic}", "1 for, 1 against"),
        (f"Take back one for {topic}", "0 for, 1 against"),
        (f"Take back one for {topic}", "0 for, 1 against"),
        (f"Vote for {topic}", "1 for, 1 against"),
    ]:
        assert press(any_page, button) == 303
        expect(card).to_contain_text(shown)


def test_a_vote_leaves_the_chart_where_it_was(any_page: Page) -> None:
    name = unique("barometer")
    count(any_page, name, 3)
    assert press(any_page, "Vote for kites-on-the-roof") == 303
    expect(any_page.locator("#charted")).to_contain_text(name)


def test_views_of_others_appear_without_a_reload_and_the_days_stay_unfolded(page: Page) -> None:
    name = unique("barometer")
    count(page, name, 4)
    announcement = page.locator("#announcement")
    page.get_by_text("Day by day").click()
    assert page.request.post(f"/api/pages/{name}/views?count=5").ok
    expect(page.locator("#charted")).to_have_text(f"{name}: 9 views in 30 days")
    expect(page.locator("#days tbody tr").first.get_by_role("cell").first).to_have_text("9")
    expect(announcement).to_contain_text(f"{name}: 9 views")
