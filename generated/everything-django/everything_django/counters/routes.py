"""The JSON API of the Tally Storm."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web import paged, problems
from . import service
from .schemas import DayList, DayViews, PageList, PageName, PageTotals, Topic, ViewsCount, VoteCast, VoteCount, VoteList

router = Router(tags=["counters"])


@router.post("/api/pages/{page}/views", response=DayViews)
def count_views(request: HttpRequest, page: Path[PageName], query: Query[ViewsCount]) -> DayViews:
    """Count views of a page, for today in UTC."""
    return service.count_views(page, query)


@router.get("/api/pages", response=list[PageTotals])
def list_pages(request: HttpRequest, response: HttpResponse, query: Query[PageList]) -> list[PageTotals]:
    """List the pages with their totals, most viewed first."""
    return paged(request, response, service.list_pages(query))


@router.get("/api/pages/{page}", response={200: list[DayViews], **problems(404)})
def list_days(
    request: HttpRequest,
    response: HttpResponse,
    page: Path[PageName],
    query: Query[DayList],
) -> list[DayViews]:
    """List a page day by day, newest first; days without views are left out."""
    return paged(request, response, service.list_days(page, query))


@router.post("/api/votes/{topic}", response=VoteCount)
def cast_vote(request: HttpRequest, topic: Path[Topic], query: Query[VoteCast]) -> VoteCount:
    """Vote for or against a topic."""
    return service.cast_vote(topic, query)


@router.delete("/api/votes/{topic}", response=VoteCount)
def take_back_vote(request: HttpRequest, topic: Path[Topic], query: Query[VoteCast]) -> VoteCount:
    """Take one vote back; where there is none, nothing happens."""
    return service.take_back_vote(topic, query)


@router.get("/api/votes", response=list[VoteCount])
def list_votes(request: HttpRequest, response: HttpResponse, query: Query[VoteList]) -> list[VoteCount]:
    """List the topics and their votes."""
    return paged(request, response, service.list_votes(query))
