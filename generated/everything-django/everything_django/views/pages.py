"""The page of the Oracle's Mirror."""

from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from ..errors import NotFound
from ..forms import Form, read_query
from ..web import see_other
from . import service
from .schemas import Attempt, MirrorQuery, ProductCreate, ProductKey


@require_safe
def mirror(request: HttpRequest) -> HttpResponse:
    """The base table, and a category and a brand as its two views reflect them."""
    query = read_query(MirrorQuery, request.GET)
    return show(request, query, Form())


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Write a product and turn both mirrors to it, or show the form again with what is wrong."""
    form = Form.read(ProductCreate, request.POST)
    if form.data is None:
        return show(request, MirrorQuery(), form, 422)
    product = service.create_product(form.data)
    return see_other(followed(product.id, product.category, product.brand))


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Delete a product and turn both mirrors to where it was; one that is gone already is as good as deleted."""
    key = read_query(ProductKey, request.POST)
    with suppress(NotFound):
        service.delete_product(key.product)
    return see_other(followed(key.product, key.category, key.brand))


@require_POST
def write(request: HttpRequest) -> HttpResponse:
    """Try to write to a view, and show how that is refused."""
    attempt = read_query(Attempt, request.POST)
    refusal = service.try_to_write(attempt.operation)
    return show(request, MirrorQuery(), Form(), 409, refusal)


def show(request: HttpRequest, query: MirrorQuery, form: Form, status: int = 200, refusal: str = "") -> HttpResponse:
    """Render the page with its form, and with what became of an attempt to write to a view."""
    mirrors = service.look(query)
    return render(request, "views/mirror.html", {"mirrors": mirrors, "form": form, "refusal": refusal}, status=status)


def followed(product: UUID, category: str, brand: str) -> str:
    """Return the address of the page that follows a product through the base table and both views."""
    return "/mirror?" + urlencode({"category": category, "brand": brand, "product": product})


urlpatterns = [
    path("mirror", mirror),
    path("mirror/add", add),
    path("mirror/remove", remove),
    path("mirror/write", write),
]
