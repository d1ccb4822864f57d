"""The pages of the Tag Mind: the tag cloud with its articles, and one article."""

from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response

from ..errors import Conflict, NotFound
from ..forms import Form, read_query
from ..web import render, see_other
from . import service
from .schemas import ArticleForm, ArticleKey, MetadataForm, MetadataKey, MindQuery, NoteForm, TagKey, TagsAdd, TagsForm

router = APIRouter(include_in_schema=False)


@router.get("/mind")
async def mind(request: Request) -> Response:
    """The tag cloud, and the articles of one tag or of all."""
    query = read_query(MindQuery, request.query_params)
    return await show_mind(request, query, Form())


@router.post("/mind/write")
async def write(request: Request) -> Response:
    """Write an article and show it, or show the form again with what is wrong."""
    form = Form.read(ArticleForm, await request.form())
    if form.data is None:
        return await show_mind(request, MindQuery(), form, 422)
    article = await service.create_article(form.data.article())
    return see_other(address_of(article.id))


@router.post("/mind/tags/add")
async def add_tags(request: Request) -> Response:
    """Add tags to the article of a card, or show the card again with what is wrong."""
    form = Form.read(TagsForm, await request.form())
    query = read_query(MindQuery, form.values)
    if form.data is None:
        return await show_mind(request, query, form, 422)
    try:
        await service.add_tags(form.data.article, TagsAdd(tags=form.data.added))
    except Conflict as conflict:
        form.errors["added"] = conflict.detail
        return await show_mind(request, query, form, 409)
    return see_other(back_to(query))


@router.post("/mind/tags/remove")
async def remove_tag(request: Request) -> Response:
    """Remove a tag from the article of a card; one that is gone already is as good as removed."""
    key = read_query(TagKey, await request.form())
    with suppress(NotFound):
        await service.remove_tag(key.article, key.removed)
    return see_other(back_to(key))


@router.get("/mind/article")
async def read(request: Request) -> Response:
    """One article with its notes, its metadata and its history."""
    key = read_query(ArticleKey, request.query_params)
    return await show_article(request, key.article, Form())


@router.post("/mind/article/note")
async def add_note(request: Request) -> Response:
    """Add a note to an article, or show the form again with what is wrong."""
    form = Form.read(NoteForm, await request.form())
    key = read_query(ArticleKey, form.values)
    if form.data is None:
        return await show_article(request, key.article, form, 422)
    try:
        await service.add_note(key.article, form.data)
    except Conflict as conflict:
        form.errors["text"] = conflict.detail
        return await show_article(request, key.article, form, 409)
    return see_other(address_of(key.article))


@router.post("/mind/article/metadata/set")
async def set_metadata(request: Request) -> Response:
    """Set a metadata entry of an article, or show the form again with what is wrong."""
    form = Form.read(MetadataForm, await request.form())
    key = read_query(ArticleKey, form.values)
    if form.data is None:
        return await show_article(request, key.article, form, 422)
    try:
        await service.set_metadata(key.article, form.data.key, form.data)
    except Conflict as conflict:
        form.errors["key"] = conflict.detail
        return await show_article(request, key.article, form, 409)
    return see_other(address_of(key.article))


@router.post("/mind/article/metadata/remove")
async def remove_metadata(request: Request) -> Response:
    """Remove a metadata entry of an article; one that is gone already is as good as removed."""
    key = read_query(MetadataKey, await request.form())
    with suppress(NotFound):
        await service.remove_metadata(key.article, key.key)
    return see_other(address_of(key.article))


@router.post("/mind/article/delete")
async def delete(request: Request) -> Response:
    """Delete an article and go back to the others; one that is gone already is as good as deleted."""
    key = read_query(ArticleKey, await request.form())
    with suppress(NotFound):
        await service.delete_article(key.article)
    return see_other("/mind")


async def show_mind(request: Request, query: MindQuery, form: Form, status: int = 200) -> Response:
    """Render the cloud and the articles, with the form of a new one or of one card's tags."""
    mind = await service.look(query)
    return render(request, "collections/mind.html", status, mind=mind, form=form)


async def show_article(request: Request, article_id: UUID, form: Form, status: int = 200) -> Response:
    """Render one article, with the form of a note or of a metadata entry."""
    article = await service.get_article(article_id)
    return render(request, "collections/article.html", status, article=article, form=form)


def address_of(article_id: UUID) -> str:
    """Return the address of an article's page."""
    return f"/mind/article?article={article_id}"


def back_to(query: MindQuery) -> str:
    """Return the address of the part of the page that a card was on."""
    shown = query.model_dump(include=set(MindQuery.model_fields), exclude_none=True)
    return "/mind?" + urlencode(shown) if shown else "/mind"
