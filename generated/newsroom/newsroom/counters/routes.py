"""The JSON API of the Tally Storm."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import DayList, PageList, PageName, Topic, ViewsCount, VoteCast, VoteList

router = Router(tags=["counters"])


@router.post("/api/pages/{page}/views", response=models.PageViews)
def count_views(request: HttpRequest, page: Path[PageName], query: Query[ViewsCount]) -> models.PageViews:
    """Count views of a page, for today in UTC."""
    return service.count_views(page, query)


@router.get("/api/pages", response=list[models.PageTotals], openapi_extra={"responses": LIST})
def list_pages(request: HttpRequest, response: HttpResponse, query: Query[PageList]) -> list[models.PageTotals]:
    """List the pages with their totals, most viewed first."""
    return paged(request, response, service.list_pages(query))


@router.get(
    "/api/pages/{page}",
    response={200: list[models.PageViews], **problems(404)},
    openapi_extra={"responses": LIST},
)
def list_days(
    request: HttpRequest,
    response: HttpResponse,
    page: Path[PageName],
    query: Query[DayList],
) -> list[models.PageViews]:
    """List a page day by day, newest first; days without views are left out."""
    return paged(request, response, service.list_days(page, query))


@router.post("/api/votes/{topic}", response=models.Votes)
def cast_vote(request: HttpRequest, topic: Path[Topic], query: Query[VoteCast]) -> models.Votes:
    """Vote for or against a topic."""
    return service.cast_vote(topic, query)


@router.delete("/api/votes/{topic}", response=models.Votes)
def take_back_vote(request: HttpRequest, topic: Path[Topic], query: Query[VoteCast]) -> models.Votes:
    """Take one vote back; if there is none, nothing happens."""
    return service.take_back_vote(topic, query)


@router.get("/api/votes", response=list[models.Votes], openapi_extra={"responses": LIST})
def list_votes(request: HttpRequest, response: HttpResponse, query: Query[VoteList]) -> list[models.Votes]:
    """List the topics and their votes."""
    return paged(request, response, service.list_votes(query))
