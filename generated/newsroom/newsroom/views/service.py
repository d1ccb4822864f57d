"""Writing products to the base table, and reading them back from it and from its two views."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from operator import attrgetter
from uuid import UUID, uuid4

from cassandra.metadata import Murmur3Token
from coodie import InvalidQueryError
from coodie.sync import execute_raw

from .. import database
from ..coodie_fixes import now
from ..errors import NotFound
from ..schemas import Page
from .models import Product, ProductByBrand, ProductByCategory
from .schemas import BrandList, CategoryList, MirrorQuery, ProductCreate, ProductList, ProductOut

Row = Product | ProductByCategory | ProductByBrand

NEWEST = 6
SCANNED = 500
"""Among how many rows of the base table the page looks for the newest: it has no order of time."""
REFLECTED = 20
"""How many products of each view the page shows at once."""

# A view's partition keys are its categories, or brands: DISTINCT reads each partition once, not each row.
CATEGORIES = "SELECT DISTINCT category AS label FROM products_by_category LIMIT 100"
BRANDS = "SELECT DISTINCT brand AS label FROM products_by_brand LIMIT 100"


@dataclass(frozen=True)
class Mirrors:
    """What the page shows: the newest products, one partition of each view, and what there is to choose from."""

    shown: MirrorQuery
    newest: list[ProductOut]
    by_category: Page[ProductOut]
    by_brand: Page[ProductOut]
    categories: list[str]
    brands: list[str]
    followed: dict[str, Row | None]
    """What the table and each view hold of the product that is followed right now; empty where none is."""


def create_product(data: ProductCreate) -> ProductOut:
    """Write a product to the base table; the database writes it to both views."""
    product = Product(**data.model_dump())
    product.save()
    return ProductOut.model_validate(product)


def list_products(query: ProductList) -> Page[ProductOut]:
    """Return products from the base table, in the order of their tokens."""
    after = {} if query.cursor is None else {"id__token__gt": Murmur3Token.from_key(query.cursor.bytes).value}
    rows = Product.find(**after).limit(query.limit + 1).all()
    return _to_page(rows, query.limit)


def get_product(product_id: UUID) -> ProductOut:
    """Return one product; NotFound where there is none."""
    product = Product.find_one(id=product_id)
    if product is None:
        raise NotFound("There is no such product.")
    return ProductOut.model_validate(product)


def delete_product(product_id: UUID) -> None:
    """Delete a product from the base table, and so from both views; NotFound where there is none."""
    get_product(product_id)
    Product.find(id=product_id).delete()


def list_by_category(query: CategoryList) -> Page[ProductOut]:
    """Return a category's products from its partition of the view, by id."""
    after = {} if query.cursor is None else {"id__gt": query.cursor}
    rows = ProductByCategory.find(category=query.category, **after).limit(query.limit + 1).all()
    return _to_page(rows, query.limit)


def list_by_brand(query: BrandList) -> Page[ProductOut]:
    """Return a brand's products from its partition of the view, by id."""
    after = {} if query.cursor is None else {"id__gt": query.cursor}
    rows = ProductByBrand.find(brand=query.brand, **after).limit(query.limit + 1).all()
    return _to_page(rows, query.limit)


def try_to_write(operation: str) -> str:
    """Call save(), insert(), update() or delete() on a row of a view and return the refusal."""
    row = ProductByCategory(
        id=uuid4(), name="A reflection", category="Illusions", brand="Nobody", price=0, created_at=now()
    )
    try:
        getattr(row, operation)()
    except InvalidQueryError as refusal:
        return f"ProductByCategory.{operation}() raised {type(refusal).__name__}: {refusal}"
    return f"ProductByCategory.{operation}() was not refused."


def look(query: MirrorQuery) -> Mirrors:
    """Return what the page shows; where the query names no category or brand, those of the newest product."""
    newest = _newest_products()
    category = query.category or (newest[0].category if newest else None)
    brand = query.brand or (newest[0].brand if newest else None)
    by_category = by_brand = Page[ProductOut](items=[])
    if category:
        part = CategoryList(category=category, cursor=query.category_cursor, limit=REFLECTED)
        by_category = list_by_category(part)
    if brand:
        part = BrandList(brand=brand, cursor=query.brand_cursor, limit=REFLECTED)
        by_brand = list_by_brand(part)
    return Mirrors(
        shown=query.model_copy(update={"category": category, "brand": brand}),
        newest=newest,
        by_category=by_category,
        by_brand=by_brand,
        categories=_labels(CATEGORIES, category),
        brands=_labels(BRANDS, brand),
        followed=_follow(query),
    )


def headline() -> str:
    """Return the one figure that the dashboard shows."""
    products = database.count_up_to(Product, 1000)
    if products == 1000:
        return "1,000 products reflected and more"
    return f"{products} product{'' if products == 1 else 's'} reflected"


def _newest_products() -> list[ProductOut]:
    rows = Product.find().limit(SCANNED).all()
    return [ProductOut.model_validate(row) for row in nlargest(NEWEST, rows, key=attrgetter("created_at"))]


def _labels(cql: str, chosen: str | None) -> list[str]:
    labels = {row["label"] for row in execute_raw(cql)}
    return sorted(labels | ({chosen} - {None}))


def _follow(query: MirrorQuery) -> dict[str, Row | None]:
    if not (query.product and query.category and query.brand):
        return {}
    return {
        "products": Product.find_one(id=query.product),
        "products_by_category": ProductByCategory.find_one(category=query.category, id=query.product),
        "products_by_brand": ProductByBrand.find_one(brand=query.brand, id=query.product),
    }


def _to_page(rows: Sequence[Row], limit: int) -> Page[ProductOut]:
    items = [ProductOut.model_validate(row) for row in rows[:limit]]
    return Page(items=items, cursor=str(items[-1].id) if len(rows) > limit else None)
