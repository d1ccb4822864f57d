"""The registry of heroes in a browser: names collide, and so do two versions of a profile."""

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.browsing import ADDRESSES, fill, grave_violations, press, unique, watched
from tests.stories import Cost, Traffic
from tools.browser import PHONE

REFUSED = ("Claim it", {"username": "not a name!", "email": "a@b.example", "display_name": "Nova"}, "username")
REFRESHED = None
TRAFFIC = Traffic(
    lambda name: {
        "url": "/api/users",
        "params": {"username": name, "email": f"{name}@example.com", "display_name": name},
    },
    row="/api/users/{name}",
    list="/api/users?limit=5",
    is_one_statement=False,  # the profile, then the registration
)
READS = {
    "/registry": Cost(2, 501),
    "/registry?dimension={user_registrations.dimension}&registered={user_registrations.username}": Cost(2, 501),
    "/registry/profile?user_id={user_profiles.user_id}": Cost(2, 2),
    "/api/users?limit=500": Cost(1, 501),
    "/api/users?limit=500&dimension={user_registrations.dimension}": Cost(1, 501),
    "/api/users/{user_registrations.username}": Cost(1, 1),
    "/api/profiles/{user_profiles.user_id}": Cost(2, 2),
}
PAGE = ADDRESSES["lwt"]


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    username = unique("clock")
    hero = {"username": username, "email": "clock@heroes.example", "display_name": "Clock"}
    for first, second in ((ahead, right), (right, ahead)):
        user_id = first.post("/api/users", params=hero).raise_for_status().json()["user_id"]
        edited = second.put(f"/api/profiles/{user_id}?bio=corrected&expected_version=1")
        assert edited.json()["version"] == 2
        assert first.get(f"/api/profiles/{user_id}").json()["bio"] == "corrected"
        assert second.delete(f"/api/users/{username}").json() == {"applied": True}
        assert first.get(f"/api/users/{username}").status_code == 404


def register(page: Page, username: str) -> int:
    """Claim a name on the registry's page; return the status of the answer."""
    page.goto(PAGE)
    fill(page, username=username, email="nova@heroes.example", display_name=f"Nova {username}")
    return press(page, "Claim it")


def test_a_name_is_given_once_and_the_collision_is_shown(any_page: Page) -> None:
    username = unique("nova")
    assert register(any_page, username) == 303
    expect(any_page.locator("#registered")).to_contain_text(username)
    assert register(any_page, username) == 409
    expect(any_page.locator("#collision")).to_contain_text(f"{username} is taken")
    expect(any_page.locator("#username")).to_have_value(username)


def test_the_second_of_two_tabs_sees_both_versions_of_a_profile(any_page: Page) -> None:
    assert register(any_page, unique("nova")) == 303
    any_page.locator("#registered").get_by_role("link", name="Edit the profile").click()
    expect(any_page.locator("#bio")).to_be_visible()
    second = any_page.context.new_page()
    second.goto(any_page.url)

    fill(any_page, bio="I was first.")
    assert press(any_page, "Save as version 2") == 303
    expect(any_page.get_by_role("button", name="Save as version 3")).to_be_visible()

    fill(second, bio="I was second.")
    assert press(second, "Save as version 2") == 409
    expect(second.locator("#conflict")).to_contain_text("I was first.")
    expect(second.locator("#conflict")).to_contain_text("I was second.")


def test_a_conflict_is_accessible(browser: Browser, site: str) -> None:
    with watched(browser, site, viewport=PHONE) as context:
        page, username = context.new_page(), unique("nova")
        register(page, username)
        register(page, username)
        expect(page.locator("#collision")).to_be_visible()
        assert grave_violations(page) == []
