"""The page of the Oracle's Mirror."""

from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..errors import NotFound
from ..forms import Form, read_query
from ..web import see_other
from . import service
from .schemas import Attempt, MirrorQuery, ProductCreate, ProductKey

pages = Blueprint("views", __name__, template_folder="templates")


@pages.get("/mirror")
def mirror() -> ResponseReturnValue:
    """The base table, and a category and a brand as its two views reflect them."""
    query = read_query(MirrorQuery, request.args)
    return show(query, Form())


@pages.post("/mirror/add")
def add() -> ResponseReturnValue:
    """Write a product and turn both mirrors to it, or show the form again with what is wrong."""
    form = Form.read(ProductCreate, request.form)
    if form.data is None:
        return show(MirrorQuery(), form, 422)
    product = service.create_product(form.data)
    return see_other(followed(product.id, product.category, product.brand))


@pages.post("/mirror/remove")
def remove() -> ResponseReturnValue:
    """Delete a product and turn both mirrors to where it was; one that is gone already is as good as deleted."""
    key = read_query(ProductKey, request.form)
    with suppress(NotFound):
        service.delete_product(key.product)
    return see_other(followed(key.product, key.category, key.brand))


@pages.post("/mirror/write")
def write() -> ResponseReturnValue:
    """Try to write to a view, and show how that is refused."""
    attempt = read_query(Attempt, request.form)
    refusal = service.try_to_write(attempt.operation)
    return show(MirrorQuery(), Form(), 409, refusal)


def show(query: MirrorQuery, form: Form, status: int = 200, refusal: str = "") -> ResponseReturnValue:
    """Render the page with its form, and with what became of an attempt to write to a view."""
    mirrors = service.look(query)
    return render_template("views/mirror.html", mirrors=mirrors, form=form, refusal=refusal), status


def followed(product: UUID, category: str, brand: str) -> str:
    """Return the address of the page that follows a product through the base table and both views."""
    return "/mirror?" + urlencode({"category": category, "brand": brand, "product": product})
