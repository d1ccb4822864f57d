"""The JSON API of the products and their two views."""

from uuid import UUID

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.schemas import Schema
from . import models, service
from .schemas import BrandList, CategoryList, ProductCreate, ProductList

api = api_blueprint("views", __name__)


class ProductIdPath(Schema):
    """Parameters of a path: product_id."""

    product_id: UUID


@api.post("/products", responses={201: models.Product})
def create_product(body: ProductCreate) -> Response:
    """Write a product to the base table; both views follow."""
    return answer(service.create_product(body), 201)


@api.get("/products", responses={200: listing(models.Product)})
def list_products(query: ProductList) -> Response:
    """List the products of the base table."""
    return paged(service.list_products(query))


@api.get("/products/<product_id>", responses={200: models.Product, **problems(404)})
def get_product(path: ProductIdPath) -> Response:
    """Read one product from the base table."""
    return answer(service.get_product(path.product_id))


@api.delete("/products/<product_id>", responses={204: None, **problems(404)})
def delete_product(path: ProductIdPath) -> Response:
    """Delete a product from the base table; both views follow."""
    service.delete_product(path.product_id)
    return Response(status=204)


@api.get("/views/by-category", responses={200: listing(models.ProductByCategory)})
def list_by_category(query: CategoryList) -> Response:
    """List the products of one category, from its view."""
    return paged(service.list_by_category(query))


@api.get("/views/by-brand", responses={200: listing(models.ProductByBrand)})
def list_by_brand(query: BrandList) -> Response:
    """List the products of one brand, from its view."""
    return paged(service.list_by_brand(query))
