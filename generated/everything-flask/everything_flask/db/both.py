"""Two things at once: here a thread does the second."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Do both at once; return their results."""
    with ThreadPoolExecutor(1) as thread:
        # In a copy of the context, so that its statements are logged for the request that began this.
        later = thread.submit(copy_context().run, second)
        return first(), later.result()
