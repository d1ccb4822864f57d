"""The Oracle's Mirror as its users meet it: over HTTP, with a look into the database and at the models."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cassandra import InvalidRequest
from coodie.exceptions import InvalidQueryError

import conftest

from ..db import cql_log
from ..db.times import now
from ..errors import Conflict
from . import service
from .models import Product, ProductByBrand, ProductByCategory
from .reflections import try_to_write
from .schemas import BrandList, CategoryList, ProductLine

HOME = conftest.PAGES["views"]

GLASS = {"name": "Hand mirror", "category": "Glass", "brand": "Nine Veils", "price": 12.5}
JSON = {"Content-Type": "application/json"}


def insert(client: httpx.Client, **fields: object) -> dict[str, Any]:
    """Insert a product and return it."""
    answer = client.post("/products", json={**GLASS, **fields})
    assert answer.status_code == 201, answer.text
    product: dict[str, Any] = answer.json()
    return product


def ids(products: list[dict[str, Any]]) -> set[str]:
    return {product["id"] for product in products}


def reflected(client: httpx.Client, category: str) -> set[str]:
    """Return the ids that the view has of a category."""
    return ids(client.get("/views/by-category", params={"category": category, "limit": 500}).json())


def soon(reached: Callable[[], bool]) -> bool:
    """Wait until a view has followed: usually a moment, but up to fifteen seconds on a busy machine."""
    deadline = time.monotonic() + 15
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def walk(client: httpx.Client, url: str) -> list[str]:
    """Follow a list to its end and return every id, in order."""
    return [product["id"] for product in conftest.walk(client, url)]


def test_the_published_commands(client: httpx.Client) -> None:
    body = '{"name": "Salt window", "category": "Scrying glass", "brand": "Café Cassandra", "price": 19.99}'
    answer = client.post("/products", content=body.encode(), headers=JSON)
    assert answer.status_code == 201
    product = answer.json()
    assert product.keys() == {"id", "name", "category", "brand", "price", "description", "created_at"}
    assert (product["name"], product["brand"], product["price"]) == ("Salt window", "Café Cassandra", 19.99)
    assert product["description"] is None and product["created_at"].endswith("Z")
    url = f"/products/{product['id']}"
    assert client.get(url).json() == product
    assert product in client.get("/products?limit=500").json()
    assert soon(lambda: product in client.get("/views/by-category?category=Scrying+glass&limit=500").json())
    assert soon(lambda: product in client.get("/views/by-brand?brand=Caf%C3%A9+Cassandra&limit=500").json())
    answer = client.delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(url).status_code == client.delete(url).status_code == 404


def test_the_views_follow_a_write_and_a_delete_of_the_base_table(client: httpx.Client, select: conftest.Select) -> None:
    product = UUID(insert(client, category="Fleeting", brand="Gone & Away")["id"])
    by_category = "SELECT name, price FROM products_by_category WHERE category = 'Fleeting' AND id = ?"
    by_brand = "SELECT name, price FROM products_by_brand WHERE brand = 'Gone & Away' AND id = ?"
    row = [{"name": "Hand mirror", "price": Decimal("12.50")}]
    assert soon(lambda: select(by_category, product) == select(by_brand, product) == row)
    assert client.delete(f"/products/{product}").status_code == 204
    assert soon(lambda: not select(by_category, product) and not select(by_brand, product))


def test_of_sixteen_deletions_exactly_one_is_applied(client: httpx.Client) -> None:
    product = insert(client, category="Wanted by many")["id"]
    assert soon(lambda: reflected(client, "Wanted by many") == {product})
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: client.delete(f"/products/{product}"), range(16)))
    assert Counter(answer.status_code for answer in answers) == {204: 1, 404: 15}
    assert soon(lambda: not reflected(client, "Wanted by many"))


def test_a_product_is_never_replaced_by_another_with_its_id(client: httpx.Client) -> None:
    product = insert(client)
    with pytest.raises(Conflict):
        service.create_product(ProductLine(**{**GLASS, "id": product["id"], "name": "Another"}))
    assert client.get(f"/products/{product['id']}").json() == product
    assert client.delete(f"/products/{product['id']}").status_code == 204
    again = service.create_product(ProductLine(**{**GLASS, "id": product["id"], "name": "Another"}))
    assert client.get(f"/products/{product['id']}").json()["name"] == again.name == "Another"


def test_a_product_that_changes_its_category_moves_between_the_views_partitions(client: httpx.Client) -> None:
    product = insert(client, category="Before")["id"]
    assert soon(lambda: product in reflected(client, "Before"))
    row = Product.get(id=UUID(product))
    row.update(category="After", if_exists=True)
    assert soon(lambda: product in reflected(client, "After"))
    assert soon(lambda: product not in reflected(client, "Before"))


@pytest.mark.parametrize("operation", ["save", "insert", "update", "delete"])
@pytest.mark.parametrize("view", [ProductByCategory, ProductByBrand])
def test_a_view_refuses_to_be_written(view: type[ProductByCategory | ProductByBrand], operation: str) -> None:
    row = view(id=uuid4(), created_at=now(), **GLASS)
    with pytest.raises(InvalidQueryError, match="read-only"):
        getattr(row, operation)()


@pytest.mark.parametrize("key", ["category", "brand"])
def test_the_database_refuses_to_write_to_a_view_as_well(select: conftest.Select, key: str) -> None:
    with pytest.raises(InvalidRequest, match="materialized view"):
        select(f"DELETE FROM products_by_{key} WHERE {key} = 'Glass'")


def test_the_lists_read_one_partition_of_a_view(keyspace: str) -> None:
    cql_log.start()
    service.list_by_category(CategoryList(category="Glass", cursor=uuid4()))
    service.list_by_brand(BrandList(brand="Nine Veils", cursor=uuid4()))
    by_category, by_brand = (statement.cql for statement in cql_log.statements())
    assert f'FROM {keyspace}.products_by_category WHERE "category" = ?' in by_category
    assert f'FROM {keyspace}.products_by_brand WHERE "brand" = ?' in by_brand
    assert "ALLOW FILTERING" not in by_category + by_brand


@pytest.mark.usefixtures("empty_tables")
def test_all_three_lists_page_without_loss(client: httpx.Client) -> None:
    glass = {insert(client, name=f"G{number}", brand="Moth")["id"] for number in range(7)}
    other = {insert(client, name=f"O{number}", category="Other", brand="Moth")["id"] for number in range(3)}
    assert soon(lambda: reflected(client, "Glass") == glass and reflected(client, "Other") == other)
    assert soon(lambda: len(client.get("/views/by-brand?brand=Moth").json()) == 10)
    assert sorted(walk(client, "/products?limit=3")) == sorted(glass | other)
    assert sorted(walk(client, "/views/by-category?category=Glass&limit=3")) == sorted(glass)
    assert sorted(walk(client, "/views/by-brand?brand=Moth&limit=3")) == sorted(glass | other)


def test_the_last_page_has_no_link(client: httpx.Client) -> None:
    one = insert(client, category="Exactly two")["id"]
    two = insert(client, category="Exactly two")["id"]
    assert soon(lambda: reflected(client, "Exactly two") == {one, two})
    assert "link" not in client.get("/views/by-category?category=Exactly+two&limit=2").headers
    assert "link" in client.get("/views/by-category?category=Exactly+two&limit=1").headers


def test_a_category_or_brand_without_products_is_an_empty_list(client: httpx.Client) -> None:
    for url in ("/views/by-category?category=Nothing", "/views/by-brand?brand=Nobody"):
        answer = client.get(url)
        assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None},
        {"name": "   "},
        {"name": 7},
        {"name": "x" * 121},
        {"name": "nul \0 byte"},
        {"name": "half a pair \ud800"},
        {"category": ""},
        {"category": "x" * 61},
        {"brand": ["Nine Veils"]},
        {"brand": "x" * 61},
        {"price": None},
        {"price": -0.01},
        {"price": 1.005},
        {"price": 10_000_000_000},
        {"price": 1e300},
        {"price": "cheap"},
        {"price": "1e9999"},
        {"price": True},
        {"price": float("nan")},
        {"price": float("inf")},
        {"description": ""},
        {"description": "x" * 1001},
        {"id": str(uuid4())},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"unknown": "field"},
    ],
)
def test_bad_input_is_refused_and_writes_nothing(
    client: httpx.Client, select: conftest.Select, fields: dict[str, Any]
) -> None:
    body = json.dumps({**GLASS, "name": "Refused", **fields}).encode()
    refused(client.post("/products", content=body, headers=JSON))
    assert "Refused" not in [row["name"] for row in select("SELECT name FROM products")]


@pytest.mark.parametrize("missing", ["name", "category", "brand", "price"])
def test_a_missing_field_is_refused(client: httpx.Client, missing: str) -> None:
    answer = client.post("/products", json={name: value for name, value in GLASS.items() if name != missing})
    refused(answer)
    assert missing in answer.json()["detail"][0]["loc"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{", "application/json"),
        ("", "application/json"),
        ("[]", "application/json"),
        ('"text"', "application/json"),
        ("\ufeffnull", "application/json"),
        ("name=x&category=y&brand=z&price=1", "application/x-www-form-urlencoded"),
        ("name: x", "text/plain"),
    ],
)
def test_a_body_that_is_not_a_product_is_refused(client: httpx.Client, body: str, kind: str) -> None:
    refused(client.post("/products", content=body.encode(), headers={"Content-Type": kind}))


def refused(answer: httpx.Response) -> None:
    """Check for 422 in the common shape."""
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["detail"])


def test_prices_are_exact_and_text_is_trimmed(client: httpx.Client, select: conftest.Select) -> None:
    product = insert(client, name="  Exact  ", price=9_999_999_999.99, description=" to the cent ")
    assert (product["name"], product["price"], product["description"]) == ("Exact", 9_999_999_999.99, "to the cent")
    by_id = "SELECT price FROM products WHERE id = ?"
    assert select(by_id, UUID(product["id"])) == [{"price": Decimal("9999999999.99")}]
    for price, stored in ((0, "0.00"), (-0.0, "0.00"), (5, "5.00"), ("1." + "0" * 500, "1.00")):
        (row,) = select(by_id, UUID(insert(client, price=price)["id"]))
        assert str(row["price"]) == stored


@pytest.mark.parametrize(
    "url",
    [
        "/views/by-category",
        "/views/by-category?category=",
        "/views/by-category?brand=Nine+Veils",
        "/views/by-category?category=Glass&cursor=made-up",
        "/views/by-category?category=Glass&limit=0",
        "/views/by-brand",
        "/views/by-brand?brand=+",
        "/views/by-brand?brand=Nine+Veils&cursor=1",
        "/views/by-brand?brand=Nine+Veils&category=Glass",
        "/products?cursor=made-up",
        "/products?limit=501",
        "/products?limit=x",
        "/products?category=Glass",
        "/products/no-uuid",
    ],
)
def test_a_made_up_address_is_refused(client: httpx.Client, url: str) -> None:
    refused(client.get(url))


@pytest.mark.usefixtures("empty_tables")
def test_the_page_without_products(client: httpx.Client) -> None:
    page = client.get(HOME).text
    assert "The table is empty" in page and "Nothing to reflect" in page


@pytest.mark.usefixtures("empty_tables")
def test_the_page_inserts_follows_and_deletes_without_javascript(client: httpx.Client, submit: conftest.Submit) -> None:
    name = "<b>bold</b> & sharp"
    fields = {"name": name, "category": "A&B", "brand": "Café <i>", "price": "1234.50"}
    answer = submit(HOME, "/mirror/add", **fields)
    assert answer.status_code == 303
    address = answer.headers["location"]
    page = client.get(address).text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; sharp" in page and name not in page and "<i>" not in page
    assert "1,234.50" in page
    assert soon(lambda: client.get(address).text.count("</code> has it") == 3)
    page = client.get(address).text
    assert "<bdi>A&amp;B</bdi>" in page and "<bdi>Café &lt;i&gt;</bdi>" in page
    assert page.count("&lt;b&gt;bold&lt;/b&gt;") >= 4, "named by the notice, the base table and both mirrors"

    answer = submit(address, "/mirror/remove")
    assert answer.status_code == 303
    assert soon(lambda: client.get(answer.headers["location"]).text.count("</code> does not have it") == 3)
    assert "The table is empty" in client.get(HOME).text
    insert(client)
    assert submit(HOME, "/mirror/remove", **httpx.URL(address).params).status_code == 303, "gone already"


def test_the_page_turns_its_mirrors_to_what_is_chosen(client: httpx.Client) -> None:
    insert(client, name="Chosen by category", category="Chosen", brand="Elsewhere")
    insert(client, name="Chosen by brand", category="Elsewhere", brand="Picked")
    insert(client, name="Newer than both", category="Elsewhere", brand="Elsewhere")
    assert soon(lambda: bool(reflected(client, "Chosen")) and len(reflected(client, "Elsewhere")) == 2)
    page = client.get(HOME, params={"category": "Chosen", "brand": "Picked"}).text
    assert '<option value="Chosen" selected>' in page and '<option value="Picked" selected>' in page
    mirrors = page[page.index('id="by-category"') :]
    assert "Chosen by category" in mirrors and "Chosen by brand" in mirrors
    assert client.get(HOME, params={"category": "x" * 61}).status_code == 422


@pytest.mark.usefixtures("empty_tables")
def test_the_page_refreshes_itself_but_not_while_one_looks_further(client: httpx.Client) -> None:
    names = {f"Twin {number:02d}" for number in range(21)}
    for name in names:
        insert(client, name=name)
    assert soon(lambda: len(reflected(client, "Glass")) == 21)
    first = client.get(HOME).text
    assert 'hx-trigger="every 5s"' in first
    last = walk(client, "/views/by-category?category=Glass&limit=3")[19]
    assert f"category_cursor={last}" in first
    further = client.get(HOME, params={"category": "Glass", "brand": "Nine Veils", "category_cursor": last}).text
    assert 'hx-trigger="every 5s"' not in further
    mirror = further[further.index('id="by-category"') : further.index('id="by-brand"')]
    assert mirror.count("Twin") == 1


def test_the_page_shows_a_refused_form_again_with_what_was_typed(submit: conftest.Submit) -> None:
    answer = submit(HOME, "/mirror/add", name="kept as typed", category="c", brand="b", price="1.005")
    assert answer.status_code == 422
    assert 'value="kept as typed"' in answer.text
    assert "2 decimal places" in answer.text


@pytest.mark.parametrize("operation", ["save", "insert", "update", "delete"])
def test_the_page_shows_how_a_write_to_a_view_is_refused(submit: conftest.Submit, operation: str) -> None:
    answer = submit(HOME, "/mirror/write", operation=operation)
    assert answer.status_code == 409
    assert f"ProductByCategory.{operation}() raised InvalidQueryError: Materialized views are read-only" in answer.text


@pytest.mark.parametrize("operation", ["save", "insert", "update", "delete"])
def test_the_attempt_really_calls_the_method(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    def refuse(row: ProductByCategory) -> None:
        raise InvalidQueryError(f"asked to {operation}")

    monkeypatch.setattr(ProductByCategory, operation, refuse)
    answer = try_to_write(operation)
    assert f"asked to {operation}" in answer


def test_the_page_tries_nothing_else(submit: conftest.Submit) -> None:
    assert submit(HOME, "/mirror/write", operation="drop_view").status_code == 422


def test_the_panel_shows_the_models_and_the_cql_of_the_page(
    client: httpx.Client, submit: conftest.Submit, keyspace: str
) -> None:
    submit(HOME, "/mirror/add", **{**GLASS, "name": "Seen under the hood", "price": "1"})
    page = client.get(HOME).text
    _, _, panel = page.partition('id="hood"')
    assert "class ProductByCategory(MaterializedView)" in panel
    assert f"FROM {keyspace}.products_by_brand WHERE &#34;brand&#34; = ?" in panel and "LOCAL_QUORUM" in panel
    assert "ALLOW FILTERING" not in page
    assert "INSERT" not in panel and "Seen under the hood" not in panel, "what somebody else has added"
