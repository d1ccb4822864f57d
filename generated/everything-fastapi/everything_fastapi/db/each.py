"""Work for each of some items: here asyncio does all of it at once, on one event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def each(items: Iterable[Item], work: Callable[[Item], Awaitable[Result]]) -> list[Result]:
    """Await work(item) for every item at once; return the results in the order of the items."""
    return list(await asyncio.gather(*map(work, items)))
