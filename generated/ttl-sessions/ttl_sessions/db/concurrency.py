"""Many things at once: here asyncio does them, on one event loop."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from concurrent.futures import Future
from itertools import takewhile
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Stream = AsyncGenerator
"""What a function returns that yields while its data arrives."""


async def outcome_of(future: Future[Result], seconds: float) -> Result:
    """Await what another thread sets; TimeoutError when that takes longer, and the thread goes on."""
    return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), seconds)


async def side_by_side(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Result]], done: Callable[[Result], None], limit: int = 32
) -> None:
    """Await work(item) for every item, at most `limit` at once; `done` gets each result, in any order.

    After an error, or Ctrl-C, nothing new begins; it is raised once what is under way has finished and been counted.
    """
    errors: list[BaseException] = []
    remaining = takewhile(lambda _: not errors, items)

    async def pull() -> None:
        try:
            for item in remaining:
                done(await work(item))
        except Exception as error:
            errors.append(error)

    workers = [asyncio.create_task(pull()) for _ in range(limit)]
    try:
        await asyncio.wait(workers)
    except asyncio.CancelledError as stop:
        errors.append(stop)
        await asyncio.wait(workers)
    if errors:
        raise errors[0]
