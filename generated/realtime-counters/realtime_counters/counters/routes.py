"""The JSON API of the Tally Storm."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import DayList, PageList, PageName, Topic, ViewsCount, VoteCast, VoteList

router = APIRouter(tags=["counters"])


@router.post("/api/pages/{page}/views")
async def count_views(page: PageName, query: Annotated[ViewsCount, Query()]) -> models.PageViews:
    """Count views of a page, for today in UTC."""
    return await service.count_views(page, query)


@router.get("/api/pages", responses=LIST)
async def list_pages(
    request: Request,
    response: Response,
    query: Annotated[PageList, Query()],
) -> list[models.PageTotals]:
    """List the pages with their totals, most viewed first."""
    return paged(request, response, await service.list_pages(query))


@router.get("/api/pages/{page}", responses={**LIST, **problems(404)})
async def list_days(
    request: Request,
    response: Response,
    page: PageName,
    query: Annotated[DayList, Query()],
) -> list[models.PageViews]:
    """List a page day by day, newest first; days without views are left out."""
    return paged(request, response, await service.list_days(page, query))


@router.post("/api/votes/{topic}")
async def cast_vote(topic: Topic, query: Annotated[VoteCast, Query()]) -> models.Votes:
    """Vote for or against a topic."""
    return await service.cast_vote(topic, query)


@router.delete("/api/votes/{topic}")
async def take_back_vote(topic: Topic, query: Annotated[VoteCast, Query()]) -> models.Votes:
    """Take one vote back; if there is none, nothing happens."""
    return await service.take_back_vote(topic, query)


@router.get("/api/votes", responses=LIST)
async def list_votes(request: Request, response: Response, query: Annotated[VoteList, Query()]) -> list[models.Votes]:
    """List the topics and their votes."""
    return paged(request, response, await service.list_votes(query))
