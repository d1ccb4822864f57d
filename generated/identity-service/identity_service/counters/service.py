"""Counting views and votes: the database itself adds to its counters, so no update is lost and none is retried."""

from datetime import date, timedelta
from heapq import nsmallest

from ..db.counters import increment_together
from ..db.outcomes import after_writing
from ..db.paging import Page
from ..db.tokens import after_token
from ..errors import NotFound
from .models import PageTotals, PageViews, Votes
from .schemas import DayList, PageList, ViewsCount, VoteCast, VoteList, today

MORE_THAN_FITS = 2**63
"""The first number of views that a counter cannot hold."""
MAX_RANKED = 1_000
"""How many pages are ranked at most: the table cannot be ordered by a counter, so all of them are read."""


def count_views(page: str, data: ViewsCount) -> PageViews:
    """Add to a page's counters for today and return them; OutcomeUnknown if that is not confirmed."""
    day = today()
    add_views(page, day, data)
    with after_writing():
        return PageViews.find_one(page=page, day=day) or PageViews(page=page, day=day)


def add_views(page: str, day: date, data: ViewsCount) -> None:
    """Add to a page's counters for a day and to its totals, in one statement that is sent once."""
    visitors = {"visitors": data.visitors} if data.visitors else {}
    increment_together(PageViews(page=page, day=day), PageTotals(page=page), views=data.count, **visitors)


def list_pages(query: PageList) -> Page[PageTotals]:
    """Return a part of the pages, most viewed first; if there are more than MAX_RANKED, of so many of them.

    A page that is viewed between two requests can change its rank.
    """
    totals = PageTotals.find().limit(MAX_RANKED + 1).all()
    after = _parse_cursor(query.cursor)
    ranked = (page for page in totals[:MAX_RANKED] if _rank(page) > after)
    return Page.cut(
        nsmallest(query.limit + 1, ranked, key=_rank),
        query.limit,
        lambda last: f"{last.views}-{last.page}",
        counted_over=MAX_RANKED if len(totals) > MAX_RANKED else None,
    )


def list_days(page: str, query: DayList) -> Page[PageViews]:
    """Return a page's days with views, newest first; NotFound if it was never viewed at all."""
    first = today() - timedelta(days=query.days - 1)
    found = PageViews.find(page=page, day__gte=first).limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(day__lt=query.cursor)
    days = found.all()
    if not days and PageViews.find(page=page).first() is None:
        raise NotFound("No view of this page was ever counted.")
    return Page.cut(days, query.limit, lambda last: last.day)


def cast_vote(topic: str, data: VoteCast) -> Votes:
    """Add a vote and return the topic's counters; OutcomeUnknown if that is not confirmed."""
    Votes(topic=topic).increment(**{data.direction: 1})
    with after_writing():
        return _read_votes(topic)


def take_back_vote(topic: str, data: VoteCast) -> Votes:
    """Take a vote back and return the topic's counters; if there is none, nothing is written.

    This takes a read and then a write: of several requests for the last vote, more than one can find it there. Their
    counter ends up below zero, is shown as 0, and the next votes fill the gap.
    """
    votes = _read_votes(topic)
    if getattr(votes, data.direction) > 0:
        votes.decrement(**{data.direction: 1})
        with after_writing():
            votes = _read_votes(topic)
    return votes


def list_votes(query: VoteList) -> Page[Votes]:
    """Return a part of the topics in the order of their tokens, the only order that partitions have."""
    found = Votes.find().limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(topic__token__gt=after_token(query.cursor))
    return Page.cut(found.all(), query.limit, lambda last: last.topic)


def _read_votes(topic: str) -> Votes:
    return Votes.find_one(topic=topic) or Votes(topic=topic)


def _rank(page: PageTotals) -> tuple[int, str]:
    return -page.views, page.page


def _parse_cursor(cursor: str | None) -> tuple[int, str]:
    views, _, page = (cursor or f"{MORE_THAN_FITS}-").partition("-")
    return -int(views), page
