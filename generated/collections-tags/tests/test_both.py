"""Two things at once: both results, whichever comes first, statements logged for the request that began them."""

import pytest

from collections_tags.db import connection, cql_log
from collections_tags.db.both import both

STEPS = list[str]


async def wait_for_the_other(steps: STEPS, own: str, other: str) -> str:
    """Ask the database until the other one has begun, too."""
    steps.append(own)
    for _ in range(500):
        await connection.ping()
        if other in steps:
            return own
    raise AssertionError(f"{other} has not begun")


@pytest.mark.usefixtures("keyspace")
async def test_both_are_under_way_at_once() -> None:
    steps: STEPS = []
    cql_log.start()
    done = await both(
        lambda: wait_for_the_other(steps, "one", "two"),
        lambda: wait_for_the_other(steps, "two", "one"),
    )
    assert done == ("one", "two")
    assert len(cql_log.statements()) >= 2


@pytest.mark.parametrize("which", [0, 1])
async def test_the_error_of_either_is_raised(which: int) -> None:
    async def work(number: int) -> int:
        if number == which:
            raise ValueError("unlucky")
        return number

    with pytest.raises(ValueError, match="unlucky"):
        await both(lambda: work(0), lambda: work(1))
