"""The table of entries."""

from typing import Annotated
from uuid import UUID, uuid4

from coodie.fields import PrimaryKey
from pydantic import Field

from ..db.documents import Document, Model
from ..db.times import UtcTime, now


class SkeletonEntry(Document):
    """One entry; it is also what the JSON API answers with."""

    id: Annotated[UUID, PrimaryKey()] = Field(default_factory=uuid4)
    author: str
    text: str
    written_at: UtcTime = Field(default_factory=now)

    class Settings:
        name = "skeleton_entries"


MODELS: list[Model] = [SkeletonEntry]
