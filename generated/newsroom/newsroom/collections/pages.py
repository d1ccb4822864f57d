"""The pages of the Tag Mind: the tag cloud with its articles, and one article."""

from contextlib import suppress
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..errors import Conflict, NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .mind import read_mind
from .schemas import ArticleForm, ArticleKey, MetadataForm, MetadataKey, MindQuery, NoteForm, TagKey, TagsAdd, TagsForm

MindForm = Form[ArticleForm] | Form[TagsForm]
PartForm = Form[NoteForm] | Form[MetadataForm]


@require_safe
def mind(request: HttpRequest) -> HttpResponse:
    """The tag cloud, and all articles or those with one tag."""
    query = read_query(MindQuery, request.GET)
    return show_mind(request, query, Form())


@require_POST
def write(request: HttpRequest) -> HttpResponse:
    """Write an article and show it, or show the form again with what is wrong."""
    form = Form.read(ArticleForm, request.POST)
    if form.data is None:
        return show_mind(request, MindQuery(), form, 422)
    article = service.create_article(form.data.article())
    return see_other(request, "collections:read", article=article.id)


@require_POST
def add_tags(request: HttpRequest) -> HttpResponse:
    """Add tags to a card's article, or show the card again with what is wrong."""
    form = Form.read(TagsForm, request.POST)
    query = read_query(MindQuery, form.values)
    if form.data is None:
        return show_mind(request, query, form, 422)
    try:
        service.add_tags(form.data.article, TagsAdd(tags=form.data.added))
    except Conflict as conflict:
        form.errors["added"] = conflict.detail
        return show_mind(request, query, form, 409)
    return see_other(request, "collections:mind", **shown(query))


@require_POST
def remove_tag(request: HttpRequest) -> HttpResponse:
    """Remove a tag from a card's article; one that is already gone counts as removed."""
    key = read_query(TagKey, request.POST)
    with suppress(NotFound):
        service.remove_tag(key.article, key.removed)
    return see_other(request, "collections:mind", **shown(key))


@require_safe
def read(request: HttpRequest) -> HttpResponse:
    """One article with its notes, its metadata and its history."""
    key = read_query(ArticleKey, request.GET)
    return show_article(request, key.article, Form())


@require_POST
def add_note(request: HttpRequest) -> HttpResponse:
    """Add a note to an article, or show the form again with what is wrong."""
    form = Form.read(NoteForm, request.POST)
    key = read_query(ArticleKey, form.values)
    if form.data is None:
        return show_article(request, key.article, form, 422)
    try:
        service.add_note(key.article, form.data)
    except Conflict as conflict:
        form.errors["text"] = conflict.detail
        return show_article(request, key.article, form, 409)
    return see_other(request, "collections:read", article=key.article)


@require_POST
def set_metadata(request: HttpRequest) -> HttpResponse:
    """Set a metadata entry of an article, or show the form again with what is wrong."""
    form = Form.read(MetadataForm, request.POST)
    key = read_query(ArticleKey, form.values)
    if form.data is None:
        return show_article(request, key.article, form, 422)
    try:
        service.set_metadata(key.article, form.data.key, form.data)
    except Conflict as conflict:
        form.errors["key"] = conflict.detail
        return show_article(request, key.article, form, 409)
    return see_other(request, "collections:read", article=key.article)


@require_POST
def remove_metadata(request: HttpRequest) -> HttpResponse:
    """Remove a metadata entry of an article; one that is already gone counts as removed."""
    key = read_query(MetadataKey, request.POST)
    with suppress(NotFound):
        service.remove_metadata(key.article, key.key)
    return see_other(request, "collections:read", article=key.article)


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Delete an article and go back to the others; one that is already gone counts as deleted."""
    key = read_query(ArticleKey, request.POST)
    with suppress(NotFound):
        service.delete_article(key.article)
    return see_other(request, "collections:mind")


def show_mind(request: HttpRequest, query: MindQuery, form: MindForm, status: int = 200) -> HttpResponse:
    """Render the cloud and the articles, with the form for a new article or for one card's tags."""
    mind = read_mind(query)
    return render(request, "collections/mind.html", status, mind=mind, form=form)


def show_article(request: HttpRequest, article_id: UUID, form: PartForm, status: int = 200) -> HttpResponse:
    """Render one article, with the form for a note or for a metadata entry."""
    article = service.get_article(article_id)
    return render(request, "collections/article.html", status, article=article, form=form)


def shown(query: MindQuery) -> dict[str, object]:
    """Return the query string that leads back to the part of the list a card was on."""
    return query.model_dump(include=set(MindQuery.model_fields), exclude_none=True)
