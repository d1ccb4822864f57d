"""Dates as text that a client writes."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator


def _is_written_out(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]", value)):
        return value
    raise ValueError("write a date such as 2026-11-25")


IsoDate = Annotated[date, BeforeValidator(_is_written_out)]
"""A date as text, year-month-day; pydantic by itself takes numbers too, as seconds since 1970."""
