"""One table for content of every kind: each subclass adds its columns, and its rows come back as that class."""

from typing import Annotated
from uuid import UUID, uuid4

from coodie.fields import Discriminator, Indexed, PrimaryKey
from pydantic import Field

from ..db.documents import Model
from ..db.single_table import SharedTable
from ..db.times import UtcTime, now


class Content(SharedTable):
    """What every kind has; `kind` says which class a row belongs to."""

    id: Annotated[UUID, PrimaryKey()] = Field(default_factory=uuid4)
    kind: Annotated[str, Discriminator(), Indexed()] = ""
    title: str
    author: str
    published_at: UtcTime = Field(default_factory=now)
    tags: set[str] = Field(default_factory=set)

    class Settings:
        name = "contents"

    def model_post_init(self, _context: object) -> None:
        # coodie writes the kind of its class into the row, but leaves the object's own unset.
        self.kind = getattr(self.Settings, "__discriminator_value__", self.kind)


class Article(Content):
    """Something to read."""

    body: str
    reading_minutes: int

    class Settings:
        __discriminator_value__ = "article"


class Video(Content):
    """Something to watch."""

    url: str
    duration_seconds: int
    resolution: str

    class Settings:
        __discriminator_value__ = "video"


class Podcast(Content):
    """Something to listen to."""

    audio_url: str
    episode: int
    guests: list[str] = Field(default_factory=list)

    class Settings:
        __discriminator_value__ = "podcast"


KINDS = {model.Settings.__discriminator_value__: model for model in (Article, Video, Podcast)}
MODELS: list[Model] = [Content, *KINDS.values()]
