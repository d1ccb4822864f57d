"""The tracker in a browser: a run is created, moves, fails, and its assignee gets to know."""

import re
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.browsing import ADDRESSES, fill, grave_violations, press, unique, watched
from tests.stories import Cost, Traffic
from tools.browser import PHONE

REFUSED = ("Create the run", {"test_name": "cow-watching", "release": " ", "tags": "nightly"}, "release")
REFRESHED = "#board"
TRAFFIC = Traffic(
    lambda name: {"url": "/api/argus/runs", "json": {"test_name": name, "release": "traffic"}},
    row="/api/argus/runs/{id}",
    list="/api/argus/runs?release=traffic&limit=5",
    is_one_statement=False,  # what leads to the run, then the run
)
READS = {
    "/tracker?release={argus_runs.release}": Cost(6, 1_319),
    "/tracker?release={argus_runs.release}&status=aborted": Cost(16, 2_320),
    "/tracker/run?run={argus_runs.id}": Cost(14, 2_790),
    "/api/argus/users?limit=500": Cost(1, 501),
    "/api/argus/users/{argus_notifications.receiver}/notifications?limit=500": Cost(2, 502),
    "/api/argus/runs?limit=500&test_name={argus_runs.test_name}&status=aborted": Cost(1, 501),
    "/api/argus/runs?limit=500&release={argus_runs.release}": Cost(4, 502),
    "/api/argus/runs?limit=500&release={argus_runs.release}&status=aborted": Cost(14, 1_003),
    "/api/argus/runs/{argus_runs.id}": Cost(3, 3),
    "/api/argus/runs/{argus_events.run_id}/events?limit=500": Cost(7, 2_507),
    "/api/argus/statements": Cost(0, 0),
}
PAGE = ADDRESSES["argus"]


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    api = "/api/argus"
    user = ahead.post(f"{api}/users", json={"name": "Io", "email": "io@argus.example"}).raise_for_status().json()["id"]
    run = {"test_name": unique("clock"), "release": "clocks", "assignee": user}
    address = f"{api}/runs/{ahead.post(f'{api}/runs', json=run).raise_for_status().json()['id']}"
    right.patch(address, json={"status": "running"}).raise_for_status()
    ahead.patch(address, json={"status": "failed"}).raise_for_status()
    assert right.get(address).json()["status"] == "failed"
    inbox = f"{api}/users/{user}/notifications"
    (notification,) = right.get(inbox).json()
    right.post(f"{inbox}/{notification['id']}/read").raise_for_status()
    assert ahead.get(inbox).json() == [{**notification, "read": True}]


def post(page: Page, path: str, body: Any) -> dict[str, Any]:
    """Send JSON to the API and return the answer."""
    answer = page.request.post(path, data=body)
    assert answer.status == 201, answer.text()
    return answer.json()


def add_user(page: Page) -> dict[str, Any]:
    """Add a user of a new name."""
    return post(page, "/api/argus/users", {"name": unique("Io"), "email": "io@argus.example"})


def create(page: Page, user: dict[str, Any]) -> str:
    """Create a run on the page, assigned to a user who looks at it, and return its test; its own page is shown then."""
    test = unique("cow-watching")
    page.goto(f"{PAGE}?viewer={user['id']}")
    fill(page, test_name=test, release="heifer-1.0", tags="nightly, hill")
    page.locator("#assignee").select_option(user["name"])
    assert press(page, "Create the run") == 303
    expect(page.get_by_role("heading", name=test)).to_be_visible()
    return test


def test_a_run_moves_and_the_second_of_two_tabs_is_refused(any_page: Page) -> None:
    create(any_page, add_user(any_page))
    expect(any_page.get_by_role("heading", name="Status: created")).to_be_visible()
    assert press(any_page, "Move to running") == 303
    expect(any_page.get_by_role("heading", name="Status: running")).to_be_visible()
    second = any_page.context.new_page()
    second.goto(any_page.url)

    assert press(any_page, "Move to passed") == 303
    expect(any_page.get_by_role("heading", name="Status: passed")).to_be_visible()
    assert press(second, "Move to aborted") == 409
    expect(second.get_by_role("alert").and_(second.locator("#refused"))).to_contain_text("is passed already")
    expect(second.get_by_role("button", name=re.compile("Move to"))).to_have_count(0)


