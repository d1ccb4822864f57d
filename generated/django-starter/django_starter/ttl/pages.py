"""The pages of the memory vault."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .schemas import SessionCreate, SessionKey, SessionList


@require_safe
def vault(request: HttpRequest) -> HttpResponse:
    """Memories that are still alive, soonest to fade first."""
    query = read_query(SessionList, request.GET)
    return show_vault(request, query, Form())


@require_POST
def steal(request: HttpRequest) -> HttpResponse:
    """Steal a memory and go back to the vault, or show the form again with what is wrong."""
    form = Form.read(SessionCreate, request.POST)
    if form.data is None:
        return show_vault(request, SessionList(), form, 422)
    service.create_session(form.data)
    return see_other(request, "ttl:vault")


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Forget a memory; one that has faded in the meantime is as good as forgotten."""
    key = read_query(SessionKey, request.POST)
    with suppress(NotFound):
        service.delete_session(key.token)
    return see_other(request, "ttl:vault")


def show_vault(request: HttpRequest, query: SessionList, form: Form[SessionCreate], status: int = 200) -> HttpResponse:
    """Render the memories of one page of the vault, and the form."""
    memories = service.list_sessions(query)
    return render(request, "ttl/vault.html", status, memories=memories, query=query, form=form)
