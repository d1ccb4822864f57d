"""The JSON API of the Tally Storm."""

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.schemas import Schema
from . import models, service
from .schemas import DayList, PageList, PageName, Topic, ViewsCount, VoteCast, VoteList

api = api_blueprint("counters", __name__)


class PagePath(Schema):
    """Parameters of a path: page."""

    page: PageName


class TopicPath(Schema):
    """Parameters of a path: topic."""

    topic: Topic


@api.post("/api/pages/<page>/views", responses={200: models.PageViews})
def count_views(path: PagePath, query: ViewsCount) -> Response:
    """Count views of a page, for today in UTC."""
    return answer(service.count_views(path.page, query))


@api.get("/api/pages", responses={200: listing(models.PageTotals)})
def list_pages(query: PageList) -> Response:
    """List the pages with their totals, most viewed first."""
    return paged(service.list_pages(query))


@api.get("/api/pages/<page>", responses={200: listing(models.PageViews), **problems(404)})
def list_days(path: PagePath, query: DayList) -> Response:
    """List a page day by day, newest first; days without views are left out."""
    return paged(service.list_days(path.page, query))


@api.post("/api/votes/<topic>", responses={200: models.Votes})
def cast_vote(path: TopicPath, query: VoteCast) -> Response:
    """Vote for or against a topic."""
    return answer(service.cast_vote(path.topic, query))


@api.delete("/api/votes/<topic>", responses={200: models.Votes})
def take_back_vote(path: TopicPath, query: VoteCast) -> Response:
    """Take one vote back; if there is none, nothing happens."""
    return answer(service.take_back_vote(path.topic, query))


@api.get("/api/votes", responses={200: listing(models.Votes)})
def list_votes(query: VoteList) -> Response:
    """List the topics and their votes."""
    return paged(service.list_votes(query))
