"""The JSON API of the memory vault."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ..web.api import LIST, paged, problems
from . import service
from .schemas import SessionCreate, SessionList, SessionOut, Token

router = APIRouter(tags=["ttl"])


@router.post("/api/sessions", status_code=201)
async def create_session(query: Annotated[SessionCreate, Query()]) -> SessionOut:
    """Steal a memory; it fades after `ttl` seconds."""
    return await service.create_session(query)


@router.get("/api/sessions", responses=LIST)
async def list_sessions(
    request: Request,
    response: Response,
    query: Annotated[SessionList, Query()],
) -> list[SessionOut]:
    """List the memories still alive, each with the seconds it has left."""
    return paged(request, response, await service.list_sessions(query))


@router.get("/api/sessions/{token}", responses=problems(404))
async def get_session(token: Token) -> SessionOut:
    """Read one memory, until it fades."""
    return await service.get_session(token)


@router.delete("/api/sessions/{token}", status_code=204, responses=problems(404))
async def delete_session(token: Token) -> None:
    """Forget a memory before its time."""
    await service.delete_session(token)
