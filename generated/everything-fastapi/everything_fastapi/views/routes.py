"""The JSON API of the products and their two views."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import BrandList, CategoryList, ProductCreate, ProductList

router = APIRouter(tags=["views"])


@router.post("/products", status_code=201)
async def create_product(body: ProductCreate) -> models.Product:
    """Write a product to the base table; both views follow."""
    return await service.create_product(body)


@router.get("/products", responses=LIST)
async def list_products(
    request: Request,
    response: Response,
    query: Annotated[ProductList, Query()],
) -> list[models.Product]:
    """List the products of the base table."""
    return paged(request, response, await service.list_products(query))


@router.get("/products/{product_id}", responses=problems(404))
async def get_product(product_id: UUID) -> models.Product:
    """Read one product from the base table."""
    return await service.get_product(product_id)


@router.delete("/products/{product_id}", status_code=204, responses=problems(404))
async def delete_product(product_id: UUID) -> None:
    """Delete a product from the base table; both views follow."""
    await service.delete_product(product_id)


@router.get("/views/by-category", responses=LIST)
async def list_by_category(
    request: Request,
    response: Response,
    query: Annotated[CategoryList, Query()],
) -> list[models.ProductByCategory]:
    """List the products of one category, from its view."""
    return paged(request, response, await service.list_by_category(query))


@router.get("/views/by-brand", responses=LIST)
async def list_by_brand(
    request: Request,
    response: Response,
    query: Annotated[BrandList, Query()],
) -> list[models.ProductByBrand]:
    """List the products of one brand, from its view."""
    return paged(request, response, await service.list_by_brand(query))
