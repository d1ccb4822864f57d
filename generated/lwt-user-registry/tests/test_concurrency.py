"""Work side by side: never more at once than allowed, every result counted, errors after what was on its way."""

import asyncio

import pytest

from lwt_user_registry.concurrency import side_by_side

MOST = 4


class Works:
    """Work that notes how much of it runs at once; item 13 fails."""

    def __init__(self) -> None:
        self.running = self.most = 0

    async def work(self, item: int) -> int:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if item == 13:
            raise ValueError("unlucky")
        return item * 2


def run(works: Works, items: range, done: list[int]) -> None:
    """Do the work of all items."""
    asyncio.run(side_by_side(items, works.work, done.append, MOST))


def test_every_result_is_counted_and_only_so_many_run_at_once() -> None:
    works, done = Works(), []
    run(works, range(12), done)
    assert sorted(done) == [item * 2 for item in range(12)]
    assert works.most == MOST


def test_an_error_is_raised_after_what_was_on_its_way_has_been_counted() -> None:
    works, done = Works(), []
    with pytest.raises(ValueError, match="unlucky"):
        run(works, range(1000), done)
    assert works.running == 0
    assert {item * 2 for item in range(13)} <= set(done)
    assert len(done) < 1000, "nothing new is started after an error"
