"""Dates: read back as they were written."""

from datetime import date
from typing import Annotated

import pytest
from coodie.fields import PrimaryKey

from batch_importer.db.dates import Day
from batch_importer.db.documents import Document, sync_schema


class Leaf(Document):
    """A row with a date."""

    calendar: Annotated[str, PrimaryKey()]
    day: Day

    class Settings:
        name = "date_leaves"


@pytest.mark.usefixtures("keyspace")
@pytest.mark.parametrize("day", [date.min, date(1970, 1, 1), date(2026, 2, 28), date.max], ids=str)
async def test_a_date_is_read_back_as_it_was_written(day: date) -> None:
    await sync_schema([Leaf])
    await Leaf(calendar="wall", day=day).save()
    assert (await Leaf.get(calendar="wall")).day == day
