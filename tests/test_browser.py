"""Tier 4, the pages: every feature in a real Chromium, with and without JavaScript, the same in every framework."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, ViewportSize, expect

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE
from tests.conftest import Project, wait_until
from tools.browser import DESKTOP, PHONE, chromium

pytestmark = pytest.mark.slow

ADDRESSES: dict[str, str] = {feature: TEMPLATE["registry"]["default"][feature]["page"] for feature in FEATURES}
PAGES = ["/", *ADDRESSES.values(), "/docs"]
REFRESHED = {"ttl": "#memories", "views": "#mirrors"}
"""The part of a feature's page that replaces itself every five seconds."""
REFRESH = 15_000
"""Milliseconds in which something that comes with a refresh must have come."""

EXPECTED_STATUS = re.compile(r"the server responded with a status of (404|409|422|503)|Response Status Error Code 503")
"""What Chromium and htmx write to the console for the refusals and failures that these tests provoke."""
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (violation) =>
  console.error(`CSP: ${violation.violatedDirective} refused ${violation.blockedURI}`));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; a machine without one fails the tests with a sentence."""
    with no_traceback(FileNotFoundError), chromium() as browser:
        yield browser


@contextmanager
def no_traceback(kind: type[Exception]) -> Iterator[None]:
    """Let an error fail the test with its message alone."""
    try:
        yield
    except kind as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="module", params=FRAMEWORKS)
def site(
    request: pytest.FixtureRequest,
    browser: Browser,
    database: str,
    project: Callable[..., Project],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a project with every feature and sample data, one per framework."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    rendered = project(database, request.param, FEATURES)
    served = replace(
        rendered, environment={**rendered.environment, "SCYLLA_KEYSPACE": f"browser_{request.param}_{worker}"}
    )
    served.make("setup")
    served.run("seed.py", "--ttl", "3600")
    with served.served(tmp_path_factory.mktemp("browser") / "server.log") as address:
        yield address


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A browser window with JavaScript, which may complain about nothing and talk to nobody else."""
    with watched(browser, site) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of that window."""
    return context.new_page()


@pytest.fixture(params=[True, False], ids=["js", "nojs"])
def any_page(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    """A tab with JavaScript, and then one without."""
    with watched(browser, site, java_script_enabled=request.param) as context:
        yield context.new_page()


@contextmanager
def watched(
    browser: Browser, site: str, viewport: ViewportSize = DESKTOP, java_script_enabled: bool = True
) -> Iterator[BrowserContext]:
    """Yield a window; fail for errors in its console, CSP violations and requests that leave the machine."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site, viewport=viewport, java_script_enabled=java_script_enabled)
    context.add_init_script(REPORT_VIOLATIONS)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type in {"error", "warning"} and not EXPECTED_STATUS.search(message.text)
            else None
        ),
    )
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith((f"{site}/", "data:", "blob:")) else complaints.append(request.url)
        ),
    )
    yield context
    context.close()
    assert complaints == []


# --- What the tests do on a page -------------------------------------------------------------------------------------


def unique(word: str) -> str:
    """Return a name that no other test uses."""
    return f"{word}-{uuid4().hex[:8]}"


def fill(page: Page, **values: str) -> None:
    """Type into the fields with these names."""
    for name, value in values.items():
        page.locator(f"#{name}").fill(value)


def press(page: Page, button: str) -> int:
    """Press a button that sends a form; return the status of the answer."""
    with page.expect_response(lambda response: response.request.method == "POST") as sent:
        page.get_by_role("button", name=button, exact=True).click()
    return sent.value.status


def open_hood(page: Page) -> None:
    """Open "Under the hood" where the page has it."""
    summary = page.locator("#hood > summary")
    if summary.count():
        summary.click()


def await_refresh(page: Page, section: str) -> None:
    """Wait until a part of the page has been replaced by a newer one."""
    page.locator(section).evaluate("element => element.dataset.old = 'yes'")
    expect(page.locator(f"{section}[data-old]")).to_have_count(0, timeout=REFRESH)
    expect(page.locator(section)).to_be_visible()


def focused_id(page: Page) -> str:
    """Return the id of what has the focus."""
    return page.evaluate("document.activeElement.id")


def tab_to(page: Page, identifier: str) -> None:
    """Press Tab until the element with this id has the focus."""
    for _ in range(40):
        if focused_id(page) == identifier:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches #{identifier}")


# --- Every page ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_with_its_data_and_asks_nobody_else(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None and answer.status == 200
    expect(page.locator("h1").first).to_be_attached()
    expect(page.locator(".opblock" if path == "/docs" else ".card").first).to_be_visible()


