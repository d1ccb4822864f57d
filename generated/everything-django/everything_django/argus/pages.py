"""The pages of the tracker: a release with its runs, and one run with its events."""

from contextlib import suppress
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe
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


@require_safe
def tracker(request: HttpRequest) -> HttpResponse:
    """The runs of a release, somebody's notifications, and the form of a run."""
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
    return see_other(address_of(RunPage(run=run.id, viewer=choice.viewer)))


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark a notification as read and go back to the release."""
    form = read_query(ReadForm, request.POST)
    with suppress(NotFound):
        service.mark_read(form.viewer, form.notification)
    return see_other("/tracker?" + parameters(TrackerQuery(viewer=form.viewer, release=form.release)))


@require_safe
def run(request: HttpRequest) -> HttpResponse:
    """One run: how it stands, what its plugin says of it, and its events."""
    query = read_query(RunQuery, request.GET)
    return show_run(request, query, Form())


@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Move a run and show it; where it cannot move there, or not any more, show what stands in the way."""
    form = read_query(MoveForm, request.POST)
    try:
        service.move_run(form.run, form)
    except Conflict as conflict:
        query = RunQuery(run=form.run, viewer=form.viewer)
        return show_run(request, query, Form(), 409, conflict.detail["existing"]["status"])
    return see_other(address_of(form))


@require_POST
def add_event(request: HttpRequest) -> HttpResponse:
    """Add an event to a run and show it, or show the form again with what is wrong."""
    form = Form.read(EventForm, request.POST)
    key = read_query(RunPage, form.values)
    if form.data is None:
        return show_run(request, RunQuery(**key.model_dump()), form, 422)
    event = form.data.model_dump(include=set(EventCreate.model_fields))
    service.add_events(key.run, EventBatch.model_validate([event]))
    return see_other(address_of(key))


def show_board(request: HttpRequest, query: TrackerQuery, form: Form, details: Form, status: int = 200) -> HttpResponse:
    """Render the release page with the form of a run and, in it, the fields of its plugin."""
    board = service.look_at_release(query)
    chart = draw(board)
    return render(
        request,
        "argus/tracker.html",
        {"board": board, "chart": chart, "form": form, "details": details},
        status=status,
    )


def show_run(request: HttpRequest, query: RunQuery, form: Form, status: int = 200, refusal: str = "") -> HttpResponse:
    """Render a run's page with the form of an event, and with the status that refuses a move."""
    view = service.look_at_run(query)
    return render(request, "argus/run.html", {"view": view, "form": form, "refusal": refusal}, status=status)


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


urlpatterns = [
    path("tracker", tracker),
    path("tracker/create", create),
    path("tracker/read", read),
    path("tracker/run", run),
    path("tracker/run/move", move),
    path("tracker/run/event", add_event),
]
