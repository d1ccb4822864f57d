"""Counter tables: what was never touched reads zero."""

from typing import Annotated

import pytest
from coodie.fields import Counter, PrimaryKey

from realtime_counters.db.counters import CounterDocument
from realtime_counters.db.documents import sync_schema


class Tally(CounterDocument):
    """A row of two counters."""

    shelf: Annotated[str, PrimaryKey()]
    seen: Annotated[int, Counter()] = 0
    sold: Annotated[int, Counter()] = 0

    class Settings:
        name = "counter_tallies"


@pytest.mark.usefixtures("keyspace")
async def test_a_counter_that_was_never_touched_reads_zero() -> None:
    await sync_schema([Tally])
    await Tally(shelf="half").increment(seen=2)
    tally = await Tally.get(shelf="half")
    assert (tally.seen > 0, tally.sold) == (True, 0)
