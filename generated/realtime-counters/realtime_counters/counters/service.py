"""Counting views and votes: the database itself adds to its counters, so no update is lost and none is retried."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from heapq import nsmallest

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.protocol import ErrorMessage

from ..db import connection
from ..db.paging import Page
from ..db.tokens import after_token
from ..errors import NotFound, OutcomeUnknown
from .models import PageViews, Votes
from .schemas import DayList, PageList, PageTotals, ViewsCount, VoteCast, VoteList, today

MORE_THAN_FITS = 2**63
"""The first number of views that a counter cannot hold."""


async def count_views(page: str, data: ViewsCount) -> PageViews:
    """Add to a page's counters for today and return them; OutcomeUnknown if that is not confirmed."""
    day = today()
    await add_views(page, day, data)
    with _after_counting():
        return await PageViews.find_one(page=page, day=day) or PageViews(page=page, day=day)


async def add_views(page: str, day: date, data: ViewsCount) -> None:
    """Add to a page's counters for a day, in one statement that is sent once."""
    visitors = {"visitors": data.visitors} if data.visitors else {}
    await PageViews(page=page, day=day).increment(views=data.count, **visitors)


async def list_pages(query: PageList) -> Page[PageTotals]:
    """Return a part of the pages, most viewed first; reads every day of every page, and keeps one total per page.

    A page that is viewed between two requests can change its rank.
    """
    views: Counter[str] = Counter()
    visitors: Counter[str] = Counter()
    async for rows in connection.pages("SELECT page, views, visitors FROM page_views", []):
        for row in rows:
            views[row["page"]] += row["views"]
            visitors[row["page"]] += row["visitors"] or 0
    after = _parse_cursor(query.cursor)
    ranks = ((-count, page) for page, count in views.items())
    ranking = nsmallest(query.limit + 1, (rank for rank in ranks if rank > after))
    totals = [PageTotals(page=page, views=-rank, visitors=visitors[page]) for rank, page in ranking]
    return Page.cut(totals, query.limit, lambda last: f"{last.views}-{last.page}")


async def list_days(page: str, query: DayList) -> Page[PageViews]:
    """Return a page's days with views, newest first; NotFound if it was never viewed at all."""
    first = today() - timedelta(days=query.days - 1)
    found = PageViews.find(page=page, day__gte=first).limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(day__lt=query.cursor)
    days = await found.all()
    if not days and await PageViews.find(page=page).first() is None:
        raise NotFound("No view of this page was ever counted.")
    return Page.cut(days, query.limit, lambda last: last.day)


async def cast_vote(topic: str, data: VoteCast) -> Votes:
    """Add a vote and return the topic's counters; OutcomeUnknown if that is not confirmed."""
    await Votes(topic=topic).increment(**{data.direction: 1})
    with _after_counting():
        return await _read_votes(topic)


async def take_back_vote(topic: str, data: VoteCast) -> Votes:
    """Take a vote back and return the topic's counters; if there is none, nothing is written.

    This takes a read and then a write: of several requests for the last vote, more than one can find it there. Their
    counter ends up below zero, is shown as 0, and the next votes fill the gap.
    """
    votes = await _read_votes(topic)
    if getattr(votes, data.direction) > 0:
        await votes.decrement(**{data.direction: 1})
        with _after_counting():
            votes = await _read_votes(topic)
    return votes


async def list_votes(query: VoteList) -> Page[Votes]:
    """Return a part of the topics in the order of their tokens, the only order that partitions have."""
    found = Votes.find().limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(topic__token__gt=after_token(query.cursor))
    return Page.cut(await found.all(), query.limit, lambda last: last.topic)


async def _read_votes(topic: str) -> Votes:
    return await Votes.find_one(topic=topic) or Votes(topic=topic)


@contextmanager
def _after_counting() -> Iterator[None]:
    """Raise OutcomeUnknown if reading back fails: "try again" would make the client count twice."""
    try:
        yield
    except (DriverException, NoHostAvailable, ConnectionException, ErrorMessage) as error:
        raise OutcomeUnknown from error


def _parse_cursor(cursor: str | None) -> tuple[int, str]:
    views, _, page = (cursor or f"{MORE_THAN_FITS}-").partition("-")
    return -int(views), page
