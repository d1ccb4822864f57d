"""What the page of the press shows: a part of the feed, and what has just been printed."""

from contextlib import suppress
from dataclasses import dataclass

from ..db.paging import Page
from ..errors import NotFound
from . import service
from .schemas import ContentOut, PressQuery


@dataclass(frozen=True)
class Press:
    """A part of the feed, and the piece that has just been written."""

    contents: Page[ContentOut]
    printed: ContentOut | None = None


async def read_press(query: PressQuery) -> Press:
    """Return what the page shows; a piece that was written and is gone again is left out."""
    contents = await service.list_contents(query)
    with suppress(NotFound):
        if query.printed is not None:
            return Press(contents, await service.get_content(query.printed))
    return Press(contents)
