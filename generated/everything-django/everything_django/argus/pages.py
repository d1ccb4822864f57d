"""The pages of the tracker: a release with its runs, and one run with its events."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe
from markupsafe import Markup

from ..errors import Conflict, NotFound
from ..web import charts
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
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


@require_safe
def tracker(request: HttpRequest) -> HttpResponse:
    """The runs of a release, a user's notifications, and the form for a run."""
    query = read_query(TrackerQuery, request.GET)
    return show_board(request, query, Form(), Form())


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Create a run and show it, or show the form again with what is wrong."""
    posted = request.POST
    choice = read_query(FormChoice, posted)
    form = Form.read(RunForm, posted)
    details = Form.read(PLUGINS[choice.plugin].Details, posted)
    if form.data is None or details.data is None:
        return show_board(request, TrackerQuery(**choice.model_dump()), form, details, 422)
    run = service.create_run(RunCreate(**form.data.model_dump(), details=details.data.model_dump()))
    return see_other(request, "argus:run", run=run.id, viewer=choice.viewer)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark a notification as read and go back to the release."""
    form = read_query(ReadForm, request.POST)
    with suppress(NotFound):
        service.mark_read(form.viewer, form.notification)
    return see_other(request, "argus:tracker", viewer=form.viewer, release=form.release)


@require_safe
def run(request: HttpRequest) -> HttpResponse:
    """One run: its status, what its plugin shows of it, and its events."""
    query = read_query(RunQuery, request.GET)
    return show_run(request, query, Form())


@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Move a run and show it; if it cannot move there, or no longer can, say so."""
    form = read_query(MoveForm, request.POST)
    try:
        service.move_run(form.run, form)
    except Conflict:
        return show_run(request, RunQuery(run=form.run, viewer=form.viewer), Form(), 409)
    return see_other(request, "argus:run", run=form.run, viewer=form.viewer)


@require_POST
def add_event(request: HttpRequest) -> HttpResponse:
    """Add an event to a run and show it, or show the form again with what is wrong."""
    form = Form.read(EventForm, request.POST)
    key = read_query(RunPage, form.values)
    if form.data is None:
        return show_run(request, RunQuery(**key.model_dump()), form, 422)
    event = form.data.model_dump(include=set(EventCreate.model_fields))
    service.add_events(key.run, EventBatch.model_validate([event]))
    return see_other(request, "argus:run", run=key.run, viewer=key.viewer)


def show_board(
    request: HttpRequest, query: TrackerQuery, form: Form[RunForm], details: Form[PluginDetails], status: int = 200
) -> HttpResponse:
    """Render the release page with the form for a run and, in it, the fields of its plugin."""
    board = read_board(query)
    chart = draw(board)
    return render(request, "argus/tracker.html", status, board=board, chart=chart, form=form, details=details)


def show_run(request: HttpRequest, query: RunQuery, form: Form[EventForm], status: int = 200) -> HttpResponse:
    """Render a run's page with the form for an event; 409 says that a move was refused."""
    view = read_run(query)
    return render(request, "argus/run.html", status, view=view, form=form, refused=status == 409)


def draw(board: Board) -> Markup:
    """Return the chart of a release: the tests with the most runs, and their runs by status."""
    tests = sorted(board.counts, key=lambda test: -board.counts[test].total())[:CHARTED]
    labels = [test if len(test) <= LABEL else f"{test[: LABEL - 1]}…" for test in tests]
    series: dict[str, list[int]] = {status: [board.counts[test][status] for test in tests] for status in COLOURED}
    return charts.draw("stacked bars", f"Runs of {board.shown.release} by test and status", labels, series)
