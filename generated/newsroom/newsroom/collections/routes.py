"""The JSON API of the Tag Mind."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import ArticleCreate, ArticleList, ArticleUpdate, Label, MetadataValue, NoteAdd, TagList, TagOut, TagsAdd

router = Router(tags=["collections"])


@router.post("/api/articles", response={201: models.Article})
def create_article(request: HttpRequest, body: ArticleCreate) -> tuple[int, models.Article]:
    """Write an article."""
    return 201, service.create_article(body)


@router.get("/api/articles", response=list[models.Article], openapi_extra={"responses": LIST})
def list_articles(request: HttpRequest, response: HttpResponse, query: Query[ArticleList]) -> list[models.Article]:
    """List the articles, all or those of one tag."""
    return paged(request, response, service.list_articles(query))


@router.get("/api/articles/{article_id}", response={200: models.Article, **problems(404)})
def get_article(request: HttpRequest, article_id: Path[UUID]) -> models.Article:
    """Read one article."""
    return service.get_article(article_id)


@router.put("/api/articles/{article_id}", response={200: models.Article, **problems(404)})
def replace_article(request: HttpRequest, article_id: Path[UUID], body: ArticleUpdate) -> models.Article:
    """Replace all of an article but its notes and history."""
    return service.replace_article(article_id, body)


@router.delete("/api/articles/{article_id}", response={204: None, **problems(404)})
def delete_article(request: HttpRequest, article_id: Path[UUID]) -> tuple[int, None]:
    """Delete an article."""
    service.delete_article(article_id)
    return 204, None


@router.post("/api/articles/{article_id}/tags", response={200: models.Article, **problems(404, 409)})
def add_tags(request: HttpRequest, article_id: Path[UUID], body: TagsAdd) -> models.Article:
    """Add tags to an article."""
    return service.add_tags(article_id, body)


@router.delete("/api/articles/{article_id}/tags/{tag}", response={200: models.Article, **problems(404)})
def remove_tag(request: HttpRequest, article_id: Path[UUID], tag: Path[Label]) -> models.Article:
    """Remove a tag from an article."""
    return service.remove_tag(article_id, tag)


@router.post("/api/articles/{article_id}/notes", response={200: models.Article, **problems(404, 409)})
def add_note(request: HttpRequest, article_id: Path[UUID], body: NoteAdd) -> models.Article:
    """Add a note at the start or the end of the list."""
    return service.add_note(article_id, body)


@router.put("/api/articles/{article_id}/metadata/{key}", response={200: models.Article, **problems(404, 409)})
def set_metadata(request: HttpRequest, article_id: Path[UUID], key: Path[Label], body: MetadataValue) -> models.Article:
    """Set one entry of the metadata."""
    return service.set_metadata(article_id, key, body)


@router.delete("/api/articles/{article_id}/metadata/{key}", response={200: models.Article, **problems(404)})
def remove_metadata(request: HttpRequest, article_id: Path[UUID], key: Path[Label]) -> models.Article:
    """Remove one entry of the metadata."""
    return service.remove_metadata(article_id, key)


@router.get("/api/tags", response=list[TagOut], openapi_extra={"responses": LIST})
def list_tags(request: HttpRequest, response: HttpResponse, query: Query[TagList]) -> list[TagOut]:
    """List the tags, most used first, and on how many articles each is."""
    return paged(request, response, service.list_tags(query))
