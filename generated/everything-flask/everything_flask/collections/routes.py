"""The JSON API of the Tag Mind."""

from uuid import UUID

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.schemas import Schema
from . import models, service
from .schemas import ArticleCreate, ArticleList, ArticleUpdate, Label, MetadataValue, NoteAdd, TagList, TagOut, TagsAdd

api = api_blueprint("collections", __name__)


class ArticleIdPath(Schema):
    """Parameters of a path: article_id."""

    article_id: UUID


class ArticleIdTagPath(Schema):
    """Parameters of a path: article_id, tag."""

    article_id: UUID
    tag: Label


class ArticleIdKeyPath(Schema):
    """Parameters of a path: article_id, key."""

    article_id: UUID
    key: Label


@api.post("/api/articles", responses={201: models.Article})
def create_article(body: ArticleCreate) -> Response:
    """Write an article."""
    return answer(service.create_article(body), 201)


@api.get("/api/articles", responses={200: listing(models.Article)})
def list_articles(query: ArticleList) -> Response:
    """List the articles, all or those of one tag."""
    return paged(service.list_articles(query))


@api.get("/api/articles/<article_id>", responses={200: models.Article, **problems(404)})
def get_article(path: ArticleIdPath) -> Response:
    """Read one article."""
    return answer(service.get_article(path.article_id))


@api.put("/api/articles/<article_id>", responses={200: models.Article, **problems(404)})
def replace_article(path: ArticleIdPath, body: ArticleUpdate) -> Response:
    """Replace all of an article but its notes and history."""
    return answer(service.replace_article(path.article_id, body))


@api.delete("/api/articles/<article_id>", responses={204: None, **problems(404)})
def delete_article(path: ArticleIdPath) -> Response:
    """Delete an article."""
    service.delete_article(path.article_id)
    return Response(status=204)


@api.post("/api/articles/<article_id>/tags", responses={200: models.Article, **problems(404, 409)})
def add_tags(path: ArticleIdPath, body: TagsAdd) -> Response:
    """Add tags to an article."""
    return answer(service.add_tags(path.article_id, body))


@api.delete("/api/articles/<article_id>/tags/<tag>", responses={200: models.Article, **problems(404)})
def remove_tag(path: ArticleIdTagPath) -> Response:
    """Remove a tag from an article."""
    return answer(service.remove_tag(path.article_id, path.tag))


@api.post("/api/articles/<article_id>/notes", responses={200: models.Article, **problems(404, 409)})
def add_note(path: ArticleIdPath, body: NoteAdd) -> Response:
    """Add a note at the start or the end of the list."""
    return answer(service.add_note(path.article_id, body))


@api.put("/api/articles/<article_id>/metadata/<key>", responses={200: models.Article, **problems(404, 409)})
def set_metadata(path: ArticleIdKeyPath, body: MetadataValue) -> Response:
    """Set one entry of the metadata."""
    return answer(service.set_metadata(path.article_id, path.key, body))


@api.delete("/api/articles/<article_id>/metadata/<key>", responses={200: models.Article, **problems(404)})
def remove_metadata(path: ArticleIdKeyPath) -> Response:
    """Remove one entry of the metadata."""
    return answer(service.remove_metadata(path.article_id, path.key))


@api.get("/api/tags", responses={200: listing(TagOut)})
def list_tags(query: TagList) -> Response:
    """List the tags, most used first, and on how many articles each is."""
    return paged(service.list_tags(query))
