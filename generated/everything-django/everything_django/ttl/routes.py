"""The JSON API of the memory vault."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web.api import LIST, paged, problems
from . import service
from .schemas import SessionCreate, SessionList, SessionOut, Token

router = Router(tags=["ttl"])


@router.post("/api/sessions", response={201: SessionOut})
def create_session(request: HttpRequest, query: Query[SessionCreate]) -> tuple[int, SessionOut]:
    """Steal a memory; it fades after `ttl` seconds."""
    return 201, service.create_session(query)


@router.get("/api/sessions", response=list[SessionOut], openapi_extra={"responses": LIST})
def list_sessions(request: HttpRequest, response: HttpResponse, query: Query[SessionList]) -> list[SessionOut]:
    """List the memories still alive, each with the seconds it has left."""
    return paged(request, response, service.list_sessions(query))


@router.get("/api/sessions/{token}", response={200: SessionOut, **problems(404)})
def get_session(request: HttpRequest, token: Path[Token]) -> SessionOut:
    """Read one memory, until it fades."""
    return service.get_session(token)


@router.delete("/api/sessions/{token}", response={204: None, **problems(404)})
def delete_session(request: HttpRequest, token: Path[Token]) -> tuple[int, None]:
    """Forget a memory before its time."""
    service.delete_session(token)
    return 204, None