@pytest.mark.parametrize("path", ["/", *ADDRESSES.values()])
def test_a_page_needs_no_javascript_for_its_data(browser: Browser, site: str, path: str) -> None:
    with watched(browser, site, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path)
        expect(page.locator(".card").first).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", [*PAGES, "/nowhere"])
def test_a_page_is_accessible_and_fits_its_window(
    browser: Browser, site: str, path: str, viewport: ViewportSize
) -> None:
    with watched(browser, site, viewport=viewport) as context:
        page = context.new_page()
        page.goto(path, wait_until="networkidle")
        open_hood(page)
        assert grave_violations(page) == []
        assert page.evaluate("document.scrollingElement.scrollWidth <= document.documentElement.clientWidth")


def grave_violations(page: Page) -> list[str]:
    """Return what axe-core calls serious or critical on a page, each with its first element."""
    # Swagger UI puts a copy button inside of the button that unfolds an operation.
    known = {"nested-interactive"} if page.url.endswith("/docs") else set()
    return [
        f"{found['id']}: {found['nodes'][0]['html']}"
        for found in Axe().run(page, options={"preload": False}).response["violations"]
        if found["impact"] in {"serious", "critical"} and found["id"] not in known
    ]


def test_an_address_that_leads_nowhere_says_so_and_leads_back(any_page: Page) -> None:
    answer = any_page.goto("/nowhere")
    assert answer is not None and answer.status == 404
    expect(any_page.get_by_role("heading", name="Not found")).to_be_visible()
    any_page.get_by_role("link", name="Back to the start").click()
    expect(any_page.locator(".card").first).to_be_visible()


@pytest.mark.parametrize("feature", FEATURES)
def test_under_the_hood_shows_the_cql_and_the_model(any_page: Page, feature: str) -> None:
    any_page.goto(ADDRESSES[feature])
    hood = any_page.locator("#hood")
    expect(hood.locator(".cql").first).to_be_hidden()
    open_hood(any_page)
    expect(hood.locator(".cql").first).to_contain_text("SELECT")
    expect(hood.locator("pre")).to_contain_text("(Document):")


# --- The refresh every five seconds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("feature", REFRESHED)
def test_the_refresh_keeps_the_focus_and_the_open_panel(page: Page, feature: str) -> None:
    page.goto(ADDRESSES[feature])
    open_hood(page)
    button = page.locator(f"{REFRESHED[feature]} button[id]").first
    button.focus()
    identifier = focused_id(page)
    await_refresh(page, REFRESHED[feature])
    assert focused_id(page) == identifier
    expect(page.locator("#hood .cql").first).to_be_visible()


@pytest.mark.parametrize("feature", REFRESHED)
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
    expect(page.locator("#alert")).to_contain_text("The database is not available", timeout=REFRESH)
    assert cards.count() == shown > 0
    page.unroute("**/*")
    expect(page.locator("#alert")).to_be_hidden(timeout=REFRESH)


# --- Forms -----------------------------------------------------------------------------------------------------------

REFUSED = {
    "ttl": ("Steal it", {"memory": "A red kite", "token": "not a token!"}, "token"),
    "lwt": ("Claim it", {"username": "not a name!", "email": "a@b.example", "display_name": "Nova"}, "username"),
    "views": (
        "Insert it into products",
        {"name": "A kite", "category": "Toys", "brand": " ", "price": "5"},
        "brand",
    ),
}
"""For each feature: the button, a form that its schema refuses, and the field that is wrong."""


@pytest.mark.parametrize("feature", REFUSED)
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


