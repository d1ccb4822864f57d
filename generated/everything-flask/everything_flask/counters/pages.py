"""The page of the Tally Storm: what is viewed and voted on, as it is counted."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..web import charts
from ..web.forms import Form, read_query
from ..web.pages import see_other
from . import service
from .schemas import Ballot, TallyQuery, ViewsForm
from .storm import read_storm

pages = Blueprint("counters", __name__, template_folder="templates")

TallyForm = Form[ViewsForm] | Form[Ballot]


@pages.get("/tally")
def tally() -> ResponseReturnValue:
    """The ranking of the pages, one page's last days, and the topics with their votes."""
    query = read_query(TallyQuery, request.args)
    return show(query, Form())


@pages.post("/tally/count")
def count() -> ResponseReturnValue:
    """Count views and show that page's days, or the form again with what is wrong."""
    form = Form.read(ViewsForm, request.form)
    if form.data is None:
        return show(TallyQuery(), form, 422)
    service.count_views(form.data.page, form.data)
    return back_to(TallyQuery(page=form.data.page))


@pages.post("/tally/vote")
def vote() -> ResponseReturnValue:
    """Cast a vote and go back to what was shown, or show the form again with what is wrong."""
    form = Form.read(Ballot, request.form)
    if form.data is None:
        return show(TallyQuery(), form, 422)
    service.cast_vote(form.data.topic, form.data)
    return back_to(form.data)


@pages.post("/tally/take-back")
def take_back() -> ResponseReturnValue:
    """Take a vote back and go back to what was shown."""
    ballot = read_query(Ballot, request.form)
    service.take_back_vote(ballot.topic, ballot)
    return back_to(ballot)


def show(query: TallyQuery, form: TallyForm, status: int = 200) -> ResponseReturnValue:
    """Render the page with its forms."""
    storm = read_storm(query)
    labels = [f"{day.day:%b} {day.day.day}" for day in storm.days]
    series = {"views": [day.views for day in storm.days]}
    chart = charts.draw("bars", f"Views of {storm.page} per day", labels, series)
    return render_template("counters/tally.html", storm=storm, chart=chart, form=form), status


def back_to(shown: TallyQuery) -> ResponseReturnValue:
    """Send the browser on to the page as it was shown."""
    return see_other("counters.tally", **shown.model_dump(include=set(TallyQuery.model_fields)))
