"""The JSON API of the press."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ..web.api import LIST, paged, problems
from . import service
from .schemas import ContentIn, ContentList, ContentOut

router = APIRouter(tags=["polymorphic"])


@router.post("/api/content", status_code=201)
async def create_content(body: ContentIn) -> ContentOut:
    """Publish an article, a video or a podcast."""
    return await service.create_content(body)


@router.get("/api/content", responses=LIST)
async def list_contents(
    request: Request,
    response: Response,
    query: Annotated[ContentList, Query()],
) -> list[ContentOut]:
    """List content of every kind, or of one."""
    return paged(request, response, await service.list_contents(query))


@router.get("/api/content/{content_id}", responses=problems(404))
async def get_content(content_id: UUID) -> ContentOut:
    """Read one piece of content."""
    return await service.get_content(content_id)


@router.put("/api/content/{content_id}", responses=problems(404, 409))
async def update_content(content_id: UUID, body: ContentIn) -> ContentOut:
    """Replace a piece of content with another of its kind."""
    return await service.update_content(content_id, body)


@router.delete("/api/content/{content_id}", status_code=204, responses=problems(404))
async def delete_content(content_id: UUID) -> None:
    """Delete a piece of content."""
    await service.delete_content(content_id)
