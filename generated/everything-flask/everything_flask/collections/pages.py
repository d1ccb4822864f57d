"""The pages of the Tag Mind: the tag cloud with its articles, and one article."""

from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..errors import Conflict, NotFound
from ..forms import Form, read_query
from ..web import see_other
from . import service
from .schemas import ArticleForm, ArticleKey, MetadataForm, MetadataKey, MindQuery, NoteForm, TagKey, TagsAdd, TagsForm

pages = Blueprint("collections", __name__, template_folder="templates")


@pages.get("/mind")
def mind() -> ResponseReturnValue:
    """The tag cloud, and the articles of one tag or of all."""
    query = read_query(MindQuery, request.args)
    return show_mind(query, Form())


@pages.post("/mind/write")
def write() -> ResponseReturnValue:
    """Write an article and show it, or show the form again with what is wrong."""
    form = Form.read(ArticleForm, request.form)
    if form.data is None:
        return show_mind(MindQuery(), form, 422)
    article = service.create_article(form.data.article())
    return see_other(address_of(article.id))


@pages.post("/mind/tags/add")
def add_tags() -> ResponseReturnValue:
    """Add tags to the article of a card, or show the card again with what is wrong."""
    form = Form.read(TagsForm, request.form)
    query = read_query(MindQuery, form.values)
    if form.data is None:
        return show_mind(query, form, 422)
    try:
        service.add_tags(form.data.article, TagsAdd(tags=form.data.added))
    except Conflict as conflict:
        form.errors["added"] = conflict.detail
        return show_mind(query, form, 409)
    return see_other(back_to(query))


@pages.post("/mind/tags/remove")
def remove_tag() -> ResponseReturnValue:
    """Remove a tag from the article of a card; one that is gone already is as good as removed."""
    key = read_query(TagKey, request.form)
    with suppress(NotFound):
        service.remove_tag(key.article, key.removed)
    return see_other(back_to(key))


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
    return see_other(address_of(key.article))


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
    return see_other(address_of(key.article))


@pages.post("/mind/article/metadata/remove")
def remove_metadata() -> ResponseReturnValue:
    """Remove a metadata entry of an article; one that is gone already is as good as removed."""
    key = read_query(MetadataKey, request.form)
    with suppress(NotFound):
        service.remove_metadata(key.article, key.key)
    return see_other(address_of(key.article))


@pages.post("/mind/article/delete")
def delete() -> ResponseReturnValue:
    """Delete an article and go back to the others; one that is gone already is as good as deleted."""
    key = read_query(ArticleKey, request.form)
    with suppress(NotFound):
        service.delete_article(key.article)
    return see_other("/mind")


def show_mind(query: MindQuery, form: Form, status: int = 200) -> ResponseReturnValue:
    """Render the cloud and the articles, with the form of a new one or of one card's tags."""
    mind = service.look(query)
    return render_template("collections/mind.html", mind=mind, form=form), status


def show_article(article_id: UUID, form: Form, status: int = 200) -> ResponseReturnValue:
    """Render one article, with the form of a note or of a metadata entry."""
    article = service.get_article(article_id)
    return render_template("collections/article.html", article=article, form=form), status


def address_of(article_id: UUID) -> str:
    """Return the address of an article's page."""
    return f"/mind/article?article={article_id}"


def back_to(query: MindQuery) -> str:
    """Return the address of the part of the page that a card was on."""
    shown = query.model_dump(include=set(MindQuery.model_fields), exclude_none=True)
    return "/mind?" + urlencode(shown) if shown else "/mind"
