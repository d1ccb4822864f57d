"""The table of products, and the two views of it that the database itself keeps up to date."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from coodie.fields import ClusteringKey, Indexed, PrimaryKey
from pydantic import Field, PlainSerializer

from ..db.documents import Document, MaterializedView, Model
from ..db.times import UtcTime, now

Price = Annotated[Decimal, PlainSerializer(float, return_type=float)]
"""Exact in the database, a number in JSON."""


class Product(Document):
    """One product; this base table is the only place where anything is written."""

    id: Annotated[UUID, PrimaryKey()] = Field(default_factory=uuid4)
    name: str
    category: Annotated[str, Indexed()]
    brand: Annotated[str, Indexed()]
    price: Price
    description: str | None = None
    created_at: UtcTime = Field(default_factory=now)

    class Settings:
        name = "products"


class ProductByCategory(MaterializedView):
    """The same product, in the partition of its category."""

    category: Annotated[str, PrimaryKey()]
    id: Annotated[UUID, ClusteringKey()]
    name: str
    brand: str
    price: Price
    description: str | None = None
    created_at: UtcTime

    class Settings:
        name = "products_by_category"
        __base_table__ = "products"


class ProductByBrand(MaterializedView):
    """The same product, in the partition of its brand."""

    brand: Annotated[str, PrimaryKey()]
    id: Annotated[UUID, ClusteringKey()]
    name: str
    category: str
    price: Price
    description: str | None = None
    created_at: UtcTime

    class Settings:
        name = "products_by_brand"
        __base_table__ = "products"


MODELS: list[Model] = [Product, ProductByCategory, ProductByBrand]
