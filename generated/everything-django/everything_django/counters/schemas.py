"""What the JSON API and the forms of the Tally Storm accept; answers are documents."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from ..web.dates import IsoDate
from ..web.names import Name
from ..web.queries import ListQuery, Query
from ..web.schemas import Schema

PageName = Annotated[str, Name(64)]
Topic = Annotated[str, Name(64)]
Direction = Literal["up", "down"]
Rank = Annotated[str, Field(pattern=r"^[0-9]{1,19}-[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


def today() -> date:
    """Return today's date in UTC: the day that views count for."""
    return datetime.now(UTC).date()


def _is_no_later_than_today(day: date) -> date:
    if day > today():
        raise ValueError("this day has not come yet")
    return day


class ViewsCount(Query):
    """Views to add to a page's counters for today; `visitors` of them, at most all, were a visitor's first."""

    count: Annotated[int, Field(ge=1, le=1000)] = 1
    visitors: Annotated[int, Field(ge=0, le=1000)] = 0

    @field_validator("visitors")
    @classmethod
    def _each_made_a_view(cls, visitors: int, info: ValidationInfo) -> int:
        if visitors > info.data.get("count", visitors):
            raise ValueError("more visitors than views: each of them makes at least one")
        return visitors


class ViewsForm(ViewsCount):
    """Views to add, and the page that was viewed."""

    page: PageName


class ViewsLine(ViewsForm):
    """Views from the seed or from a feed, for an earlier day if it is named."""

    day: Annotated[IsoDate, AfterValidator(_is_no_later_than_today)] = Field(default_factory=today)


class PageList(ListQuery):
    """A part of the ranking; `cursor` is the number of views of the last page seen, and its name."""

    cursor: Rank | None = None


class DayList(ListQuery):
    """A page's days with views among the last `days` days, today included; `cursor` is the last day seen."""

    days: Annotated[int, Field(ge=1, le=3660)] = 30
    cursor: IsoDate | None = None


class VoteCast(Query):
    """A vote for or against a topic."""

    direction: Direction


class VoteList(ListQuery):
    """A part of the topics; `cursor` is the last one seen."""

    cursor: Topic | None = None


class TallyQuery(Schema):
    """What the page shows: one page's days, those of the most viewed by default, and parts of both lists."""

    page: PageName | None = None
    pages_cursor: Rank | None = None
    topics_cursor: Topic | None = None


class Ballot(VoteCast, TallyQuery):
    """The form for a vote: its topic and direction, and what the page showed."""

    topic: Topic
