"""What the JSON API, the form and the seed take; what the database cannot hold is refused here."""

from typing import Annotated
from uuid import UUID, uuid4

from pydantic import Field

from ..web.queries import ListQuery
from ..web.schemas import Schema, Text


class SkeletonCreate(Schema):
    """An entry to write."""

    author: Annotated[str, Text(80)]
    text: Annotated[str, Text(500)]


class SkeletonLine(SkeletonCreate):
    """An entry of the seed or of a feed: one that brings its `id` can be written again without becoming two."""

    id: UUID = Field(default_factory=uuid4)


class SkeletonList(ListQuery):
    """A part of the entries; `cursor` is the id of the last entry seen."""

    cursor: UUID | None = None
