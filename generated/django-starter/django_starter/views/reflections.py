"""What the page of the mirrors shows: the base table, a partition of each view, and a write that a view refuses."""

from dataclasses import dataclass
from decimal import Decimal
from heapq import nlargest
from operator import attrgetter
from uuid import uuid4

from coodie import InvalidQueryError
from coodie.sync import execute_raw

from ..db.both import both
from ..db.paging import Page
from ..db.times import now
from . import service
from .models import Product, ProductByBrand, ProductByCategory
from .schemas import BrandList, CategoryList, MirrorQuery

Row = Product | ProductByCategory | ProductByBrand

NEWEST = 6
SCANNED = 500
"""The page looks for the newest among this many rows of the base table, which is not ordered by time."""
REFLECTED = 20
"""How many products of each view the page shows at once."""

# A view's partition keys are its categories, or brands: DISTINCT reads each partition once, not each row.
CATEGORIES = "SELECT DISTINCT category AS label FROM products_by_category LIMIT 100"
BRANDS = "SELECT DISTINCT brand AS label FROM products_by_brand LIMIT 100"


@dataclass(frozen=True)
class Mirrors:
    """The newest products, one partition of each view, and the categories and brands to choose from."""

    shown: MirrorQuery
    newest: list[Product]
    by_category: Page[ProductByCategory]
    by_brand: Page[ProductByBrand]
    categories: list[str]
    brands: list[str]
    followed: dict[str, Row | None]
    """What the table and each view hold of the product that is followed; empty if none is."""


def look(query: MirrorQuery) -> Mirrors:
    """Return what the page shows; a query that names no category or brand gets those of the newest product."""
    newest = nlargest(NEWEST, Product.find().limit(SCANNED).all(), key=attrgetter("created_at"))
    category = query.category or (newest[0].category if newest else None)
    brand = query.brand or (newest[0].brand if newest else None)
    shown = query.model_copy(update={"category": category, "brand": brand})
    (by_category, categories), (by_brand, brands) = both(lambda: _by_category(shown), lambda: _by_brand(shown))
    return Mirrors(shown, newest, by_category, by_brand, categories, brands, _follow(query))


def try_to_write(operation: str) -> str:
    """Call save(), insert(), update() or delete() on a row of a view and return the refusal."""
    row = ProductByCategory(
        id=uuid4(), name="A reflection", category="Illusions", brand="Nobody", price=Decimal(0), created_at=now()
    )
    try:
        getattr(row, operation)()
    except InvalidQueryError as refusal:
        return f"ProductByCategory.{operation}() raised {type(refusal).__name__}: {refusal}"
    return f"ProductByCategory.{operation}() was not refused."


def _by_category(query: MirrorQuery) -> tuple[Page[ProductByCategory], list[str]]:
    page: Page[ProductByCategory] = Page([])
    if query.category:
        part = CategoryList(category=query.category, cursor=query.category_cursor, limit=REFLECTED)
        page = service.list_by_category(part)
    return page, _labels(CATEGORIES, query.category)


def _by_brand(query: MirrorQuery) -> tuple[Page[ProductByBrand], list[str]]:
    page: Page[ProductByBrand] = Page([])
    if query.brand:
        part = BrandList(brand=query.brand, cursor=query.brand_cursor, limit=REFLECTED)
        page = service.list_by_brand(part)
    return page, _labels(BRANDS, query.brand)


def _labels(cql: str, chosen: str | None) -> list[str]:
    labels = {row["label"] for row in execute_raw(cql)}
    return sorted(labels | {chosen} if chosen else labels)


def _follow(query: MirrorQuery) -> dict[str, Row | None]:
    if not (query.product and query.category and query.brand):
        return {}
    return {
        "products": Product.find_one(id=query.product),
        "products_by_category": ProductByCategory.find_one(category=query.category, id=query.product),
        "products_by_brand": ProductByBrand.find_one(brand=query.brand, id=query.product),
    }
