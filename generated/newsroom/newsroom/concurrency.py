"""Doing many things side by side, but only so many at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from threading import Lock
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
        self._running: set[Future[None]] = set()
        self._threads = ThreadPoolExecutor(most)
        self._counting = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        for future in self._running:
            future.result()

    def start(self, work: Callable[..., Result], *args: Any) -> None:
        """Start work(*args), and wait for a free place where all are taken then."""
        # In a copy of the context, so that the statements are those of the request that started it.
        self._running.add(self._threads.submit(copy_context().run, self._run, work, args))
        if len(self._running) >= self._most:
            finished, self._running = wait(self._running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()

    def _run(self, work: Callable[..., Result], args: tuple[Any, ...]) -> None:
        # Counted where it is done: Ctrl-C interrupts the main thread anywhere, but never this one.
        result = work(*args)
        with self._counting:
            self._done(result)


def side_by_side(
    items: Iterable[Item], work: Callable[[Item], Result], done: Callable[[Result], None], most: int = 32
) -> None:
    """Do work(item) for every item, `most` at once; `done` gets each result."""
    with SideBySide(most, done) as places:
        for item in items:
            places.start(work, item)
