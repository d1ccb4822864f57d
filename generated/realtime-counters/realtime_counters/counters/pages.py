"""The page of the Tally Storm: what is viewed and voted on, as it is counted."""

from fastapi import APIRouter, Request, Response

from ..web import charts
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .schemas import Ballot, TallyQuery, ViewsForm
from .storm import read_storm

router = APIRouter(include_in_schema=False)

TallyForm = Form[ViewsForm] | Form[Ballot]


@router.get("/", name="counters.tally")
async def tally(request: Request) -> Response:
    """The ranking of the pages, one page's last days, and the topics with their votes."""
    query = read_query(TallyQuery, request.query_params)
    return await show(request, query, Form())


@router.post("/tally/count", name="counters.count")
async def count(request: Request) -> Response:
    """Count views and show that page's days, or the form again with what is wrong."""
    form = Form.read(ViewsForm, await request.form())
    if form.data is None:
        return await show(request, TallyQuery(), form, 422)
    await service.count_views(form.data.page, form.data)
    return back_to(request, TallyQuery(page=form.data.page))


@router.post("/tally/vote", name="counters.vote")
async def vote(request: Request) -> Response:
    """Cast a vote and go back to what was shown, or show the form again with what is wrong."""
    form = Form.read(Ballot, await request.form())
    if form.data is None:
        return await show(request, TallyQuery(), form, 422)
    await service.cast_vote(form.data.topic, form.data)
    return back_to(request, form.data)


@router.post("/tally/take-back", name="counters.take_back")
async def take_back(request: Request) -> Response:
    """Take a vote back and go back to what was shown."""
    ballot = read_query(Ballot, await request.form())
    await service.take_back_vote(ballot.topic, ballot)
    return back_to(request, ballot)


async def show(request: Request, query: TallyQuery, form: TallyForm, status: int = 200) -> Response:
    """Render the page with its forms."""
    storm = await read_storm(query)
    labels = [f"{day.day:%b} {day.day.day}" for day in storm.days]
    series = {"views": [day.views for day in storm.days]}
    chart = await charts.draw("bars", f"Views of {storm.page} per day", labels, series)
    return render(request, "counters/tally.html", status, storm=storm, chart=chart, form=form)


def back_to(request: Request, shown: TallyQuery) -> Response:
    """Send the browser on to the page as it was shown."""
    return see_other(request, "counters.tally", **shown.model_dump(include=set(TallyQuery.model_fields)))
