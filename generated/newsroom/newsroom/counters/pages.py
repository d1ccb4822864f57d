"""The page of the Tally Storm: what is viewed and voted on, as it is counted."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..web import charts
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .schemas import Ballot, TallyQuery, ViewsForm
from .storm import read_storm

TallyForm = Form[ViewsForm] | Form[Ballot]


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
    return back_to(request, TallyQuery(page=form.data.page))


@require_POST
def vote(request: HttpRequest) -> HttpResponse:
    """Cast a vote and go back to what was shown, or show the form again with what is wrong."""
    form = Form.read(Ballot, request.POST)
    if form.data is None:
        return show(request, TallyQuery(), form, 422)
    service.cast_vote(form.data.topic, form.data)
    return back_to(request, form.data)


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take a vote back and go back to what was shown."""
    ballot = read_query(Ballot, request.POST)
    service.take_back_vote(ballot.topic, ballot)
    return back_to(request, ballot)


def show(request: HttpRequest, query: TallyQuery, form: TallyForm, status: int = 200) -> HttpResponse:
    """Render the page with its forms."""
    storm = read_storm(query)
    labels = [f"{day.day:%b} {day.day.day}" for day in storm.days]
    series = {"views": [day.views for day in storm.days]}
    chart = charts.draw("bars", f"Views of {storm.page} per day", labels, series)
    return render(request, "counters/tally.html", status, storm=storm, chart=chart, form=form)


def back_to(request: HttpRequest, shown: TallyQuery) -> HttpResponse:
    """Send the browser on to the page as it was shown."""
    return see_other(request, "counters:tally", **shown.model_dump(include=set(TallyQuery.model_fields)))
