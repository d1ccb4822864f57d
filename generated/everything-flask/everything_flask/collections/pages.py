"""The pages of the Tag Mind: the tag cloud with its articles, and one article."""

from contextlib import suppress
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..errors import Conflict, NotFound
from ..web.forms import Form, read_query
from ..web.pages import see_other
from . import service
from .mind import read_mind
from .schemas import ArticleForm, ArticleKey, MetadataForm, MetadataKey, MindQuery, NoteForm, TagKey, TagsAdd, TagsForm

pages = Blueprint("collections", __name__, template_folder="templates")

MindForm = Form[ArticleForm] | Form[TagsForm]
PartForm = Form[NoteForm] | Form[MetadataForm]


@pages.get("/mind")
def mind() -> ResponseReturnValue:
    """The tag cloud, and all articles or those with one tag."""
    query = read_query(MindQuery, request.args)
    return show_mind(query, Form())


@pages.post("/mind/write")
def write() -> ResponseReturnValue:
    """Write an article and show it, or show the form again with what is wrong."""
    form = Form.read(ArticleForm, request.form)
    if form.data is None:
        return show_mind(MindQuery(), form, 422)
    article = service.create_article(form.data.article())
    return see_other("collections.read", article=article.id)


@pages.post("/mind/tags/add")
def add_tags() -> ResponseReturnValue:
    """Add tags to a card's article, or show the card again with what is wrong."""
    form = Form.read(TagsForm, request.form)
    query = read_query(MindQuery, form.values)
    if form.data is None:
        return show_mind(query, form, 422)
    try:
        service.add_tags(form.data.article, TagsAdd(tags=form.data.added))
    except Conflict as conflict:
        form.errors["added"] = conflict.detail
        return show_mind(query, form, 409)
    return see_other("collections.mind", **shown(query))


@pages.post("/mind/tags/remove")
def remove_tag() -> ResponseReturnValue:
    """Remove a tag from a card's article; one that is already gone counts as removed."""
    key = read_query(TagKey, request.form)
    with suppress(NotFound):
        service.remove_tag(key.article, key.removed)
    return see_other("collections.mind", **shown(key))


@pages.get("/mind/article")
def read() -> ResponseReturnValue:
    """One article with its notes, its metadata and its history."""
    key = read_query(ArticleKey, request.args)
    return show_article(key.article, Form())


@pages.post("/mind/article/note")
def add_note() -> ResponseReturnValue:
    """Add a note to an article, or show the form again with what is wrong."""
    form = Form.read(NoteForm, request.form)
    key = read_query(ArticleKey, form.values)
    if form.data is None:
        return show_article(key.article, form, 422)
    try:
        service.add_note(key.article, form.data)
    except Conflict as conflict:
        form.errors["text"] = conflict.detail
        return show_article(key.article, form, 409)
    return see_other("collections.read", article=key.article)


@pages.post("/mind/article/metadata/set")
def set_metadata() -> ResponseReturnValue:
    """Set a metadata entry of an article, or show the form again with what is wrong."""
    form = Form.read(MetadataForm, request.form)
    key = read_query(ArticleKey, form.values)
    if form.data is None:
        return show_article(key.article, form, 422)
    try:
        service.set_metadata(key.article, form.data.key, form.data)
    except Conflict as conflict:
        form.errors["key"] = conflict.detail
        return show_article(key.article, form, 409)
    return see_other("collections.read", article=key.article)


@pages.post("/mind/article/metadata/remove")
def remove_metadata() -> ResponseReturnValue:
    """Remove a metadata entry of an article; one that is already gone counts as removed."""
    key = read_query(MetadataKey, request.form)
    with suppress(NotFound):
        service.remove_metadata(key.article, key.key)
    return see_other("collections.read", article=key.article)


@pages.post("/mind/article/delete")
def delete() -> ResponseReturnValue:
    """Delete an article and go back to the others; one that is already gone counts as deleted."""
    key = read_query(ArticleKey, request.form)
    with suppress(NotFound):
        service.delete_article(key.article)
    return see_other("collections.mind")


def show_mind(query: MindQuery, form: MindForm, status: int = 200) -> ResponseReturnValue:
    """Render the cloud and the articles, with the form for a new article or for one card's tags."""
    mind = read_mind(query)
    return render_template("collections/mind.html", mind=mind, form=form), status


def show_article(article_id: UUID, form: PartForm, status: int = 200) -> ResponseReturnValue:
    """Render one article, with the form for a note or for a metadata entry."""
    article = service.get_article(article_id)
    return render_template("collections/article.html", article=article, form=form), status


def shown(query: MindQuery) -> dict[str, object]:
    """Return the query string that leads back to the part of the list a card was on."""
    return query.model_dump(include=set(MindQuery.model_fields), exclude_none=True)
