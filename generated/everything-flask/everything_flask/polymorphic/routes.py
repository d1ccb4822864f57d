"""The JSON API of the press."""

from uuid import UUID

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.schemas import Schema
from . import service
from .schemas import ContentIn, ContentList, ContentOut

api = api_blueprint("polymorphic", __name__)


class ContentIdPath(Schema):
    """Parameters of a path: content_id."""

    content_id: UUID


@api.post("/api/content", responses={201: ContentOut})
def create_content(body: ContentIn) -> Response:
    """Publish an article, a video or a podcast."""
    return answer(service.create_content(body), 201)


@api.get("/api/content", responses={200: listing(ContentOut)})
def list_contents(query: ContentList) -> Response:
    """List content of every kind, or of one."""
    return paged(service.list_contents(query))


@api.get("/api/content/<content_id>", responses={200: ContentOut, **problems(404)})
def get_content(path: ContentIdPath) -> Response:
    """Read one piece of content."""
    return answer(service.get_content(path.content_id))


@api.put("/api/content/<content_id>", responses={200: ContentOut, **problems(404, 409)})
def update_content(path: ContentIdPath, body: ContentIn) -> Response:
    """Replace a piece of content with another of its kind."""
    return answer(service.update_content(path.content_id, body))


@api.delete("/api/content/<content_id>", responses={204: None, **problems(404)})
def delete_content(path: ContentIdPath) -> Response:
    """Delete a piece of content."""
    service.delete_content(path.content_id)
    return Response(status=204)
