"""The JSON API of the Tag Mind."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import ArticleCreate, ArticleList, ArticleUpdate, Label, MetadataValue, NoteAdd, TagList, TagOut, TagsAdd

router = APIRouter(tags=["collections"])


@router.post("/api/articles", status_code=201)
async def create_article(body: ArticleCreate) -> models.Article:
    """Write an article."""
    return await service.create_article(body)


@router.get("/api/articles", responses=LIST)
async def list_articles(
    request: Request,
    response: Response,
    query: Annotated[ArticleList, Query()],
) -> list[models.Article]:
    """List the articles, all or those of one tag."""
    return paged(request, response, await service.list_articles(query))


@router.get("/api/articles/{article_id}", responses=problems(404))
async def get_article(article_id: UUID) -> models.Article:
    """Read one article."""
    return await service.get_article(article_id)


@router.put("/api/articles/{article_id}", responses=problems(404))
async def replace_article(article_id: UUID, body: ArticleUpdate) -> models.Article:
    """Replace all of an article but its notes and history."""
    return await service.replace_article(article_id, body)


@router.delete("/api/articles/{article_id}", status_code=204, responses=problems(404))
async def delete_article(article_id: UUID) -> None:
    """Delete an article."""
    await service.delete_article(article_id)


@router.post("/api/articles/{article_id}/tags", responses=problems(404, 409))
async def add_tags(article_id: UUID, body: TagsAdd) -> models.Article:
    """Add tags to an article."""
    return await service.add_tags(article_id, body)


@router.delete("/api/articles/{article_id}/tags/{tag}", responses=problems(404))
async def remove_tag(article_id: UUID, tag: Label) -> models.Article:
    """Remove a tag from an article."""
    return await service.remove_tag(article_id, tag)


@router.post("/api/articles/{article_id}/notes", responses=problems(404, 409))
async def add_note(article_id: UUID, body: NoteAdd) -> models.Article:
    """Add a note at the start or the end of the list."""
    return await service.add_note(article_id, body)


@router.put("/api/articles/{article_id}/metadata/{key}", responses=problems(404, 409))
async def set_metadata(article_id: UUID, key: Label, body: MetadataValue) -> models.Article:
    """Set one entry of the metadata."""
    return await service.set_metadata(article_id, key, body)


@router.delete("/api/articles/{article_id}/metadata/{key}", responses=problems(404))
async def remove_metadata(article_id: UUID, key: Label) -> models.Article:
    """Remove one entry of the metadata."""
    return await service.remove_metadata(article_id, key)


@router.get("/api/tags", responses=LIST)
async def list_tags(request: Request, response: Response, query: Annotated[TagList, Query()]) -> list[TagOut]:
    """List the tags, most used first, and on how many articles each is."""
    return paged(request, response, await service.list_tags(query))
