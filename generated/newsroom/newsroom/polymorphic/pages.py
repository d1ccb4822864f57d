"""The pages of the press: the feed of every kind, and the form of one content."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from ..errors import NotFound
from ..forms import Form, read_query
from ..web import see_other
from . import service
from .schemas import FORMS, ContentIn, ContentKey, ContentOut, FormKind, PressQuery, Removal


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The feed, of every kind or of one, and the form of the kind that is chosen."""
    query = read_query(PressQuery, request.GET)
    return show_press(request, query, Form())


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish a content and go back to the press, or show its kind's form again with what is wrong."""
    submitted = request.POST
    kind = read_query(FormKind, submitted).kind
    form = Form.read(FORMS[kind], submitted)
    if form.data is None:
        return show_press(request, PressQuery(draft=kind), form, 422)
    content = service.create_content(ContentIn(form.data))
    return see_other(f"/press?draft={kind}&printed={content.root.id}")


@require_safe
def edit(request: HttpRequest) -> HttpResponse:
    """One content in the form of its kind."""
    key = read_query(ContentKey, request.GET)
    content = service.get_content(key.id)
    return render(request, "polymorphic/edit.html", {"content": content.root, "form": filled_in(content)})


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Replace a content by what its form holds, or show the form again with what is wrong."""
    submitted = request.POST
    key = read_query(ContentKey, submitted)
    form = Form.read(FORMS[read_query(FormKind, submitted).kind], submitted)
    if form.data is None:
        content = service.get_content(key.id)
        return render(request, "polymorphic/edit.html", {"content": content.root, "form": form}, status=422)
    service.update_content(key.id, ContentIn(form.data))
    return see_other(f"/press?printed={key.id}")


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Delete a content and go back to the feed; one that is gone already is as good as deleted."""
    removal = read_query(Removal, request.POST)
    with suppress(NotFound):
        service.delete_content(removal.id)
    return see_other(f"/press?kind={removal.kind}" if removal.kind else "/press")


def show_press(request: HttpRequest, query: PressQuery, form: Form, status: int = 200) -> HttpResponse:
    """Render the press with the form of `query.draft`."""
    press = service.look(query)
    return render(
        request,
        "polymorphic/press.html",
        {"press": press, "query": query, "kinds": FORMS, "form": form},
        status=status,
    )


def filled_in(content: ContentOut) -> Form:
    """Return a content as the fields of its form show it."""
    fields = content.root.model_dump(include=set(FORMS[content.root.kind].model_fields)).items()
    return Form({name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in fields})


urlpatterns = [
    path("press", feed),
    path("press/publish", publish),
    path("press/edit", edit),
    path("press/save", save),
    path("press/remove", remove),
]
