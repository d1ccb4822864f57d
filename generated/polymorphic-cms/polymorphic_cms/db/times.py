"""Times: as a CQL column keeps them, and as it is read back."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


UtcTime = Annotated[datetime, AfterValidator(_in_utc)]
"""A CQL timestamp: kept in milliseconds, read back with its time zone, UTC."""


def now() -> datetime:
    """Return the current time in UTC, cut to the milliseconds that a CQL timestamp keeps."""
    time_now = datetime.now(UTC)
    return time_now.replace(microsecond=time_now.microsecond // 1000 * 1000)
