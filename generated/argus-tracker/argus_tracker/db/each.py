"""Work for each of some items: here threads do it, several at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_THREADS = 16


def each(items: Iterable[Item], work: Callable[[Item], Result]) -> list[Result]:
    """Do work(item) for every item, several at once; return the results in the order of the items."""
    waiting = list(items)
    if len(waiting) < 2:
        return [work(item) for item in waiting]
    with ThreadPoolExecutor(min(len(waiting), MAX_THREADS)) as threads:
        # In copies of the context, so that the statements are logged for the request that began this.
        futures = [threads.submit(copy_context().run, work, item) for item in waiting]
        return [future.result() for future in futures]
