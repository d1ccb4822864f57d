"""Work that blocks, and the event loop that must not wait for it."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")


async def run_blocking(function: Callable[P, Result], *args: P.args, **options: P.kwargs) -> Result:
    """Run a function that blocks in a thread, so that the event loop goes on."""
    return await asyncio.to_thread(function, *args, **options)
