"""Counter tables: what was never touched reads zero, and several rows are incremented at once."""

from typing import Annotated

import pytest
from coodie.fields import Counter, PrimaryKey

from everything_flask.db import cql_log
from everything_flask.db.counters import CounterDocument, increment_together
from everything_flask.db.documents import sync_schema


class Tally(CounterDocument):
    """A row of two counters."""

    shelf: Annotated[str, PrimaryKey()]
    seen: Annotated[int, Counter()] = 0
    sold: Annotated[int, Counter()] = 0

    class Settings:
        name = "counter_tallies"


@pytest.mark.usefixtures("keyspace")
def test_a_counter_that_was_never_touched_reads_zero() -> None:
    sync_schema([Tally])
    Tally(shelf="half").increment(seen=2)
    tally = Tally.get(shelf="half")
    assert (tally.seen > 0, tally.sold) == (True, 0)


@pytest.mark.usefixtures("keyspace")
def test_the_counters_of_several_rows_are_incremented_in_one_statement() -> None:
    sync_schema([Tally])
    before = [Tally.find_one(shelf=shelf) or Tally(shelf=shelf) for shelf in ("left", "right")]
    cql_log.start()
    increment_together(*before, seen=3, sold=1)
    assert len(cql_log.statements()) == 1
    after = [Tally.get(shelf=shelf) for shelf in ("left", "right")]
    assert [(row.seen, row.sold) for row in after] == [(row.seen + 3, row.sold + 1) for row in before]
