"""What the JSON API and the forms of the Oracle's Mirror take and return."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, Field, WithJsonSchema

from ..web.queries import ListQuery
from ..web.schemas import Schema, Text


def _in_cents(price: Decimal) -> Decimal:
    # abs() because -0 passes as not less than 0.
    return abs(price).quantize(Decimal("0.01"))


Label = Annotated[str, Text(60)]


class ProductCreate(Schema):
    """A product to hold before the mirrors."""

    name: Annotated[str, Text(120)]
    category: Label
    brand: Label
    price: Annotated[
        Decimal,
        Field(ge=0, max_digits=12, decimal_places=2),
        AfterValidator(_in_cents),
        WithJsonSchema({"type": "number", "minimum": 0, "maximum": 9_999_999_999.99, "multipleOf": 0.01}),
    ]
    description: Annotated[str, Text(1000)] | None = None


class ProductLine(ProductCreate):
    """A product of the seed or of a feed: with an `id` of its own, it can be written again without becoming two."""

    id: UUID = Field(default_factory=uuid4)


class ProductList(ListQuery):
    """A part of a list; `cursor` is the id of the last product seen."""

    cursor: UUID | None = None


class CategoryList(ProductList):
    """A part of one category."""

    category: Label


class BrandList(ProductList):
    """A part of one brand."""

    brand: Label


class MirrorQuery(Schema):
    """What the page shows: a category and a brand, by default those of the newest product, and a product to follow."""

    category: Label | None = None
    brand: Label | None = None
    product: UUID | None = None
    category_cursor: UUID | None = None
    brand_cursor: UUID | None = None


class ProductKey(Schema):
    """Which product a form is about, and the partitions that reflect it."""

    product: UUID
    category: Label
    brand: Label


class Attempt(Schema):
    """A way to write that views refuse."""

    operation: Literal["save", "insert", "update", "delete"]
