"""The page of the Oracle's Mirror."""

from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response

from ..errors import NotFound
from ..forms import Form, read_query
from ..web import render, see_other
from . import service
from .schemas import Attempt, MirrorQuery, ProductCreate, ProductKey

router = APIRouter(include_in_schema=False)


@router.get("/mirror")
async def mirror(request: Request) -> Response:
    """The base table, and a category and a brand as its two views reflect them."""
    query = read_query(MirrorQuery, request.query_params)
    return await show(request, query, Form())


@router.post("/mirror/add")
async def add(request: Request) -> Response:
    """Write a product and turn both mirrors to it, or show the form again with what is wrong."""
    form = Form.read(ProductCreate, await request.form())
    if form.data is None:
        return await show(request, MirrorQuery(), form, 422)
    product = await service.create_product(form.data)
    return see_other(followed(product.id, product.category, product.brand))


@router.post("/mirror/remove")
async def remove(request: Request) -> Response:
    """Delete a product and turn both mirrors to where it was; one that is gone already is as good as deleted."""
    key = read_query(ProductKey, await request.form())
    with suppress(NotFound):
        await service.delete_product(key.product)
    return see_other(followed(key.product, key.category, key.brand))


@router.post("/mirror/write")
async def write(request: Request) -> Response:
    """Try to write to a view, and show how that is refused."""
    attempt = read_query(Attempt, await request.form())
    refusal = await service.try_to_write(attempt.operation)
    return await show(request, MirrorQuery(), Form(), 409, refusal)


async def show(request: Request, query: MirrorQuery, form: Form, status: int = 200, refusal: str = "") -> Response:
    """Render the page with its form, and with what became of an attempt to write to a view."""
    mirrors = await service.look(query)
    return render(request, "views/mirror.html", status, mirrors=mirrors, form=form, refusal=refusal)


def followed(product: UUID, category: str, brand: str) -> str:
    """Return the address of the page that follows a product through the base table and both views."""
    return "/mirror?" + urlencode({"category": category, "brand": brand, "product": product})
