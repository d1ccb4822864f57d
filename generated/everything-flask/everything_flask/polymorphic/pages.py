"""The pages of the press: the feed of every kind, and the form for one piece of content."""

from contextlib import suppress

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import see_other
from . import service
from .press import read_press
from .schemas import FORMS, ContentIn, ContentKey, ContentOut, DraftForm, FormKind, PressQuery, Removal

pages = Blueprint("polymorphic", __name__, template_folder="templates")


@pages.get("/press")
def press() -> ResponseReturnValue:
    """The feed, of every kind or of one, and the form for the chosen kind."""
    query = read_query(PressQuery, request.args)
    return show_press(query, Form())


@pages.post("/press/publish")
def publish() -> ResponseReturnValue:
    """Publish content and go back to the press, or show its kind's form again with what is wrong."""
    submitted = request.form
    kind = read_query(FormKind, submitted).kind
    form = Form.read(FORMS[kind], submitted)
    if form.data is None:
        return show_press(PressQuery(draft=kind), form, 422)
    content = service.create_content(ContentIn(form.data))
    return see_other("polymorphic.press", draft=kind, printed=content.root.id)


@pages.get("/press/edit")
def edit() -> ResponseReturnValue:
    """One piece of content in the form for its kind."""
    key = read_query(ContentKey, request.args)
    content = service.get_content(key.id)
    return render_template("polymorphic/edit.html", content=content.root, form=filled_in(content))


@pages.post("/press/save")
def save() -> ResponseReturnValue:
    """Replace a piece of content with its form's values, or show the form again with what is wrong."""
    submitted = request.form
    key = read_query(ContentKey, submitted)
    form = Form.read(FORMS[read_query(FormKind, submitted).kind], submitted)
    if form.data is None:
        content = service.get_content(key.id)
        return render_template("polymorphic/edit.html", content=content.root, form=form), 422
    service.update_content(key.id, ContentIn(form.data))
    return see_other("polymorphic.press", printed=key.id)


@pages.post("/press/remove")
def remove() -> ResponseReturnValue:
    """Delete a piece of content and go back to the feed; one that is already gone counts as deleted."""
    removal = read_query(Removal, request.form)
    with suppress(NotFound):
        service.delete_content(removal.id)
    return see_other("polymorphic.press", kind=removal.kind)


def show_press(query: PressQuery, form: Form[DraftForm], status: int = 200) -> ResponseReturnValue:
    """Render the press with the form for `query.draft`."""
    press = read_press(query)
    return render_template("polymorphic/press.html", press=press, query=query, kinds=FORMS, form=form), status


def filled_in(content: ContentOut) -> Form[DraftForm]:
    """Return the form of a piece of content, filled in."""
    fields = content.root.model_dump(include=set(FORMS[content.root.kind].model_fields)).items()
    return Form({name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in fields})
