"""The Tag Mind in a browser: tags, notes and metadata change in place."""

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browsing import ADDRESSES, fill, press, unique
from tests.stories import Cost, Traffic

REFUSED = (
    "Write it",
    {"title": "On moths", "body": "They know.", "author_name": "Odile", "author_email": "nowhere"},
    "author_email",
)
REFRESHED = None
TRAFFIC = Traffic(
    lambda name: {
        "url": "/api/articles",
        "json": {
            "title": name,
            "body": "Keep me",
            "author": {"name": "Odile", "email": "odile@minds.example"},
            "tags": ["kept"],
        },
    },
    row="/api/articles/{id}",
    list="/api/articles?tag=kept&limit=5",
)
READS = {
    "/mind": Cost(2, 1_014),
    "/mind?tag={articles.tags}": Cost(2, 1_014),
    "/mind/article?article={articles.id}": Cost(1, 1),
    "/api/articles?limit=500": Cost(1, 501),
    "/api/articles?limit=500&tag={articles.tags}": Cost(1, 501),
    "/api/articles/{articles.id}": Cost(1, 1),
    "/api/tags?limit=500": Cost(2, 5_001),
}
PAGE = ADDRESSES["collections"]


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    article = {"title": "On clocks", "body": "Tick.", "author": {"name": "Odile", "email": "odile@minds.example"}}
    address = f"/api/articles/{ahead.post('/api/articles', json=article).raise_for_status().json()['id']}"
    right.put(address, json={**article, "body": "Tock.", "tags": ["slow"]}).raise_for_status()
    ahead.post(f"{address}/tags", json={"tags": ["fast"]}).raise_for_status()
    assert right.delete(f"{address}/tags/fast").status_code < 300
    stored = ahead.get(address).json()
    assert (stored["body"], stored["tags"]) == ("Tock.", ["slow"])
    assert right.delete(address).status_code == 204
    assert ahead.get(address).status_code == 404


def write(page: Page, tag: str) -> str:
    """Write an article with a tag of its own on the page, and return its title; its own page is shown then."""
    title = unique("On tides")
    page.goto(PAGE)
    fill(page, title=title, body="They come back.", author_name="Odile", author_email="odile@minds.example", tags=tag)
    assert press(page, "Write it") == 303
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    return title


def card_of(page: Page, title: str, tag: str) -> Locator:
    """Follow a tag from the page of its article to the cards, and return the article's."""
    page.locator(".chips").get_by_role("link", name=tag, exact=True).click()
    card = page.locator(".card", has_text=title)
    expect(card).to_be_visible()
    return card


def test_a_card_changes_its_tags_and_keeps_its_place(any_page: Page) -> None:
    tag, other = unique("tide"), unique("moon")
    title = write(any_page, tag)
    card = card_of(any_page, title, tag)
    address = any_page.url

    card.get_by_label(f"Tags to add to {title}").fill(f"{other}, déjà vu")
    assert press(any_page, f"Add tags to {title}") == 303
    expect(card.get_by_role("link", name=other)).to_be_visible()
    expect(card.get_by_role("link", name="déjà vu")).to_be_visible()
    assert press(any_page, f"Remove the tag {other} from {title}") == 303
    expect(card.get_by_role("link", name=other)).to_have_count(0)
    expect(card.get_by_role("link", name=tag)).to_be_visible()
    assert any_page.url == address


def test_a_tag_changes_without_a_reload_and_the_cloud_follows(page: Page) -> None:
    tag = unique("tide")
    title = write(page, tag)
    card = card_of(page, title, tag)
    page.evaluate("document.body.dataset.same = 'page'")
    cloud = page.locator("#cloud")
    before = cloud.get_by_role("heading").inner_text()

    card.get_by_label(f"Tags to add to {title}").fill(unique("moon"))
    page.keyboard.press("Enter")
    expect(card.get_by_role("link", name="moon")).to_be_visible()
    expect(cloud.get_by_role("heading")).not_to_have_text(before)
    expect(page.get_by_role("status").and_(page.locator("#announcement"))).to_contain_text("tags on")
    press(page, f"Remove the tag {tag} from {title}")
    expect(card).to_have_count(0)  # the page shows the articles of this tag
    expect(page.locator("body[data-same=page]")).to_be_attached()


def test_only_the_card_that_was_refused_says_why(any_page: Page) -> None:
    tag = unique("tide")
    title = write(any_page, tag)
    card = card_of(any_page, title, tag)
    field = card.get_by_label(f"Tags to add to {title}")
    field.fill("high/low")
    assert press(any_page, f"Add tags to {title}") == 422
    expect(card.locator(".wrong")).to_contain_text("no slash")
    expect(field).to_be_focused()
    expect(field).to_have_value("high/low")
    expect(any_page.locator(".wrong")).to_have_count(1)


def test_notes_go_to_either_end(any_page: Page) -> None:
    write(any_page, unique("tide"))
    notes = any_page.locator("#notes")
    for text, place, count in (("second", "end", 1), ("third", "end", 2), ("first", "start", 3)):
        any_page.locator("#text").fill(text)
        any_page.locator("#at").select_option(place)
        assert press(any_page, "Add it") == 303
        expect(notes.get_by_role("heading")).to_have_text(f"{count} note{'' if count == 1 else 's'}")
    assert notes.locator("li").all_inner_texts() == ["first", "second", "third"]
    expect(any_page.locator("#history")).to_contain_text("note prepended")


def test_metadata_is_set_changed_and_removed(any_page: Page) -> None:
    write(any_page, unique("tide"))
    metadata = any_page.locator("#metadata")
    for value in ("calm", "rough"):
        fill(any_page, key="mood", value=value)
        assert press(any_page, "Set it") == 303
        expect(metadata.get_by_role("row", name=f"mood {value}")).to_be_visible()
    expect(metadata.get_by_role("heading")).to_have_text("1 metadata entry")
    assert press(any_page, "Remove mood") == 303
    expect(metadata.get_by_role("heading")).to_have_text("0 metadata entries")
    expect(any_page.locator("#history")).to_contain_text("metadata mood removed")


def test_an_article_is_deleted(any_page: Page) -> None:
    tag = unique("tide")
    write(any_page, tag)
    assert press(any_page, "Delete the article") == 303
    expect(any_page.get_by_role("heading", name="The Tag Mind")).to_be_visible()
    any_page.goto(f"{PAGE}?tag={tag}")
    expect(any_page.locator(".empty")).to_contain_text("No article here")
