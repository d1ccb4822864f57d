"""The JSON API of the press."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web.api import LIST, paged, problems
from . import service
from .schemas import ContentIn, ContentList, ContentOut

router = Router(tags=["polymorphic"])


@router.post("/api/content", response={201: ContentOut})
def create_content(request: HttpRequest, body: ContentIn) -> tuple[int, ContentOut]:
    """Publish an article, a video or a podcast."""
    return 201, service.create_content(body)


@router.get("/api/content", response=list[ContentOut], openapi_extra={"responses": LIST})
def list_contents(request: HttpRequest, response: HttpResponse, query: Query[ContentList]) -> list[ContentOut]:
    """List content of every kind, or of one."""
    return paged(request, response, service.list_contents(query))


@router.get("/api/content/{content_id}", response={200: ContentOut, **problems(404)})
def get_content(request: HttpRequest, content_id: Path[UUID]) -> ContentOut:
    """Read one piece of content."""
    return service.get_content(content_id)


@router.put("/api/content/{content_id}", response={200: ContentOut, **problems(404, 409)})
def update_content(request: HttpRequest, content_id: Path[UUID], body: ContentIn) -> ContentOut:
    """Replace a piece of content with another of its kind."""
    return service.update_content(content_id, body)


@router.delete("/api/content/{content_id}", response={204: None, **problems(404)})
def delete_content(request: HttpRequest, content_id: Path[UUID]) -> tuple[int, None]:
    """Delete a piece of content."""
    service.delete_content(content_id)
    return 204, None
