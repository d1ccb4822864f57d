"""What the JSON API and the forms of Station Argos accept, and answers that are not documents."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID, uuid4

from pydantic import AfterValidator, BeforeValidator, Field, RootModel, model_validator

from ..db.times import now
from ..web.dates import IsoDate
from ..web.names import Name
from ..web.queries import ListQuery, Query
from ..web.schemas import Schema, Text

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
A_DAY = timedelta(days=1)
"""How much of a sensor is read if no range is given, and how far ahead its clock may be."""
MAX_RANGE = timedelta(days=366)
"""How long a range may be."""
MAX_READINGS = 1_000
MAX_METRICS = 20
"""How many metrics a sensor has: a list of its readings asks each of them for a day's."""
MAX_VALUE = 1e300
"""Far enough from the end of a double that sums of many values stay finite."""


def _written_out(value: Any) -> Any:
    # pydantic would read a bare number as Unix time, guessing from its size between seconds and milliseconds.
    if not isinstance(value, datetime) and not re.match(r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]", str(value)):
        raise ValueError("write a time such as 2026-11-25T13:00:00Z")
    return value


def _within_reach(moment: datetime) -> datetime:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"must be between {EARLIEST:%Y} and {LATEST:%Y}")
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def _not_ahead(moment: datetime) -> datetime:
    if moment > now() + A_DAY:
        raise ValueError("must not be more than a day ahead")
    return moment


def _begins_with_a_day(cursor: str) -> str:
    try:
        date.fromisoformat(cursor[:10])
    except ValueError as error:
        raise ValueError("the cursor was made up") from error
    return cursor


def _summable(value: float) -> float:
    if abs(value) > MAX_VALUE:
        raise ValueError(f"must be between -{MAX_VALUE} and {MAX_VALUE}")
    return value


Moment = Annotated[datetime, BeforeValidator(_written_out), AfterValidator(_within_reach)]
"""A time in UTC, in milliseconds like a CQL timestamp; one without a time zone is taken as UTC."""
SensorId = Annotated[str, Name(64)]
Metric = Annotated[str, Text(40)]
SensorCursor = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}/[^\x00]{1,40}$")]
DayCursor = Annotated[
    str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}/[^\x00]{1,40}$"), AfterValidator(_begins_with_a_day)
]
Value = Annotated[
    float,
    Field(allow_inf_nan=False, json_schema_extra={"minimum": -MAX_VALUE, "maximum": MAX_VALUE}),
    AfterValidator(_summable),
]


class ReadingCreate(Schema):
    """What a sensor has measured, now or `at` another time."""

    at: Annotated[Moment, AfterValidator(_not_ahead)] = Field(default_factory=now)
    metric: Metric
    # Strict, so that the API accepts nothing but numbers; a form sends text.
    value: Annotated[Value, Field(strict=True)]
    unit: Annotated[str, Text(20)]


def _as_list(body: Any) -> Any:
    return [body] if isinstance(body, dict) else body


Many = Annotated[list[ReadingCreate], Field(min_length=1, max_length=MAX_READINGS, fail_fast=True)]


class Readings(RootModel[Annotated[Many, BeforeValidator(_as_list, json_schema_input_type=ReadingCreate | Many)]]):
    """One reading, or a list of at most 1,000."""


class ReadingForm(ReadingCreate):
    """A reading as the page's form sends it, with its sensor."""

    sensor_id: SensorId
    value: Value


class ReadingLine(ReadingForm):
    """A reading from the seed or from a feed: one with an `id` can be written again without becoming two."""

    id: UUID = Field(default_factory=uuid4)


class Written(Schema):
    """How many readings were stored."""

    written: int


class Range(Query):
    """The time from `from` up to but not including `to`, at most 366 days; the last 24 hours if neither is given."""

    start: Moment | None = Field(None, alias="from")
    end: Moment | None = Field(None, alias="to")

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if self.start and self.end and self.start >= self.end:
            raise ValueError("`from` must be before `to`")
        if self.start and (self.end or now()) - self.start > MAX_RANGE:
            raise ValueError(f"from `from` to `to` are at most {MAX_RANGE.days} days")
        return self

    def resolved(self) -> tuple[datetime, datetime]:
        """Return both ends; without `to`, readings from sensors whose clocks are ahead are included."""
        ahead = now() + A_DAY
        return self.start or (self.end or now()) - A_DAY, min(self.end or ahead, ahead)


class ReadingList(Range, ListQuery):
    """A part of a range, of one metric or of all; `cursor` is the millisecond of the last reading seen, and its id."""

    metric: Metric | None = None
    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,13}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | None = None


class SensorList(ListQuery):
    """A part of the sensors' metrics; `cursor` is the last one seen: a sensor and its metric."""

    cursor: SensorCursor | None = None


class SensorDayList(ListQuery):
    """A part of a sensor's days; `cursor` is the last one seen, and its metric."""

    cursor: DayCursor | None = None


class SummaryQuery(Query):
    """A day in UTC and a metric: by default today, and all metrics together."""

    day: IsoDate = Field(default_factory=lambda: now().date())
    metric: Metric | None = None


class Summary(Schema):
    """A sensor's day in figures, computed by the database; those that there are not, or not in common, are null."""

    sensor_id: str
    day: date
    metric: str | None = None
    unit: str | None = None
    count: int = 0
    min: float | None = None
    max: float | None = None
    avg: float | None = None


class StationQuery(Schema):
    """How much time the page's charts cover, where its list begins, and which sensor has just reported."""

    window: Literal["1h", "24h", "7d", "30d"] = "24h"
    cursor: SensorCursor | None = None
    recorded: SensorId | None = None
