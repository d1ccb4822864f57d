"""Work for each item: several at once, results in order, statements logged for the request that began it."""

import pytest

from timeseries_iot.db import connection, cql_log
from timeseries_iot.db.each import each

TOGETHER = 8


class Works:
    """Work that asks the database until as much as there is has been under way at once."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0

    async def work(self, item: int) -> int:
        """Return the square of the item."""
        self.under_way += 1
        for _ in range(500):
            self.most = max(self.most, self.under_way)
            await connection.ping()
            if self.most == TOGETHER:
                break
        self.under_way -= 1
        return item * item


@pytest.mark.usefixtures("keyspace")
async def test_all_is_under_way_at_once_and_comes_back_in_order() -> None:
    works = Works()
    cql_log.start()
    assert await each(range(TOGETHER), works.work) == [item * item for item in range(TOGETHER)]
    assert works.most == TOGETHER
    assert len(cql_log.statements()) >= TOGETHER


async def test_no_item_and_one_are_fine() -> None:
    async def work(item: int) -> int:
        return item

    assert await each([], work) == []
    assert await each([1], work) == [1]


async def test_an_error_is_raised() -> None:
    async def work(item: int) -> int:
        if item == 3:
            raise ValueError("unlucky")
        return item

    with pytest.raises(ValueError, match="unlucky"):
        await each(range(6), work)
