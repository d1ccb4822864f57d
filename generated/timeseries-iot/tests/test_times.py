"""Times: whatever their zone, they are UTC."""

from datetime import UTC, datetime, timedelta, timezone

from pydantic import TypeAdapter

from timeseries_iot.db.times import UtcTime, now


def test_a_time_is_taken_as_utc_or_brought_to_it() -> None:
    check = TypeAdapter(UtcTime).validate_python
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    elsewhere = noon.astimezone(timezone(timedelta(hours=5)))
    assert check(noon.replace(tzinfo=None)) == check(elsewhere) == noon
    assert check(elsewhere).tzinfo is UTC


def test_now_has_the_milliseconds_that_a_column_keeps() -> None:
    assert now().microsecond % 1000 == 0
    assert now().tzinfo is UTC
