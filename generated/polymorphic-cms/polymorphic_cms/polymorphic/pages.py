"""The pages of the press: the feed of every kind, and the form for one piece of content."""

from contextlib import suppress

from fastapi import APIRouter, Request, Response

from ..errors import NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .press import read_press
from .schemas import FORMS, ContentIn, ContentKey, ContentOut, DraftForm, FormKind, PressQuery, Removal

router = APIRouter(include_in_schema=False)


@router.get("/", name="polymorphic.press")
async def press(request: Request) -> Response:
    """The feed, of every kind or of one, and the form for the chosen kind."""
    query = read_query(PressQuery, request.query_params)
    return await show_press(request, query, Form())


@router.post("/press/publish", name="polymorphic.publish")
async def publish(request: Request) -> Response:
    """Publish content and go back to the press, or show its kind's form again with what is wrong."""
    submitted = await request.form()
    kind = read_query(FormKind, submitted).kind
    form = Form.read(FORMS[kind], submitted)
    if form.data is None:
        return await show_press(request, PressQuery(draft=kind), form, 422)
    content = await service.create_content(ContentIn(form.data))
    return see_other(request, "polymorphic.press", draft=kind, printed=content.root.id)


@router.get("/press/edit", name="polymorphic.edit")
async def edit(request: Request) -> Response:
    """One piece of content in the form for its kind."""
    key = read_query(ContentKey, request.query_params)
    content = await service.get_content(key.id)
    return render(request, "polymorphic/edit.html", content=content.root, form=filled_in(content))


@router.post("/press/save", name="polymorphic.save")
async def save(request: Request) -> Response:
    """Replace a piece of content with its form's values, or show the form again with what is wrong."""
    submitted = await request.form()
    key = read_query(ContentKey, submitted)
    form = Form.read(FORMS[read_query(FormKind, submitted).kind], submitted)
    if form.data is None:
        content = await service.get_content(key.id)
        return render(request, "polymorphic/edit.html", 422, content=content.root, form=form)
    await service.update_content(key.id, ContentIn(form.data))
    return see_other(request, "polymorphic.press", printed=key.id)


@router.post("/press/remove", name="polymorphic.remove")
async def remove(request: Request) -> Response:
    """Delete a piece of content and go back to the feed; one that is already gone counts as deleted."""
    removal = read_query(Removal, await request.form())
    with suppress(NotFound):
        await service.delete_content(removal.id)
    return see_other(request, "polymorphic.press", kind=removal.kind)


async def show_press(request: Request, query: PressQuery, form: Form[DraftForm], status: int = 200) -> Response:
    """Render the press with the form for `query.draft`."""
    press = await read_press(query)
    return render(request, "polymorphic/press.html", status, press=press, query=query, kinds=FORMS, form=form)


def filled_in(content: ContentOut) -> Form[DraftForm]:
    """Return the form of a piece of content, filled in."""
    fields = content.root.model_dump(include=set(FORMS[content.root.kind].model_fields)).items()
    return Form({name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in fields})
