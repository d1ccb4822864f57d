"""Lists with a second condition: every match is found, and nobody is made to compare a whole table at once."""

from typing import Annotated

import pytest
from coodie.fields import ClusteringKey, PrimaryKey

from everything_fastapi.db import cql_log
from everything_fastapi.db.batches import save_in_batches
from everything_fastapi.db.documents import Document, sync_schema
from everything_fastapi.db.matches import FETCHED, MAX_COMPARED, read_matching
from everything_fastapi.db.paging import Page

ROWS = 2 * MAX_COMPARED + 500


class Straw(Document):
    """A row of a stack."""

    stack: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]

    class Settings:
        name = "match_straws"


@pytest.fixture
async def stacks(keyspace: str) -> None:
    """A stack of ROWS straws, and one of ten."""
    await sync_schema([Straw])
    if await Straw.find_one(stack="small", number=9) is None:
        await save_in_batches((Straw(stack="large", number=number) for number in range(ROWS)), [Straw])
        await save_in_batches((Straw(stack="small", number=number) for number in range(10)), [Straw])


async def read(needles: set[int], cursor: str | None = None, limit: int = 3) -> Page[Straw]:
    """Read the needles of the large stack behind a cursor, then those of the small one."""
    after = -1 if cursor is None else int(cursor)
    queries = [Straw.find(stack="large", number__gt=after), Straw.find(stack="small")]
    return await read_matching(queries, lambda straw: straw.number in needles, limit, lambda straw: straw.number)


@pytest.mark.usefixtures("stacks")
async def test_a_full_page_ends_with_its_limit_and_reads_no_more_than_it_needs() -> None:
    cql_log.start()
    page = await read({2, 4, 6, 8})
    assert [straw.number for straw in page.items] == [2, 4, 6]
    assert page.cursor == "6"
    assert sum(statement.rows for statement in cql_log.statements()) == FETCHED


@pytest.mark.usefixtures("stacks")
async def test_a_search_ends_after_so_many_rows_and_goes_on_where_it_ended() -> None:
    needles, found, cursors = {1, MAX_COMPARED, ROWS - 1}, [], list[str | None]()
    page = await read(needles)
    while True:
        found += [straw.number for straw in page.items]
        cursors.append(page.cursor)
        if page.cursor is None:
            break
        cql_log.start()
        page = await read(needles, page.cursor)
        assert sum(statement.rows for statement in cql_log.statements()) <= MAX_COMPARED + FETCHED
    # The needle in the small stack has a number that the large one has, too.
    assert found == [1, MAX_COMPARED, ROWS - 1, 1]
    assert cursors == [str(MAX_COMPARED - 1), str(2 * MAX_COMPARED - 1), None]


@pytest.mark.usefixtures("stacks")
async def test_a_search_in_vain_says_how_to_go_on() -> None:
    page = await read(set())
    assert (page.items, page.cursor) == ([], str(MAX_COMPARED - 1))


@pytest.mark.usefixtures("stacks")
async def test_the_bound_holds_across_queries() -> None:
    page = await read(set(), str(ROWS - 1 - MAX_COMPARED))
    assert (page.items, page.cursor) == ([], str(ROWS - 1))
