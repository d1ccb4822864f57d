"""The page of the Tally Storm: what is viewed and voted on, as it is counted."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from .. import charts
from ..forms import Form, read_query
from ..web import see_other
from . import service
from .schemas import Ballot, TallyQuery, ViewsForm


@require_safe
def tally(request: HttpRequest) -> HttpResponse:
    """The ranking of the pages, one page's last days, and the topics with their votes."""
    query = read_query(TallyQuery, request.GET)
    return show(request, query, Form())


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Count views and show that page's days, or the form again with what is wrong."""
    form = Form.read(ViewsForm, request.POST)
    if form.data is None:
        return show(request, TallyQuery(), form, 422)
    service.count_views(form.data.page, form.data)
    return back_to(TallyQuery(page=form.data.page))


@require_POST
def vote(request: HttpRequest) -> HttpResponse:
    """Cast a vote and go back to what was shown, or show the form again with what is wrong."""
    form = Form.read(Ballot, request.POST)
    if form.data is None:
        return show(request, TallyQuery(), form, 422)
    service.cast_vote(form.data.topic, form.data)
    return back_to(form.data)


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take a vote back and go back to what was shown."""
    ballot = read_query(Ballot, request.POST)
    service.take_back_vote(ballot.topic, ballot)
    return back_to(ballot)


def show(request: HttpRequest, query: TallyQuery, form: Form, status: int = 200) -> HttpResponse:
    """Render the page with its forms."""
    storm = service.look(query)
    labels = [f"{day.day:%b} {day.day.day}" for day in storm.days]
    chart = charts.bars(f"Views of {storm.page} per day", labels, {"views": [day.views for day in storm.days]})
    return render(request, "counters/tally.html", {"storm": storm, "chart": chart, "form": form}, status=status)


def back_to(shown: TallyQuery) -> HttpResponse:
    """Send the browser on to the page as it was shown."""
    query = urlencode(shown.model_dump(include=set(TallyQuery.model_fields), exclude_none=True))
    return see_other(f"/tally?{query}" if query else "/tally")


urlpatterns = [
    path("tally", tally),
    path("tally/count", count),
    path("tally/vote", vote),
    path("tally/take-back", take_back),
]
