"""Two things at once: here asyncio does them, on one event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


async def both(first: Callable[[], Awaitable[First]], second: Callable[[], Awaitable[Second]]) -> tuple[First, Second]:
    """Await both at once; return their results."""
    one, two = await asyncio.gather(first(), second())
    return one, two
