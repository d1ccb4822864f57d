"""Work side by side: never more at once than allowed, every result counted, errors after what was under way."""

import pytest

from newsroom.db import connection
from newsroom.db.concurrency import side_by_side

LIMIT = 4


class Works:
    """Work that asks the database, and notes how much of it is under way; item 13 fails."""

    def __init__(self) -> None:
        self.under_way: set[int] = set()
        self.most = 0
        self.done: list[int] = []

    def work(self, item: int) -> int:
        """Return the item, once as much as is allowed has been under way."""
        self.under_way.add(item)
        for _ in range(500):
            self.most = max(self.most, len(self.under_way))
            connection.ping()
            if self.most == LIMIT:
                break
        self.under_way.remove(item)
        if item == 13:
            raise ValueError("unlucky")
        return item


@pytest.mark.usefixtures("keyspace")
def test_every_result_is_counted_and_only_so_many_are_under_way_at_once() -> None:
    works = Works()
    side_by_side(range(12), works.work, works.done.append, LIMIT)
    assert sorted(works.done) == list(range(12))
    assert works.most == LIMIT


@pytest.mark.usefixtures("keyspace")
def test_an_error_is_raised_after_what_was_under_way_has_been_counted() -> None:
    works = Works()
    with pytest.raises(ValueError, match="unlucky"):
        side_by_side(range(1000), works.work, works.done.append, LIMIT)
    assert works.under_way == set()
    assert set(range(13)) <= set(works.done)
    assert len(works.done) < 50, "nothing new begins after an error"
