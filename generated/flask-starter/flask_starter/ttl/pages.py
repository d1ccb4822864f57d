"""The pages of the memory vault."""

from contextlib import suppress

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import see_other
from . import service
from .schemas import SessionCreate, SessionKey, SessionList

pages = Blueprint("ttl", __name__, template_folder="templates")


@pages.get("/vault")
def vault() -> ResponseReturnValue:
    """Memories that are still alive, soonest to fade first."""
    query = read_query(SessionList, request.args)
    return show_vault(query, Form())


@pages.post("/vault/steal")
def steal() -> ResponseReturnValue:
    """Steal a memory and go back to the vault, or show the form again with what is wrong."""
    form = Form.read(SessionCreate, request.form)
    if form.data is None:
        return show_vault(SessionList(), form, 422)
    service.create_session(form.data)
    return see_other("ttl.vault")


@pages.post("/vault/forget")
def forget() -> ResponseReturnValue:
    """Forget a memory; one that has faded in the meantime is as good as forgotten."""
    key = read_query(SessionKey, request.form)
    with suppress(NotFound):
        service.delete_session(key.token)
    return see_other("ttl.vault")


def show_vault(query: SessionList, form: Form[SessionCreate], status: int = 200) -> ResponseReturnValue:
    """Render the memories of one page of the vault, and the form."""
    memories = service.list_sessions(query)
    return render_template("ttl/vault.html", memories=memories, query=query, form=form), status
