"""The memory vault in a browser: memories are stolen, shown and fade."""

import re

import httpx
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import ADDRESSES, fill, press, tab_to, unique, watched
from tests.conftest import wait_until
from tests.stories import Cost, Traffic

REFUSED = ("Steal it", {"memory": "A red kite", "token": "not a token!"}, "token")
REFRESHED = "#memories"
TRAFFIC = Traffic(
    lambda name: {"url": "/api/sessions", "params": {"token": name, "memory": "Keep me", "ttl": 86_400}},
    row="/api/sessions/{name}",
    list="/api/sessions?limit=5",
)
READS = {
    "/vault?limit=500": Cost(1, 501),
    "/api/sessions?limit=500": Cost(1, 501),
    "/api/sessions/{sessions.token}": Cost(1, 1),
}
PAGE = ADDRESSES["ttl"]


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""

    def stolen(server: httpx.Client, memory: str) -> None:
        answer = server.post("/api/sessions", params={"token": token, "memory": memory, "ttl": 600})
        assert answer.status_code == 201
        assert right.get(address).json()["memory"] == memory

    token = unique("clock")
    address = f"/api/sessions/{token}"
    stolen(ahead, "ahead")
    stolen(right, "corrected")
    stolen(ahead, "ahead again")
    assert right.delete(address).status_code == 204
    assert ahead.get(address).status_code == 404
    stolen(right, "stolen anew")


def steal(page: Page, memory: str, ttl: int = 600) -> None:
    """Steal a memory on the vault's page."""
    page.goto(PAGE)
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
    steal(page, memory, ttl=5)
    page.evaluate("document.body.dataset.same = 'page'")
    expect(card(page, memory)).to_have_count(0)
    expect(page.locator("body[data-same=page]")).to_be_attached()


def test_a_changed_number_of_memories_is_announced_to_screen_readers(page: Page) -> None:
    page.goto(PAGE)
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
        steal(page, memory, ttl=5)
        wait_until(faded, 30, "a memory of five seconds fades")


def test_a_memory_can_be_stolen_with_the_keyboard_alone(page: Page) -> None:
    memory = unique("A melody")
    page.goto(PAGE)
    tab_to(page, "memory")
    page.keyboard.type(memory)
    tab_to(page, "ttl")
    page.keyboard.type("600")
    page.keyboard.press("Enter")
    expect(card(page, memory)).to_be_visible()
