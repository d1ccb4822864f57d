"""The pages of the tracker: a release with its runs, and one run with its events."""

from contextlib import suppress
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from .. import charts
from ..errors import Conflict, NotFound
from ..forms import Form, read_query
from ..schemas import Schema
from ..web import render, see_other
from . import service
from .plugins import PLUGINS
from .schemas import (
    EventBatch,
    EventCreate,
    EventForm,
    FormChoice,
    MoveForm,
    ReadForm,
    RunCreate,
    RunForm,
    RunPage,
    RunQuery,
    Status,
    TrackerQuery,
)

COLOURED: tuple[Status, ...] = ("running", "passed", "failed", "aborted", "created")
"""The statuses in the order of the colours of a chart: accent, success, danger, and two that stand back."""
CHARTED = 6
"""How many tests have a bar in the chart."""
LABEL = 16
"""How long their names are there."""

router = APIRouter(include_in_schema=False)


@router.get("/tracker")
async def tracker(request: Request) -> Response:
    """The runs of a release, somebody's notifications, and the form of a run."""
    query = read_query(TrackerQuery, request.query_params)
    return await show_board(request, query, Form(), Form())


@router.post("/tracker/create")
async def create(request: Request) -> Response:
    """Create a run and show it, or show the form again with what is wrong."""
    posted = await request.form()
    choice = read_query(FormChoice, posted)
    form = Form.read(RunForm, posted)
    details = Form.read(PLUGINS[choice.plugin].Details, posted)
    if form.data is None or details.data is None:
        return await show_board(request, TrackerQuery(**choice.model_dump()), form, details, 422)
    run = await service.create_run(RunCreate(**form.data.model_dump(), details=details.data.model_dump()))
    return see_other(address_of(RunPage(run=run.id, viewer=choice.viewer)))


@router.post("/tracker/read")
async def read(request: Request) -> Response:
    """Mark a notification as read and go back to the release."""
    form = read_query(ReadForm, await request.form())
    with suppress(NotFound):
        await service.mark_read(form.viewer, form.notification)
    return see_other("/tracker?" + parameters(TrackerQuery(viewer=form.viewer, release=form.release)))


@router.get("/tracker/run")
async def run(request: Request) -> Response:
    """One run: how it stands, what its plugin says of it, and its events."""
    query = read_query(RunQuery, request.query_params)
    return await show_run(request, query, Form())


@router.post("/tracker/run/move")
async def move(request: Request) -> Response:
    """Move a run and show it; where it cannot move there, or not any more, show what stands in the way."""
    form = read_query(MoveForm, await request.form())
    try:
        await service.move_run(form.run, form)
    except Conflict as conflict:
        query = RunQuery(run=form.run, viewer=form.viewer)
        return await show_run(request, query, Form(), 409, conflict.detail["existing"]["status"])
    return see_other(address_of(form))


@router.post("/tracker/run/event")
async def add_event(request: Request) -> Response:
    """Add an event to a run and show it, or show the form again with what is wrong."""
    form = Form.read(EventForm, await request.form())
    key = read_query(RunPage, form.values)
    if form.data is None:
        return await show_run(request, RunQuery(**key.model_dump()), form, 422)
    event = form.data.model_dump(include=set(EventCreate.model_fields))
    await service.add_events(key.run, EventBatch.model_validate([event]))
    return see_other(address_of(key))


async def show_board(request: Request, query: TrackerQuery, form: Form, details: Form, status: int = 200) -> Response:
    """Render the release page with the form of a run and, in it, the fields of its plugin."""
    board = await service.look_at_release(query)
    chart = await draw(board)
    return render(request, "argus/tracker.html", status, board=board, chart=chart, form=form, details=details)


async def show_run(request: Request, query: RunQuery, form: Form, status: int = 200, refusal: str = "") -> Response:
    """Render a run's page with the form of an event, and with the status that refuses a move."""
    view = await service.look_at_run(query)
    return render(request, "argus/run.html", status, view=view, form=form, refusal=refusal)


async def draw(board: service.Board) -> Markup:
    """Return the chart of a release: the tests with most runs, and their runs by status."""
    tests = sorted(board.counts, key=lambda test: -board.counts[test].total())[:CHARTED]
    labels = [test if len(test) <= LABEL else f"{test[: LABEL - 1]}…" for test in tests]
    series = {status: [board.counts[test][status] for test in tests] for status in COLOURED}
    return await charts.bars(f"Runs of {board.shown.release} by test and status", labels, series, stacked=True)


def address_of(page: RunPage) -> str:
    """Return the address of a run's page."""
    return "/tracker/run?" + parameters(RunPage(run=page.run, viewer=page.viewer))


def parameters(query: Schema) -> str:
    """Return the parameters of a page's address."""
    return urlencode(query.model_dump(exclude_none=True, exclude_defaults=True))
