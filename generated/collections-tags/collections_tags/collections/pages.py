"""The pages of the Tag Mind: the tag cloud with its articles, and one article."""

from contextlib import suppress
from uuid import UUID

from fastapi import APIRouter, Request, Response

from ..errors import Conflict, NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .mind import read_mind
from .schemas import ArticleForm, ArticleKey, MetadataForm, MetadataKey, MindQuery, NoteForm, TagKey, TagsAdd, TagsForm

router = APIRouter(include_in_schema=False)

MindForm = Form[ArticleForm] | Form[TagsForm]
PartForm = Form[NoteForm] | Form[MetadataForm]


@router.get("/", name="collections.mind")
async def mind(request: Request) -> Response:
    """The tag cloud, and all articles or those with one tag."""
    query = read_query(MindQuery, request.query_params)
    return await show_mind(request, query, Form())


@router.post("/mind/write", name="collections.write")
async def write(request: Request) -> Response:
    """Write an article and show it, or show the form again with what is wrong."""
    form = Form.read(ArticleForm, await request.form())
    if form.data is None:
        return await show_mind(request, MindQuery(), form, 422)
    article = await service.create_article(form.data.article())
    return see_other(request, "collections.read", article=article.id)


@router.post("/mind/tags/add", name="collections.add_tags")
async def add_tags(request: Request) -> Response:
    """Add tags to a card's article, or show the card again with what is wrong."""
    form = Form.read(TagsForm, await request.form())
    query = read_query(MindQuery, form.values)
    if form.data is None:
        return await show_mind(request, query, form, 422)
    try:
        await service.add_tags(form.data.article, TagsAdd(tags=form.data.added))
    except Conflict as conflict:
        form.errors["added"] = conflict.detail
        return await show_mind(request, query, form, 409)
    return see_other(request, "collections.mind", **shown(query))


@router.post("/mind/tags/remove", name="collections.remove_tag")
async def remove_tag(request: Request) -> Response:
    """Remove a tag from a card's article; one that is already gone counts as removed."""
    key = read_query(TagKey, await request.form())
    with suppress(NotFound):
        await service.remove_tag(key.article, key.removed)
    return see_other(request, "collections.mind", **shown(key))


@router.get("/mind/article", name="collections.read")
async def read(request: Request) -> Response:
    """One article with its notes, its metadata and its history."""
    key = read_query(ArticleKey, request.query_params)
    return await show_article(request, key.article, Form())


@router.post("/mind/article/note", name="collections.add_note")
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
    return see_other(request, "collections.read", article=key.article)


@router.post("/mind/article/metadata/set", name="collections.set_metadata")
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
    return see_other(request, "collections.read", article=key.article)


@router.post("/mind/article/metadata/remove", name="collections.remove_metadata")
async def remove_metadata(request: Request) -> Response:
    """Remove a metadata entry of an article; one that is already gone counts as removed."""
    key = read_query(MetadataKey, await request.form())
    with suppress(NotFound):
        await service.remove_metadata(key.article, key.key)
    return see_other(request, "collections.read", article=key.article)


@router.post("/mind/article/delete", name="collections.delete")
async def delete(request: Request) -> Response:
    """Delete an article and go back to the others; one that is already gone counts as deleted."""
    key = read_query(ArticleKey, await request.form())
    with suppress(NotFound):
        await service.delete_article(key.article)
    return see_other(request, "collections.mind")


async def show_mind(request: Request, query: MindQuery, form: MindForm, status: int = 200) -> Response:
    """Render the cloud and the articles, with the form for a new article or for one card's tags."""
    mind = await read_mind(query)
    return render(request, "collections/mind.html", status, mind=mind, form=form)


async def show_article(request: Request, article_id: UUID, form: PartForm, status: int = 200) -> Response:
    """Render one article, with the form for a note or for a metadata entry."""
    article = await service.get_article(article_id)
    return render(request, "collections/article.html", status, article=article, form=form)


def shown(query: MindQuery) -> dict[str, object]:
    """Return the query string that leads back to the part of the list a card was on."""
    return query.model_dump(include=set(MindQuery.model_fields), exclude_none=True)
