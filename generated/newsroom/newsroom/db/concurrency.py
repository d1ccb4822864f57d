"""Many things at once: here threads do them."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock, Semaphore
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Stream = Generator
"""What a function returns that yields while its data arrives."""


def outcome_of(future: Future[Result], seconds: float) -> Result:
    """Wait for what another thread sets; TimeoutError when that takes longer, and the thread goes on."""
    return future.result(seconds)


def side_by_side(
    items: Iterable[Item], work: Callable[[Item], Result], done: Callable[[Result], None], limit: int = 32
) -> None:
    """Do work(item) for every item, at most `limit` at once; `done` gets each result, in any order.

    After an error, or Ctrl-C, nothing new begins; it is raised once what is under way has finished and been counted.
    """
    errors: list[Exception] = []
    places, counting = Semaphore(limit), Lock()

    def run(item: Item) -> None:
        try:
            result = work(item)
            with counting:
                done(result)
        except Exception as error:
            errors.append(error)
        finally:
            places.release()

    with ThreadPoolExecutor(limit) as threads:
        for item in items:
            places.acquire()
            if errors:
                break
            # In a copy of the context, so that the statements are logged for the request that began this.
            threads.submit(copy_context().run, run, item)
    if errors:
        raise errors[0]
