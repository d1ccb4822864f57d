"""The page of the Oracle's Mirror."""

from contextlib import suppress

from fastapi import APIRouter, Request, Response

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .reflections import look, try_to_write
from .schemas import Attempt, MirrorQuery, ProductCreate, ProductKey

router = APIRouter(include_in_schema=False)


@router.get("/", name="views.mirror")
async def mirror(request: Request) -> Response:
    """The base table, and a category and a brand as its two views reflect them."""
    query = read_query(MirrorQuery, request.query_params)
    return await show_mirrors(request, query, Form())


@router.post("/mirror/add", name="views.add")
async def add(request: Request) -> Response:
    """Write a product and turn both mirrors to it, or show the form again with what is wrong."""
    form = Form.read(ProductCreate, await request.form())
    if form.data is None:
        return await show_mirrors(request, MirrorQuery(), form, 422)
    product = await service.create_product(form.data)
    return see_other(request, "views.mirror", category=product.category, brand=product.brand, product=product.id)


@router.post("/mirror/remove", name="views.remove")
async def remove(request: Request) -> Response:
    """Delete a product and turn both mirrors to where it was; one that is already gone is as good as deleted."""
    key = read_query(ProductKey, await request.form())
    with suppress(NotFound):
        await service.delete_product(key.product)
    return see_other(request, "views.mirror", category=key.category, brand=key.brand, product=key.product)


@router.post("/mirror/write", name="views.write")
async def write(request: Request) -> Response:
    """Try to write to a view, and show how that is refused."""
    attempt = read_query(Attempt, await request.form())
    refusal = await try_to_write(attempt.operation)
    return await show_mirrors(request, MirrorQuery(), Form(), 409, refusal)


async def show_mirrors(
    request: Request, query: MirrorQuery, form: Form[ProductCreate], status: int = 200, refusal: str = ""
) -> Response:
    """Render the page with its form, and with the refusal of an attempt to write to a view."""
    mirrors = await look(query)
    return render(request, "views/mirror.html", status, mirrors=mirrors, form=form, refusal=refusal)
