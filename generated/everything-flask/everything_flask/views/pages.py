"""The page of the Oracle's Mirror."""

from contextlib import suppress

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import see_other
from . import service
from .reflections import look, try_to_write
from .schemas import Attempt, MirrorQuery, ProductCreate, ProductKey

pages = Blueprint("views", __name__, template_folder="templates")


@pages.get("/mirror")
def mirror() -> ResponseReturnValue:
    """The base table, and a category and a brand as its two views reflect them."""
    query = read_query(MirrorQuery, request.args)
    return show_mirrors(query, Form())


@pages.post("/mirror/add")
def add() -> ResponseReturnValue:
    """Write a product and turn both mirrors to it, or show the form again with what is wrong."""
    form = Form.read(ProductCreate, request.form)
    if form.data is None:
        return show_mirrors(MirrorQuery(), form, 422)
    product = service.create_product(form.data)
    return see_other("views.mirror", category=product.category, brand=product.brand, product=product.id)


@pages.post("/mirror/remove")
def remove() -> ResponseReturnValue:
    """Delete a product and turn both mirrors to where it was; one that is already gone is as good as deleted."""
    key = read_query(ProductKey, request.form)
    with suppress(NotFound):
        service.delete_product(key.product)
    return see_other("views.mirror", category=key.category, brand=key.brand, product=key.product)


@pages.post("/mirror/write")
def write() -> ResponseReturnValue:
    """Try to write to a view, and show how that is refused."""
    attempt = read_query(Attempt, request.form)
    refusal = try_to_write(attempt.operation)
    return show_mirrors(MirrorQuery(), Form(), 409, refusal)


def show_mirrors(
    query: MirrorQuery, form: Form[ProductCreate], status: int = 200, refusal: str = ""
) -> ResponseReturnValue:
    """Render the page with its form, and with the refusal of an attempt to write to a view."""
    mirrors = look(query)
    return render_template("views/mirror.html", mirrors=mirrors, form=form, refusal=refusal), status
