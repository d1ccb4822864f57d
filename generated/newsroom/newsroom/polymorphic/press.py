"""What the page of the press shows: a part of the feed, and what has just been printed."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from ..db.both import both
from ..db.paging import Page
from ..errors import NotFound
from . import service
from .schemas import ContentOut, PressQuery


@dataclass(frozen=True)
class Press:
    """A part of the feed, and the piece that has just been written."""

    contents: Page[ContentOut]
    printed: ContentOut | None


def read_press(query: PressQuery) -> Press:
    """Return what the page shows; a piece that was written and is gone again is left out."""
    contents, printed = both(lambda: service.list_contents(query), lambda: _read_printed(query.printed))
    return Press(contents, printed)


def _read_printed(content_id: UUID | None) -> ContentOut | None:
    with suppress(NotFound):
        return service.get_content(content_id) if content_id else None
    return None
