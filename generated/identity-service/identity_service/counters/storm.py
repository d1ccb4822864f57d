"""What the page of the Tally Storm shows: one page's days, the ranking of all pages, and the topics to vote on."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from ..db.both import both
from ..db.paging import Page
from ..errors import NotFound
from . import service
from .models import PageTotals, PageViews, Votes
from .schemas import DayList, PageList, TallyQuery, VoteList, today

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


def read_storm(query: TallyQuery) -> Storm:
    """Return what the page shows; if the query names no page, the days of the most viewed."""
    topics = VoteList(limit=TOPICS, cursor=query.topics_cursor)
    (pages, page, days), listed = both(lambda: _read_pages(query), lambda: service.list_votes(topics))
    return Storm(shown=query, page=page, days=days, pages=pages, topics=listed)


def _read_pages(query: TallyQuery) -> tuple[Page[PageTotals], str | None, list[PageViews]]:
    """Return a part of the ranking, the page that is charted, and its days."""
    pages = service.list_pages(PageList(limit=RANKED, cursor=query.pages_cursor))
    if query.page is not None:
        return pages, query.page, _every_day(query.page)
    # Totals may outlive their days.
    for most_viewed in pages.items[:1]:
        with suppress(NotFound):
            return pages, most_viewed.page, _every_day(most_viewed.page)
    return pages, None, []


def _every_day(page: str) -> list[PageViews]:
    """Return the last CHARTED days of a page, oldest first; a day without a row has no views."""
    counted = service.list_days(page, DayList(days=CHARTED, limit=CHARTED))
    by_day = {views.day: views for views in counted.items}
    days = [today() - timedelta(days=ago) for ago in reversed(range(CHARTED))]
    return [by_day.get(day) or PageViews(page=page, day=day) for day in days]
