"""Tier 4, the pages: what holds for every page and every feature, in a real Chromium.

The HTML is the same in every framework, so each feature is looked at in one, and the frameworks take turns.
"""

import re
from collections.abc import Iterable
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.browsing import (
    ADDRESSES,
    FRAMEWORK_OF,
    await_refresh,
    fill,
    focused_id,
    grave_violations,
    on_site,
    on_sites,
    open_hood,
    press,
    watched,
)
from tests.combinations import FEATURES, FRAMEWORKS
from tests.stories import collect
from tools.browser import DESKTOP, PHONE

pytestmark = pytest.mark.slow

EVERYWHERE = list(product(["/", "/docs"], FRAMEWORKS))
"""The pages that each framework makes in its own way, on the site of each."""
OF_FEATURES = [(ADDRESSES[feature], FRAMEWORK_OF[feature]) for feature in FEATURES]
"""The page of each feature, on the site of its framework."""
REFUSED: dict[str, tuple[str, dict[str, str], str]] = collect("REFUSED")
REFRESHED: dict[str, str] = collect("REFRESHED")


def each_on_its_site(features: Iterable[str]) -> pytest.MarkDecorator:
    """Run a test for each of some features, on the site of its framework."""
    return on_sites("feature", ((feature, FRAMEWORK_OF[feature]) for feature in features))


# --- Every page ------------------------------------------------------------------------------------------------------


@on_sites("path", EVERYWHERE + OF_FEATURES)
def test_a_page_loads_with_its_data_and_asks_nobody_else(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None and answer.status == 200
    expect(page.locator("h1").first).to_be_attached()
    expect(page.locator(".opblock" if path == "/docs" else ".card").first).to_be_visible()


@on_sites("path", [("/", FRAMEWORKS[0]), *OF_FEATURES])
def test_a_page_needs_no_javascript_for_its_data(browser: Browser, site: str, path: str) -> None:
    with watched(browser, site, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path)
        expect(page.locator(".card").first).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@on_sites("path", [*((path, FRAMEWORKS[0]) for path in ("/", "/docs", "/nowhere")), *OF_FEATURES])
def test_a_page_is_accessible_and_fits_its_window(
    browser: Browser, site: str, path: str, viewport: ViewportSize
) -> None:
    with watched(browser, site, viewport=viewport) as context:
        page = context.new_page()
        page.goto(path, wait_until="networkidle")
        open_hood(page)
        assert grave_violations(page) == []
        assert page.evaluate("document.scrollingElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_address_that_leads_nowhere_says_so_and_leads_back(any_page: Page) -> None:
    answer = any_page.goto("/nowhere")
    assert answer is not None and answer.status == 404
    expect(any_page.get_by_role("heading", name="Not found")).to_be_visible()
    any_page.get_by_role("link", name="Back to the start").click()
    expect(any_page.locator(".card").first).to_be_visible()


@each_on_its_site(FEATURES)
def test_under_the_hood_shows_the_cql_and_the_model(any_page: Page, feature: str) -> None:
    any_page.goto(ADDRESSES[feature])
    hood = any_page.locator("#hood")
    expect(hood.locator(".cql").first).to_be_hidden()
    open_hood(any_page)
    expect(hood.locator(".cql").first).to_contain_text("SELECT")
    expect(hood.locator("pre")).to_contain_text(re.compile(r"class \w+\(\w*(Document|Table)\):"))


# --- The refresh every five seconds ----------------------------------------------------------------------------------


@each_on_its_site(REFRESHED)
def test_the_refresh_keeps_the_focus_and_the_open_panel(page: Page, feature: str) -> None:
    page.goto(ADDRESSES[feature])
    open_hood(page)
    page.locator(f"{REFRESHED[feature]} :is(a, button)[id]").first.focus()
    identifier = focused_id(page)
    await_refresh(page, REFRESHED[feature])
    assert focused_id(page) == identifier
    expect(page.locator("#hood .cql").first).to_be_visible()


@each_on_its_site(REFRESHED)
def test_a_refresh_that_fails_says_so_and_keeps_the_list(page: Page, feature: str) -> None:
    def unavailable(route: Route) -> None:
        if "hx-request" in route.request.headers:
            route.fulfill(status=503, content_type="text/html", body="<p>Database unavailable</p>")
        else:
            route.continue_()

    page.goto(ADDRESSES[feature])
    cards = page.locator(f"{REFRESHED[feature]} .card")
    shown = cards.count()
    page.route("**/*", unavailable)
    expect(page.locator("#alert")).to_contain_text("The database is not available")
    assert cards.count() == shown > 0
    page.unroute("**/*")
    expect(page.locator("#alert")).to_be_hidden()


# --- Forms -----------------------------------------------------------------------------------------------------------


@each_on_its_site(REFUSED)
def test_a_refused_form_says_why_beside_the_field_and_keeps_what_was_typed(any_page: Page, feature: str) -> None:
    button, typed, wrong = REFUSED[feature]
    any_page.goto(ADDRESSES[feature])
    fill(any_page, **typed)
    assert press(any_page, button) == 422
    field = any_page.locator(f"#{wrong}")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(any_page.locator(f"#{field.get_attribute('aria-describedby')}")).to_have_text(re.compile(r"\w+"))
    expect(field).to_be_focused()
    for name, value in typed.items():
        expect(any_page.locator(f"#{name}")).to_have_value(value.strip())


@each_on_its_site(REFUSED)
def test_a_refused_form_is_accessible(browser: Browser, site: str, feature: str) -> None:
    button, typed, _ = REFUSED[feature]
    with watched(browser, site, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(ADDRESSES[feature])
        fill(page, **typed)
        press(page, button)
        expect(page.locator("[aria-invalid]")).to_be_visible()
        assert grave_violations(page) == []


@on_site(FRAMEWORKS[0])
def test_the_skip_link_leads_past_the_navigation(any_page: Page) -> None:
    any_page.goto("/")
    any_page.keyboard.press("Tab")
    expect(any_page.get_by_role("link", name="Skip to the content")).to_be_focused()
    any_page.keyboard.press("Enter")
    expect(any_page.locator("#main")).to_be_focused()
