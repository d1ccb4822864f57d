"""The JSON API of the memory vault."""

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.schemas import Schema
from . import service
from .schemas import SessionCreate, SessionList, SessionOut, Token

api = api_blueprint("ttl", __name__)


class TokenPath(Schema):
    """Parameters of a path: token."""

    token: Token


@api.post("/api/sessions", responses={201: SessionOut})
def create_session(query: SessionCreate) -> Response:
    """Steal a memory; it fades after `ttl` seconds."""
    return answer(service.create_session(query), 201)


@api.get("/api/sessions", responses={200: listing(SessionOut)})
def list_sessions(query: SessionList) -> Response:
    """List the memories still alive, each with the seconds it has left."""
    return paged(service.list_sessions(query))


@api.get("/api/sessions/<token>", responses={200: SessionOut, **problems(404)})
def get_session(path: TokenPath) -> Response:
    """Read one memory, until it fades."""
    return answer(service.get_session(path.token))


@api.delete("/api/sessions/<token>", responses={204: None, **problems(404)})
def delete_session(path: TokenPath) -> Response:
    """Forget a memory before its time."""
    service.delete_session(path.token)
    return Response(status=204)
