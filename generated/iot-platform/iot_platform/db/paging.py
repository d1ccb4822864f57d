"""Lists that are read page by page: some items, and a cursor that continues after the last of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items of a list, and the cursor that continues after them; None at its end.

    `counted_over` is how many rows a count or a ranking is made of, if there are more than that.
    """

    items: list[T]
    cursor: str | None = None
    counted_over: int | None = None

    @classmethod
    def cut(
        cls, items: Sequence[T], limit: int, cursor: Callable[[T], object], counted_over: int | None = None
    ) -> Self:
        """Return the first `limit` items; if there are more, `cursor` of the last one continues after it."""
        shown = list(items[:limit])
        last = shown[-1] if len(items) > limit else getattr(items, "last", None)
        return cls(shown, None if last is None else str(cursor(last)), counted_over)
