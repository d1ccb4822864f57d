"""Doing many things side by side, but only so many at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class SideBySide(Generic[Result]):
    """Runs what is started in its block side by side, at most so many at once; the end of the block waits for all.

    `done` gets the result of each. The first error is raised once it is seen, after what is on its way has finished.
    """

    def __init__(self, most: int, done: Callable[[Result], None]) -> None:
        self._most = most
        self._done = done
        self._running: set[asyncio.Task[Result]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running:
            finished, _ = await asyncio.wait(self._running)
            self._settle(finished)

    async def start(self, work: Callable[..., Awaitable[Result]], *args: Any) -> None:
        """Start work(*args), and wait for a free place where all are taken then."""
        self._running.add(asyncio.ensure_future(work(*args)))
        if len(self._running) >= self._most:
            finished, self._running = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            self._settle(finished)

    def _settle(self, finished: set[asyncio.Task[Result]]) -> None:
        for task in finished:
            if task.exception() is None:
                self._done(task.result())
        for task in finished:
            task.result()


async def side_by_side(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Result]], done: Callable[[Result], None], most: int = 32
) -> None:
    """Await work(item) for every item, `most` at once; `done` gets each result."""
    async with SideBySide(most, done) as places:
        for item in items:
            await places.start(work, item)
