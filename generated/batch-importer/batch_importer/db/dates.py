"""Dates: as a CQL column, and as text that a client writes."""

from datetime import date
from typing import Annotated, Any

from cassandra.util import Date
from pydantic import BeforeValidator


def _as_date(value: Any) -> Any:
    return value.date() if isinstance(value, Date) else value


Day = Annotated[date, BeforeValidator(_as_date)]
"""A CQL date, read back as Python's own."""