def test_a_failure_rings_the_bell_until_it_is_marked_as_read(any_page: Page) -> None:
    user = add_user(any_page)
    test = create(any_page, user)
    for status in ("running", "failed"):
        assert press(any_page, f"Move to {status}") == 303
        expect(any_page.get_by_role("heading", name=f"Status: {status}")).to_be_visible()
    any_page.get_by_role("link", name="1 unread").click()
    inbox = any_page.get_by_role("region", name=f"1 unread for {user['name']}")
    expect(inbox.get_by_role("link", name=test)).to_be_visible()
    assert press(any_page, f"Mark as read: {test} failed on heifer-1.0") == 303
    expect(any_page.get_by_role("region", name=f"0 unread for {user['name']}")).to_be_visible()
    expect(any_page.get_by_label("View as")).to_have_value(user["id"])


def test_a_run_shows_its_events_by_severity_and_what_its_plugin_says(any_page: Page) -> None:
    details = {"plugin": "longevity", "details": {"hours": 5, "dataset_gb": 2000}}
    run = post(any_page, "/api/argus/runs", {"test_name": unique("herding"), "release": "heifer-1.0", **details})
    events = [{"severity": "debug", "message": f"eye {number}"} for number in range(16)]
    post(any_page, f"/api/argus/runs/{run['id']}/events", events)
    any_page.goto(f"{PAGE}/run?run={run['id']}")
    expect(any_page.get_by_role("row", name="Dataset 2,000 GB")).to_be_visible()
    any_page.locator("#severity").select_option("critical")
    fill(any_page, message="the cow is gone", node="hill")
    assert press(any_page, "Add it") == 303
    expect(any_page.get_by_role("row", name="the cow is gone")).to_be_visible()
    any_page.get_by_role("link", name="debug 16").click()
    expect(any_page.get_by_role("row", name="the cow is gone")).to_have_count(0)
    expect(any_page.get_by_role("row", name="eye 15 ")).to_be_visible()
    any_page.get_by_role("link", name="Earlier events").click()
    expect(any_page.get_by_role("row", name="eye 0 ")).to_be_visible()


def test_the_form_of_a_run_has_the_fields_of_its_plugin(any_page: Page) -> None:
    any_page.goto(PAGE)
    expect(any_page.get_by_label("Command")).to_be_visible()
    any_page.get_by_role("link", name="longevity", exact=True).click()
    expect(any_page.get_by_label("Command")).to_have_count(0)
    fill(any_page, test_name=unique("herding"), release="heifer-1.0", hours="3", dataset_gb="10")
    assert press(any_page, "Create the run") == 303
    expect(any_page.get_by_role("row", name="Planned 3 h 0 min")).to_be_visible()


def test_a_failure_rings_the_bell_without_a_reload(page: Page) -> None:
    user = add_user(page)
    run = {"test_name": unique("herding"), "release": unique("calf"), "assignee": user["id"]}
    run_id = post(page, "/api/argus/runs", run)["id"]
    page.goto(f"{PAGE}?release={run['release']}&viewer={user['id']}")
    expect(page.get_by_role("heading", name=f"{run['release']}: 1 run")).to_be_visible()
    for status in ("running", "failed"):
        assert page.request.patch(f"/api/argus/runs/{run_id}", data={"status": status}).status == 200
    expect(page.get_by_role("heading", name=f"1 unread for {user['name']}")).to_be_visible()
    expect(page.locator("#announcement")).to_contain_text(f"1 unread for {user['name']}")


def test_another_release_is_shown_without_a_reload(page: Page) -> None:
    releases = [unique("calf") for _ in range(2)]
    for release in releases:
        post(page, "/api/argus/runs", {"test_name": f"grazing on {release}", "release": release})
    page.goto(f"{PAGE}?release={releases[0]}")
    page.evaluate("document.body.dataset.same = 'page'")
    page.get_by_label("Release").first.select_option(releases[1])
    expect(page.get_by_role("link", name=f"grazing on {releases[1]}")).to_be_visible()
    expect(page.get_by_role("link", name=f"grazing on {releases[0]}")).to_have_count(0)
    expect(page.locator("body[data-same=page]")).to_be_attached()


def test_a_runs_page_is_accessible(browser: Browser, site: str) -> None:
    with watched(browser, site, viewport=PHONE) as context:
        page = context.new_page()
        create(page, add_user(page))
        assert grave_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
