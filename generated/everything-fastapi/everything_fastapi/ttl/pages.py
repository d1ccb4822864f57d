"""The pages of the memory vault."""

from contextlib import suppress

from fastapi import APIRouter, Request, Response

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .schemas import SessionCreate, SessionKey, SessionList

router = APIRouter(include_in_schema=False)


@router.get("/vault", name="ttl.vault")
async def vault(request: Request) -> Response:
    """Memories that are still alive, soonest to fade first."""
    query = read_query(SessionList, request.query_params)
    return await show_vault(request, query, Form())


@router.post("/vault/steal", name="ttl.steal")
async def steal(request: Request) -> Response:
    """Steal a memory and go back to the vault, or show the form again with what is wrong."""
    form = Form.read(SessionCreate, await request.form())
    if form.data is None:
        return await show_vault(request, SessionList(), form, 422)
    await service.create_session(form.data)
    return see_other(request, "ttl.vault")


@router.post("/vault/forget", name="ttl.forget")
async def forget(request: Request) -> Response:
    """Forget a memory; one that has faded in the meantime is as good as forgotten."""
    key = read_query(SessionKey, await request.form())
    with suppress(NotFound):
        await service.delete_session(key.token)
    return see_other(request, "ttl.vault")


async def show_vault(request: Request, query: SessionList, form: Form[SessionCreate], status: int = 200) -> Response:
    """Render the memories of one page of the vault, and the form."""
    memories = await service.list_sessions(query)
    return render(request, "ttl/vault.html", status, memories=memories, query=query, form=form)
