"""What the page of the Tally Storm shows: one page's days, the ranking of all pages, and the topics to vote on."""

from dataclasses import dataclass
from datetime import timedelta

from ..db.paging import Page
from . import service
from .models import PageViews, Votes
from .schemas import DayList, PageList, PageTotals, TallyQuery, VoteList, today

CHARTED = 30
"""How many days, up to today, are shown of one page."""
RANKED = 20
"""How many pages of the ranking are shown at once."""
TOPICS = 24
"""How many topics are shown at once."""


@dataclass(frozen=True)
class Storm:
    """One page's days, oldest first and without gaps, and a part of both lists."""

    shown: TallyQuery
    page: str | None
    days: list[PageViews]
    pages: Page[PageTotals]
    topics: Page[Votes]


async def read_storm(query: TallyQuery) -> Storm:
    """Return what the page shows; if the query names no page, the days of the most viewed."""
    pages = await service.list_pages(PageList(limit=RANKED, cursor=query.pages_cursor))
    page = query.page or (pages.items[0].page if pages.items else None)
    return Storm(
        shown=query,
        page=page,
        days=await _every_day(page) if page else [],
        pages=pages,
        topics=await service.list_votes(VoteList(limit=TOPICS, cursor=query.topics_cursor)),
    )


async def _every_day(page: str) -> list[PageViews]:
    """Return the last CHARTED days of a page, oldest first; a day without a row has no views."""
    counted = await service.list_days(page, DayList(days=CHARTED, limit=CHARTED))
    by_day = {views.day: views for views in counted.items}
    days = [today() - timedelta(days=ago) for ago in reversed(range(CHARTED))]
    return [by_day.get(day) or PageViews(page=page, day=day) for day in days]
