"""The pages of the press: the feed of every kind, and the form of one content."""

from contextlib import suppress

from fastapi import APIRouter, Request, Response

from ..errors import NotFound
from ..forms import Form, read_query
from ..web import render, see_other
from . import service
from .schemas import FORMS, ContentIn, ContentKey, ContentOut, FormKind, PressQuery, Removal

router = APIRouter(include_in_schema=False)


@router.get("/press")
async def feed(request: Request) -> Response:
    """The feed, of every kind or of one, and the form of the kind that is chosen."""
    query = read_query(PressQuery, request.query_params)
    return await show_press(request, query, Form())


@router.post("/press/publish")
async def publish(request: Request) -> Response:
    """Publish a content and go back to the press, or show its kind's form again with what is wrong."""
    submitted = await request.form()
    kind = read_query(FormKind, submitted).kind
    form = Form.read(FORMS[kind], submitted)
    if form.data is None:
        return await show_press(request, PressQuery(draft=kind), form, 422)
    content = await service.create_content(ContentIn(form.data))
    return see_other(f"/press?draft={kind}&printed={content.root.id}")


@router.get("/press/edit")
async def edit(request: Request) -> Response:
    """One content in the form of its kind."""
    key = read_query(ContentKey, request.query_params)
    content = await service.get_content(key.id)
    return render(request, "polymorphic/edit.html", content=content.root, form=filled_in(content))


@router.post("/press/save")
async def save(request: Request) -> Response:
    """Replace a content by what its form holds, or show the form again with what is wrong."""
    submitted = await request.form()
    key = read_query(ContentKey, submitted)
    form = Form.read(FORMS[read_query(FormKind, submitted).kind], submitted)
    if form.data is None:
        content = await service.get_content(key.id)
        return render(request, "polymorphic/edit.html", 422, content=content.root, form=form)
    await service.update_content(key.id, ContentIn(form.data))
    return see_other(f"/press?printed={key.id}")


@router.post("/press/remove")
async def remove(request: Request) -> Response:
    """Delete a content and go back to the feed; one that is gone already is as good as deleted."""
    removal = read_query(Removal, await request.form())
    with suppress(NotFound):
        await service.delete_content(removal.id)
    return see_other(f"/press?kind={removal.kind}" if removal.kind else "/press")


async def show_press(request: Request, query: PressQuery, form: Form, status: int = 200) -> Response:
    """Render the press with the form of `query.draft`."""
    press = await service.look(query)
    return render(request, "polymorphic/press.html", status, press=press, query=query, kinds=FORMS, form=form)


def filled_in(content: ContentOut) -> Form:
    """Return a content as the fields of its form show it."""
    fields = content.root.model_dump(include=set(FORMS[content.root.kind].model_fields)).items()
    return Form({name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in fields})