@pytest.mark.parametrize("feature", REFUSED)
def test_a_refused_form_is_accessible(browser: Browser, site: str, feature: str) -> None:
    button, typed, _ = REFUSED[feature]
    with watched(browser, site, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(ADDRESSES[feature])
        fill(page, **typed)
        press(page, button)
        expect(page.locator("[aria-invalid]")).to_be_visible()
        assert grave_violations(page) == []


def test_the_skip_link_leads_past_the_navigation(any_page: Page) -> None:
    any_page.goto("/")
    any_page.keyboard.press("Tab")
    expect(any_page.get_by_role("link", name="Skip to the content")).to_be_focused()
    any_page.keyboard.press("Enter")
    expect(any_page.locator("#main")).to_be_focused()


# --- ttl -------------------------------------------------------------------------------------------------------------


def steal(page: Page, memory: str, ttl: int = 600) -> None:
    """Steal a memory on the vault's page."""
    page.goto(ADDRESSES["ttl"])
    fill(page, memory=memory, ttl=str(ttl))
    assert press(page, "Steal it") == 303
    expect(card(page, memory)).to_be_visible()


def card(page: Page, memory: str) -> Locator:
    """Return the card of a memory."""
    return page.locator(".card", has_text=memory)


def test_a_stolen_memory_is_in_the_vault_until_it_is_forgotten(any_page: Page) -> None:
    memory = unique("A sunrise")
    steal(any_page, memory)
    card(any_page, memory).get_by_role("button").click()
    expect(card(any_page, memory)).to_have_count(0)


def test_a_memory_fades_from_the_page_by_itself(page: Page) -> None:
    memory = unique("A sneeze")
    steal(page, memory, ttl=3)
    page.evaluate("document.body.dataset.same = 'page'")
    expect(card(page, memory)).to_have_count(0, timeout=REFRESH)
    expect(page.locator("body[data-same=page]")).to_be_attached()


def test_a_changed_number_of_memories_is_announced_to_screen_readers(page: Page) -> None:
    page.goto(ADDRESSES["ttl"])
    announcement = page.get_by_role("status").and_(page.locator("#announcement"))
    expect(announcement).to_be_empty()
    fill(page, memory=unique("A yawn"))
    press(page, "Steal it")
    expect(announcement).to_have_text(re.compile(r"^\d+ memor(y|ies) alive$"))


def test_a_memory_has_faded_after_a_reload_without_javascript(browser: Browser, site: str) -> None:
    def faded() -> bool:
        page.reload()
        return card(page, memory).count() == 0

    memory = unique("A sneeze")
    with watched(browser, site, java_script_enabled=False) as context:
        page = context.new_page()
        steal(page, memory, ttl=3)
        wait_until(faded, 15, "a memory of three seconds fades")


def test_a_memory_can_be_stolen_with_the_keyboard_alone(page: Page) -> None:
    memory = unique("A melody")
    page.goto(ADDRESSES["ttl"])
    tab_to(page, "memory")
    page.keyboard.type(memory)
    tab_to(page, "ttl")
    page.keyboard.type("600")
    page.keyboard.press("Enter")
    expect(card(page, memory)).to_be_visible()


# --- lwt -------------------------------------------------------------------------------------------------------------


def register(page: Page, username: str) -> int:
    """Claim a name on the registry's page; return the status of the answer."""
    page.goto(ADDRESSES["lwt"])
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


# --- views -----------------------------------------------------------------------------------------------------------


def mirrors(page: Page, product: str, category: str, brand: str) -> tuple[int, int]:
    """Return how often the mirror of a category and that of a brand show a product."""
    shown = [page.get_by_role("region", name=name) for name in (f"category: {category}", f"brand: {brand}")]
    return shown[0].get_by_text(product).count(), shown[1].get_by_text(product).count()


def test_both_mirrors_follow_a_product(any_page: Page) -> None:
    def reflected(times: int) -> Callable[[], bool]:
        def look() -> bool:
            any_page.goto(f"{ADDRESSES['views']}?category={category}&brand={brand}")
            return mirrors(any_page, product, category, brand) == (times, times)

        return look

    product, category, brand = unique("A lantern"), unique("Lights"), unique("Delphi")
    any_page.goto(ADDRESSES["views"])
    fill(any_page, name=product, category=category, brand=brand, price="12.50")
    assert press(any_page, "Insert it into products") == 303
    expect(any_page.locator("#mirrors").get_by_role("region", name=f"category: {category}")).to_be_visible()
    wait_until(reflected(1), 10, "both mirrors show the product")
    assert press(any_page, f"Delete {product}") == 303
    wait_until(reflected(0), 10, "both mirrors lose the product")


def test_the_mirrors_follow_without_a_reload(page: Page) -> None:
    product, category = unique("A lantern"), unique("Lights")
    page.goto(ADDRESSES["views"])
    fill(page, name=product, category=category, brand="Delphi", price="12.50")
    press(page, "Insert it into products")
    mirror = page.get_by_role("region", name=f"category: {category}")
    expect(mirror.get_by_text(product)).to_be_visible(timeout=REFRESH)
    press(page, f"Delete {product}")
    expect(mirror.get_by_text(product)).to_have_count(0, timeout=REFRESH)


@pytest.mark.parametrize("operation", ["save", "insert", "update", "delete"])
def test_a_write_to_a_mirror_is_refused_visibly(any_page: Page, operation: str) -> None:
    any_page.goto(ADDRESSES["views"])
    assert press(any_page, f"{operation}()") == 409
    expect(any_page.locator("#write .notice")).to_contain_text("InvalidQueryError")
