"""The pages of the tracker: a release with its runs, and one run with its events."""

from contextlib import suppress

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from ..errors import Conflict, NotFound
from ..web import charts
from ..web.forms import Form, read_query
from ..web.pages import see_other
from . import service
from .board import Board, read_board, read_run
from .models import Status
from .plugins import PLUGINS
from .plugins.base import PluginDetails
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
    TrackerQuery,
)

COLOURED: tuple[Status, ...] = ("running", "passed", "failed", "aborted", "created")
"""The statuses in the order of a chart's colours: accent, success, danger, and two muted ones."""
CHARTED = 6
"""How many tests have a bar in the chart."""
LABEL = 16
"""How many characters of their names it shows."""

pages = Blueprint("argus", __name__, template_folder="templates")


@pages.get("/tracker")
def tracker() -> ResponseReturnValue:
    """The runs of a release, a user's notifications, and the form for a run."""
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
    return see_other("argus.run", run=run.id, viewer=choice.viewer)


@pages.post("/tracker/read")
def read() -> ResponseReturnValue:
    """Mark a notification as read and go back to the release."""
    form = read_query(ReadForm, request.form)
    with suppress(NotFound):
        service.mark_read(form.viewer, form.notification)
    return see_other("argus.tracker", viewer=form.viewer, release=form.release)


@pages.get("/tracker/run")
def run() -> ResponseReturnValue:
    """One run: its status, what its plugin shows of it, and its events."""
    query = read_query(RunQuery, request.args)
    return show_run(query, Form())


@pages.post("/tracker/run/move")
def move() -> ResponseReturnValue:
    """Move a run and show it; if it cannot move there, or no longer can, say so."""
    form = read_query(MoveForm, request.form)
    try:
        service.move_run(form.run, form)
    except Conflict:
        return show_run(RunQuery(run=form.run, viewer=form.viewer), Form(), 409)
    return see_other("argus.run", run=form.run, viewer=form.viewer)


@pages.post("/tracker/run/event")
def add_event() -> ResponseReturnValue:
    """Add an event to a run and show it, or show the form again with what is wrong."""
    form = Form.read(EventForm, request.form)
    key = read_query(RunPage, form.values)
    if form.data is None:
        return show_run(RunQuery(**key.model_dump()), form, 422)
    event = form.data.model_dump(include=set(EventCreate.model_fields))
    service.add_events(key.run, EventBatch.model_validate([event]))
    return see_other("argus.run", run=key.run, viewer=key.viewer)


def show_board(
    query: TrackerQuery, form: Form[RunForm], details: Form[PluginDetails], status: int = 200
) -> ResponseReturnValue:
    """Render the release page with the form for a run and, in it, the fields of its plugin."""
    board = read_board(query)
    chart = draw(board)
    return render_template("argus/tracker.html", board=board, chart=chart, form=form, details=details), status


def show_run(query: RunQuery, form: Form[EventForm], status: int = 200) -> ResponseReturnValue:
    """Render a run's page with the form for an event; 409 says that a move was refused."""
    view = read_run(query)
    return render_template("argus/run.html", view=view, form=form, refused=status == 409), status


def draw(board: Board) -> Markup:
    """Return the chart of a release: the tests with the most runs, and their runs by status."""
    tests = sorted(board.counts, key=lambda test: -board.counts[test].total())[:CHARTED]
    labels = [test if len(test) <= LABEL else f"{test[: LABEL - 1]}…" for test in tests]
    series: dict[str, list[int]] = {status: [board.counts[test][status] for test in tests] for status in COLOURED}
    return charts.draw("stacked bars", f"Runs of {board.shown.release} by test and status", labels, series)
