"""A real Chromium on a project with every feature, and what the tests do with its pages; a plugin of pytest."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE
from tests.conftest import Project, in_one_process
from tools.browser import DESKTOP, chromium

ADDRESSES: dict[str, str] = {feature: TEMPLATE["registry"]["default"][feature]["page"] for feature in FEATURES}
"""The address of each feature's page."""
FRAMEWORK_OF: dict[str, str] = dict(zip(FEATURES, cycle(FRAMEWORKS)))
"""The framework in which a feature's pages are looked at: their HTML is the same in all, so each gets some features."""
EXPECTED_STATUS = re.compile(r"the server responded with a status of (404|409|422|503)|Response Status Error Code 503")
"""What Chromium and htmx write to the console for the refusals and failures that these tests provoke."""
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (violation) =>
  console.error(`CSP: ${violation.violatedDirective} refused ${violation.blockedURI}`));
"""

# In milliseconds: a page refreshes itself every five seconds, and the machine may be busy.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session", params=in_one_process("pages", FRAMEWORKS))
def site(
    request: pytest.FixtureRequest,
    browser: Browser,
    database: str,
    project: Callable[..., Project],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a project with every feature and sample data, one per framework."""
    served = project(database, request.param, FEATURES).in_keyspace(f"browser_{request.param}")
    served.set_up()
    served.run("seed.py", "--ttl", "3600")
    with served.served(tmp_path_factory.mktemp("browser") / "server.log") as address:
        yield address


def on_site(framework: str) -> pytest.MarkDecorator:
    """Run a test on the site of one framework instead of on all."""
    return pytest.mark.parametrize("site", in_one_process("pages", [framework]), indirect=True, scope="session")


def on_sites(argument: str, framework_by_value: Iterable[tuple[str, str]]) -> pytest.MarkDecorator:
    """Run a test with each of some values on the site of the framework that is named beside it."""
    parameters = []
    for value, framework in framework_by_value:
        (site,) = in_one_process("pages", [framework])
        parameters.append(pytest.param(*site.values, value, marks=site.marks, id=f"{framework}-{value}"))
    return pytest.mark.parametrize(("site", argument), parameters, indirect=["site"], scope="session")


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


def fill(page: Page, /, **values: str) -> None:
    """Type into the fields with these names."""
    for name, value in values.items():
        page.locator(f"#{name}").fill(value)


def press(page: Page, button: str) -> int:
    """Press a button that sends a form; return the status of the answer."""
    with page.expect_response(lambda response: response.request.method == "POST") as sent:
        page.get_by_role("button", name=button, exact=True).click()
    return sent.value.status


def open_hood(page: Page) -> None:
    """Open "Under the hood" if the page has it."""
    summary = page.locator("#hood > summary")
    if summary.count():
        summary.click()


def await_refresh(page: Page, section: str) -> None:
    """Wait until a part of the page has been replaced by a newer one."""
    page.locator(section).evaluate("element => element.dataset.old = 'yes'")
    expect(page.locator(f"{section}[data-old]")).to_have_count(0)
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


def grave_violations(page: Page) -> list[str]:
    """Return what axe-core calls serious or critical on a page, each with its first element."""
    # Swagger UI puts a copy button inside of the button that unfolds an operation.
    known = {"nested-interactive"} if page.url.endswith("/docs") else set()
    page.wait_for_load_state()  # with its styles
    return [
        f"{found['id']}: {found['nodes'][0]['html']}"
        for found in Axe().run(page, options={"preload": False}).response["violations"]
        if found["impact"] in {"serious", "critical"} and found["id"] not in known
    ]
