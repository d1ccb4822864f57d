"""The page of the Oracle's Mirror."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .reflections import look, try_to_write
from .schemas import Attempt, MirrorQuery, ProductCreate, ProductKey


@require_safe
def mirror(request: HttpRequest) -> HttpResponse:
    """The base table, and a category and a brand as its two views reflect them."""
    query = read_query(MirrorQuery, request.GET)
    return show_mirrors(request, query, Form())


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Write a product and turn both mirrors to it, or show the form again with what is wrong."""
    form = Form.read(ProductCreate, request.POST)
    if form.data is None:
        return show_mirrors(request, MirrorQuery(), form, 422)
    product = service.create_product(form.data)
    return see_other(request, "views:mirror", category=product.category, brand=product.brand, product=product.id)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Delete a product and turn both mirrors to where it was; one that is already gone is as good as deleted."""
    key = read_query(ProductKey, request.POST)
    with suppress(NotFound):
        service.delete_product(key.product)
    return see_other(request, "views:mirror", category=key.category, brand=key.brand, product=key.product)


@require_POST
def write(request: HttpRequest) -> HttpResponse:
    """Try to write to a view, and show how that is refused."""
    attempt = read_query(Attempt, request.POST)
    refusal = try_to_write(attempt.operation)
    return show_mirrors(request, MirrorQuery(), Form(), 409, refusal)


def show_mirrors(
    request: HttpRequest, query: MirrorQuery, form: Form[ProductCreate], status: int = 200, refusal: str = ""
) -> HttpResponse:
    """Render the page with its form, and with the refusal of an attempt to write to a view."""
    mirrors = look(query)
    return render(request, "views/mirror.html", status, mirrors=mirrors, form=form, refusal=refusal)
