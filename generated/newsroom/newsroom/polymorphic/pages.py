"""The pages of the press: the feed of every kind, and the form for one piece of content."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .press import read_press
from .schemas import FORMS, ContentIn, ContentKey, ContentOut, DraftForm, FormKind, PressQuery, Removal


@require_safe
def press(request: HttpRequest) -> HttpResponse:
    """The feed, of every kind or of one, and the form for the chosen kind."""
    query = read_query(PressQuery, request.GET)
    return show_press(request, query, Form())


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish content and go back to the press, or show its kind's form again with what is wrong."""
    submitted = request.POST
    kind = read_query(FormKind, submitted).kind
    form = Form.read(FORMS[kind], submitted)
    if form.data is None:
        return show_press(request, PressQuery(draft=kind), form, 422)
    content = service.create_content(ContentIn(form.data))
    return see_other(request, "polymorphic:press", draft=kind, printed=content.root.id)


@require_safe
def edit(request: HttpRequest) -> HttpResponse:
    """One piece of content in the form for its kind."""
    key = read_query(ContentKey, request.GET)
    content = service.get_content(key.id)
    return render(request, "polymorphic/edit.html", content=content.root, form=filled_in(content))


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Replace a piece of content with its form's values, or show the form again with what is wrong."""
    submitted = request.POST
    key = read_query(ContentKey, submitted)
    form = Form.read(FORMS[read_query(FormKind, submitted).kind], submitted)
    if form.data is None:
        content = service.get_content(key.id)
        return render(request, "polymorphic/edit.html", 422, content=content.root, form=form)
    service.update_content(key.id, ContentIn(form.data))
    return see_other(request, "polymorphic:press", printed=key.id)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Delete a piece of content and go back to the feed; one that is already gone counts as deleted."""
    removal = read_query(Removal, request.POST)
    with suppress(NotFound):
        service.delete_content(removal.id)
    return see_other(request, "polymorphic:press", kind=removal.kind)


def show_press(request: HttpRequest, query: PressQuery, form: Form[DraftForm], status: int = 200) -> HttpResponse:
    """Render the press with the form for `query.draft`."""
    press = read_press(query)
    return render(request, "polymorphic/press.html", status, press=press, query=query, kinds=FORMS, form=form)


def filled_in(content: ContentOut) -> Form[DraftForm]:
    """Return the form of a piece of content, filled in."""
    fields = content.root.model_dump(include=set(FORMS[content.root.kind].model_fields)).items()
    return Form({name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in fields})
