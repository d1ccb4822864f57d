"""The pages of the tracker: a release with its runs, and one run with its events."""

from contextlib import suppress
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from .. import charts
from ..errors import Conflict, NotFound
from ..forms import Form, read_query
from ..schemas import Schema
from ..web import see_other
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

pages = Blueprint("argus", __name__, template_folder="templates")


@pages.get("/")
def tracker() -> ResponseReturnValue:
    """The runs of a release, somebody's notifications, and the form of a run."""
    query = read_query(TrackerQuery, request.args)
    return show_board(query, Form(), Form())


@pages.post("/tracker/create")
def create() -> ResponseReturnValue:
    """Create a run and show it, or show the form again with what is wrong."""
    posted = request.form
    choice = read_query(FormChoice, posted)
    form = Form.read(RunForm, posted)
    details = Form.read(PLUGINS[choice.plugin].Details, posted)
    if form.data is None or details.data is None:
        return show_board(TrackerQuery(**choice.model_dump()), form, details, 422)
    run = service.create_run(RunCreate(**form.data.model_dump(), details=details.data.model_dump()))
    return see_other(address_of(RunPage(run=run.id, viewer=choice.viewer)))


@pages.post("/tracker/read")
def read() -> ResponseReturnValue:
    """Mark a notification as read and go back to the release."""
    form = read_query(ReadForm, request.form)
    with suppress(NotFound):
        service.mark_read(form.viewer, form.notification)
    return see_other("/?" + parameters(TrackerQuery(viewer=form.viewer, release=form.release)))


@pages.get("/tracker/run")
def run() -> ResponseReturnValue:
    """One run: how it stands, what its plugin says of it, and its events."""
    query = read_query(RunQuery, request.args)
    return show_run(query, Form())


@pages.post("/tracker/run/move")
def move() -> ResponseReturnValue:
    """Move a run and show it; where it cannot move there, or not any more, show what stands in the way."""
    form = read_query(MoveForm, request.form)
    try:
        service.move_run(form.run, form)
    except Conflict as conflict:
        query = RunQuery(run=form.run, viewer=form.viewer)
        return show_run(query, Form(), 409, conflict.detail["existing"]["status"])
    return see_other(address_of(form))


@pages.post("/tracker/run/event")
def add_event() -> ResponseReturnValue:
    """Add an event to a run and show it, or show the form again with what is wrong."""
    form = Form.read(EventForm, request.form)
    key = read_query(RunPage, form.values)
    if form.data is None:
        return show_run(RunQuery(**key.model_dump()), form, 422)
    event = form.data.model_dump(include=set(EventCreate.model_fields))
    service.add_events(key.run, EventBatch.model_validate([event]))
    return see_other(address_of(key))


def show_board(query: TrackerQuery, form: Form, details: Form, status: int = 200) -> ResponseReturnValue:
    """Render the release page with the form of a run and, in it, the fields of its plugin."""
    board = service.look_at_release(query)
    chart = draw(board)
    return render_template("argus/tracker.html", board=board, chart=chart, form=form, details=details), status


def show_run(query: RunQuery, form: Form, status: int = 200, refusal: str = "") -> ResponseReturnValue:
    """Render a run's page with the form of an event, and with the status that refuses a move."""
    view = service.look_at_run(query)
    return render_template("argus/run.html", view=view, form=form, refusal=refusal), status


def draw(board: service.Board) -> Markup:
    """Return the chart of a release: the tests with most runs, and their runs by status."""
    tests = sorted(board.counts, key=lambda test: -board.counts[test].total())[:CHARTED]
    labels = [test if len(test) <= LABEL else f"{test[: LABEL - 1]}…" for test in tests]
    series = {status: [board.counts[test][status] for test in tests] for status in COLOURED}
    return charts.bars(f"Runs of {board.shown.release} by test and status", labels, series, stacked=True)


def address_of(page: RunPage) -> str:
    """Return the address of a run's page."""
    return "/tracker/run?" + parameters(RunPage(run=page.run, viewer=page.viewer))


def parameters(query: Schema) -> str:
    """Return the parameters of a page's address."""
    return urlencode(query.model_dump(exclude_none=True, exclude_defaults=True))
