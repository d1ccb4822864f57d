"""Twins of views: products and a view of them."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tools.bench.twins import ROWS, Bare, Endpoint, Feature, Received, Request, Steps, now, rfc3339, to_json

INSERT_PRODUCT = (
    "INSERT INTO products (id, name, category, brand, price, description, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS"
)
SELECT_BY_CATEGORY = (
    "SELECT id, name, category, brand, price, description, created_at "
    "FROM products_by_category WHERE category = ? LIMIT ?"
)


def product_json(product: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **product,
        "id": str(product["id"]),
        "price": float(product["price"]),
        "created_at": rfc3339(product["created_at"]),
    }


def create_product(bare: Bare, request: Received) -> Steps:
    product = {**request.data.model_dump(), "id": uuid4(), "created_at": now()}
    columns = ("id", "name", "category", "brand", "price", "description", "created_at")
    yield bare.bind(INSERT_PRODUCT, [product[name] for name in columns])
    return 201, product_json(product)


def list_by_category(bare: Bare, request: Received) -> Steps:
    rows = yield bare.bind(SELECT_BY_CATEGORY, [request.data.category, request.data.limit + 1])
    return 200, [product_json(row) for row in rows[: request.data.limit]]


FEATURE = Feature(
    write=Endpoint(
        "POST",
        "/products",
        # ROWS of each category.
        lambda number, _: Request(
            body=to_json(
                {
                    "name": f"Mirror {number}",
                    "category": f"Mirrors {number // ROWS}",
                    "brand": "Nine Veils",
                    "price": 19.99,
                }
            )
        ),
        create_product,
        body="ProductCreate",
    ),
    read=Endpoint(
        "GET",
        "/views/by-category",
        lambda _, made: Request(query={"category": made["category"]}),
        list_by_category,
        query="CategoryList",
    ),
)
