"""The JSON API of the products and their two views."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import BrandList, CategoryList, ProductCreate, ProductList

router = Router(tags=["views"])


@router.post("/products", response={201: models.Product})
def create_product(request: HttpRequest, body: ProductCreate) -> tuple[int, models.Product]:
    """Write a product to the base table; both views follow."""
    return 201, service.create_product(body)


@router.get("/products", response=list[models.Product], openapi_extra={"responses": LIST})
def list_products(request: HttpRequest, response: HttpResponse, query: Query[ProductList]) -> list[models.Product]:
    """List the products of the base table."""
    return paged(request, response, service.list_products(query))


@router.get("/products/{product_id}", response={200: models.Product, **problems(404)})
def get_product(request: HttpRequest, product_id: Path[UUID]) -> models.Product:
    """Read one product from the base table."""
    return service.get_product(product_id)


@router.delete("/products/{product_id}", response={204: None, **problems(404)})
def delete_product(request: HttpRequest, product_id: Path[UUID]) -> tuple[int, None]:
    """Delete a product from the base table; both views follow."""
    service.delete_product(product_id)
    return 204, None


@router.get("/views/by-category", response=list[models.ProductByCategory], openapi_extra={"responses": LIST})
def list_by_category(
    request: HttpRequest,
    response: HttpResponse,
    query: Query[CategoryList],
) -> list[models.ProductByCategory]:
    """List the products of one category, from its view."""
    return paged(request, response, service.list_by_category(query))


@router.get("/views/by-brand", response=list[models.ProductByBrand], openapi_extra={"responses": LIST})
def list_by_brand(request: HttpRequest, response: HttpResponse, query: Query[BrandList]) -> list[models.ProductByBrand]:
    """List the products of one brand, from its view."""
    return paged(request, response, service.list_by_brand(query))
