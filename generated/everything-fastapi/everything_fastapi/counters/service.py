"""Counting views and votes: the database adds every step to its counter, so none is lost and none may be sent twice."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import nsmallest

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.metadata import Murmur3Token
from cassandra.protocol import ErrorMessage
from coodie.aio import execute_raw

from .. import database
from ..errors import NotFound, OutcomeUnknown
from ..schemas import Page
from .models import PageViews, Votes
from .schemas import (
    DayList,
    DayViews,
    PageList,
    PageTotals,
    TallyQuery,
    ViewsCount,
    VoteCast,
    VoteCount,
    VoteList,
    today,
)

CHARTED = 30
"""How many days, up to today, the page shows of one page."""
RANKED = 20
"""How many pages of the ranking the page shows at once."""
TOPICS = 24
"""How many topics the page shows at once."""
MORE_THAN_FITS = 2**63
"""The first number of views that a counter cannot hold."""


@dataclass(frozen=True)
class Storm:
    """What the page shows: one page's days, oldest first and without gaps, the ranking, and the topics."""

    shown: TallyQuery
    page: str | None
    days: list[DayViews]
    pages: Page[PageTotals]
    topics: Page[VoteCount]


async def count_views(page: str, data: ViewsCount) -> DayViews:
    """Add to a page's counters of today and return them; OutcomeUnknown where that is not confirmed."""
    day = today()
    await add_views(page, day, data)
    with _after_counting():
        row = await PageViews.find_one(page=page, day=day)
    return DayViews.model_validate(row or PageViews(page=page, day=day))


async def add_views(page: str, day: date, data: ViewsCount) -> None:
    """Add to a page's counters of a day, in one statement that is sent once."""
    steps = {"views": data.count, "visitors": data.visitors}
    await PageViews(page=page, day=day).increment(**{counter: step for counter, step in steps.items() if step})


async def list_pages(query: PageList) -> Page[PageTotals]:
    """Return a part of the pages, most viewed first; reads all days of all pages, and keeps one total for each page.

    A page that is viewed in the meantime can change its place between two parts of the list.
    """
    views: Counter[str] = Counter()
    visitors: Counter[str] = Counter()
    async for rows in database.pages("SELECT page, views, visitors FROM page_views", []):
        for row in rows:
            views[row["page"]] += row["views"]
            visitors[row["page"]] += row["visitors"] or 0
    after = _parse_cursor(query.cursor)
    ranks = ((-count, page) for page, count in views.items())
    ranking = nsmallest(query.limit + 1, (rank for rank in ranks if rank > after))
    items = [PageTotals(page=page, views=-rank, visitors=visitors[page]) for rank, page in ranking[: query.limit]]
    return Page(items=items, cursor=f"{items[-1].views}-{items[-1].page}" if len(ranking) > query.limit else None)


async def list_days(page: str, query: DayList) -> Page[DayViews]:
    """Return a page's days with views, newest first; NotFound where it was never viewed, on those days or before."""
    first = today() - timedelta(days=query.days - 1)
    found = PageViews.find(page=page, day__gte=first).limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(day__lt=query.cursor)
    rows = await found.all()
    if not rows and not await PageViews.find(page=page).limit(1).all():
        raise NotFound("No view of this page was ever counted.")
    items = [DayViews.model_validate(row) for row in rows[: query.limit]]
    return Page(items=items, cursor=items[-1].day.isoformat() if len(rows) > query.limit else None)


async def cast_vote(topic: str, data: VoteCast) -> VoteCount:
    """Add a vote and return the topic's counters; OutcomeUnknown where that is not confirmed."""
    await Votes(topic=topic).increment(**{data.direction: 1})
    with _after_counting():
        return VoteCount.model_validate(await _read_votes(topic))


async def take_back_vote(topic: str, data: VoteCast) -> VoteCount:
    """Take a vote back and return the topic's counters; where there is none, nothing is written.

    Reading and writing are two steps: of several requests for the last vote, more than one can find it there. Their
    counter ends up below zero, is shown as 0, and the next votes fill the gap.
    """
    votes = await _read_votes(topic)
    if getattr(votes, data.direction) > 0:
        await votes.decrement(**{data.direction: 1})
        with _after_counting():
            votes = await _read_votes(topic)
    return VoteCount.model_validate(votes)


async def list_votes(query: VoteList) -> Page[VoteCount]:
    """Return a part of the topics in the order of their tokens, the only order that partitions have."""
    found = Votes.find().limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(topic__token__gt=Murmur3Token.from_key(query.cursor.encode()).value)
    rows = await found.all()
    items = [VoteCount.model_validate(row) for row in rows[: query.limit]]
    return Page(items=items, cursor=items[-1].topic if len(rows) > query.limit else None)


async def look(query: TallyQuery) -> Storm:
    """Return what the page shows; where the query names no page, the days of the most viewed."""
    pages = await list_pages(PageList(limit=RANKED, cursor=query.pages_cursor))
    page = query.page or (pages.items[0].page if pages.items else None)
    return Storm(
        shown=query,
        page=page,
        days=await _every_day(page) if page else [],
        pages=pages,
        topics=await list_votes(VoteList(limit=TOPICS, cursor=query.topics_cursor)),
    )


async def headline() -> str:
    """Return the one figure that the dashboard shows."""
    pages = len(await execute_raw("SELECT DISTINCT page FROM page_views LIMIT 1000"))
    if pages == 1000:
        return "1,000 pages counted and more"
    return f"{pages} page{'' if pages == 1 else 's'} counted"


async def _every_day(page: str) -> list[DayViews]:
    """Return the last CHARTED days of a page, oldest first; a day that has no row has no views."""
    counted = await list_days(page, DayList(days=CHARTED, limit=CHARTED))
    by_day = {views.day: views for views in counted.items}
    days = [today() - timedelta(days=ago) for ago in reversed(range(CHARTED))]
    return [by_day.get(day) or DayViews(page=page, day=day, views=0, visitors=0) for day in days]


async def _read_votes(topic: str) -> Votes:
    return await Votes.find_one(topic=topic) or Votes(topic=topic)


@contextmanager
def _after_counting() -> Iterator[None]:
    """Raise OutcomeUnknown where a read after a step fails: "try again" would have the client count twice."""
    try:
        yield
    except (DriverException, NoHostAvailable, ConnectionException, ErrorMessage) as error:
        raise OutcomeUnknown from error


def _parse_cursor(cursor: str | None) -> tuple[int, str]:
    views, _, page = (cursor or f"{MORE_THAN_FITS}-").partition("-")
    return -int(views), page
