"""The Oracle's mirror in a browser: both views follow the products, and refuse to be written."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browsing import ADDRESSES, fill, press, unique
from tests.conftest import wait_until
from tests.stories import Cost, Traffic

REFUSED = ("Insert it into products", {"name": "A kite", "category": "Toys", "brand": " ", "price": "5"}, "brand")
REFRESHED = "#mirrors"
TRAFFIC = Traffic(
    lambda name: {"url": "/products", "json": {"name": name, "category": "Kept", "brand": "Kept", "price": 1}},
    row="/products/{id}",
    list="/views/by-category?category=Kept&limit=5",
)
READS = {
    "/mirror?product={products.id}&category={products.category}&brand={products.brand}": Cost(8, 745),
    "/products?limit=500": Cost(1, 501),
    "/products/{products.id}": Cost(1, 1),
    "/views/by-category?limit=500&category={products.category}": Cost(1, 501),
    "/views/by-brand?limit=500&brand={products.brand}": Cost(1, 501),
}
PAGE = ADDRESSES["views"]


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    category = unique("Clocks")
    product = {"name": "A clock", "category": category, "brand": "Delphi", "price": 1}
    address = f"/products/{ahead.post('/products', json=product).raise_for_status().json()['id']}"
    assert right.delete(address).status_code == 204
    assert right.get(address).status_code == 404
    mirror = f"/views/by-category?category={category}"
    wait_until(lambda: right.get(mirror).json() == [], 30, "the view loses the product")


def mirrors(page: Page, product: str, category: str, brand: str) -> tuple[int, int]:
    """Return how often the mirror of a category and that of a brand show a product."""
    shown = [page.get_by_role("region", name=name) for name in (f"category: {category}", f"brand: {brand}")]
    return shown[0].get_by_text(product).count(), shown[1].get_by_text(product).count()


def test_both_mirrors_follow_a_product(any_page: Page) -> None:
    def reflected(times: int) -> Callable[[], bool]:
        def look() -> bool:
            any_page.goto(f"{PAGE}?category={category}&brand={brand}")
            return mirrors(any_page, product, category, brand) == (times, times)

        return look

    product, category, brand = unique("A lantern"), unique("Lights"), unique("Delphi")
    any_page.goto(PAGE)
    fill(any_page, name=product, category=category, brand=brand, price="12.50")
    assert press(any_page, "Insert it into products") == 303
    expect(any_page.locator("#mirrors").get_by_role("region", name=f"category: {category}")).to_be_visible()
    wait_until(reflected(1), 30, "both mirrors show the product")
    assert press(any_page, f"Delete {product}") == 303
    wait_until(reflected(0), 30, "both mirrors lose the product")


def test_the_mirrors_follow_without_a_reload(page: Page) -> None:
    product, category = unique("A lantern"), unique("Lights")
    page.goto(PAGE)
    fill(page, name=product, category=category, brand="Delphi", price="12.50")
    press(page, "Insert it into products")
    mirror = page.get_by_role("region", name=f"category: {category}")
    expect(mirror.get_by_text(product)).to_be_visible()
    press(page, f"Delete {product}")
    expect(mirror.get_by_text(product)).to_have_count(0)


@pytest.mark.parametrize("operation", ["save", "insert", "update", "delete"])
def test_a_write_to_a_mirror_is_refused_visibly(any_page: Page, operation: str) -> None:
    any_page.goto(PAGE)
    assert press(any_page, f"{operation}()") == 409
    expect(any_page.locator("#write .notice")).to_contain_text("InvalidQueryError")
