"""What the JSON API and the forms of the press accept and return: a schema for each kind, and their unions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, RootModel

from ..db.times import UtcTime
from ..web.lists import CommaSeparated
from ..web.queries import ListQuery
from ..web.schemas import Schema, Text

MAX_URL = 2083


def _web_address(text: str) -> str:
    url = str(HttpUrl(text))
    if len(url) > MAX_URL:
        raise ValueError(f"must have at most {MAX_URL} characters once everything beyond ASCII is escaped")
    return url


def _once(words: list[str]) -> list[str]:
    return sorted(set(words))


Kind = Literal["article", "video", "podcast"]
Resolution = Literal["480p", "720p", "1080p", "1440p", "2160p"]
Url = Annotated[
    str,
    Field(min_length=1, max_length=MAX_URL, description="http or https", json_schema_extra={"format": "uri"}),
    AfterValidator(_web_address),
]
# In forms, commas separate the items of a list.
Tags = Annotated[list[Annotated[str, Field(pattern="^[^,]*$"), Text(40)]], Field(max_length=20), AfterValidator(_once)]
Guests = Annotated[list[Annotated[str, Field(pattern="^[^,]*$"), Text(100)]], Field(max_length=20)]
Minutes = Annotated[int, Field(ge=1, le=1440)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]
Episode = Annotated[int, Field(ge=1, le=1_000_000)]


class Draft(Schema):
    """What content of any kind is made of."""

    kind: str
    title: Annotated[str, Text(200)]
    author: Annotated[str, Text(100)]
    tags: Tags = Field(default_factory=list)


class ArticleIn(Draft):
    """An article to publish."""

    kind: Literal["article"]
    body: Annotated[str, Text(10_000)]
    reading_minutes: Annotated[Minutes, Field(strict=True)]


class VideoIn(Draft):
    """A video to publish."""

    kind: Literal["video"]
    url: Url
    duration_seconds: Annotated[Seconds, Field(strict=True)]
    resolution: Resolution


class PodcastIn(Draft):
    """An episode of a podcast to publish."""

    kind: Literal["podcast"]
    audio_url: Url
    episode: Annotated[Episode, Field(strict=True)]
    guests: Guests = Field(default_factory=list)


class ContentIn(RootModel[Annotated[ArticleIn | VideoIn | PodcastIn, Field(discriminator="kind")]]):
    """Content to publish, with the fields of its kind and no others."""


class ArticleForm(ArticleIn):
    """An article as its form sends it: every value is text."""

    tags: Annotated[Tags, CommaSeparated] = Field(default_factory=list)
    reading_minutes: Minutes


class VideoForm(VideoIn):
    """A video as its form sends it."""

    tags: Annotated[Tags, CommaSeparated] = Field(default_factory=list)
    duration_seconds: Seconds


class PodcastForm(PodcastIn):
    """An episode as its form sends it."""

    tags: Annotated[Tags, CommaSeparated] = Field(default_factory=list)
    episode: Episode
    guests: Annotated[Guests, CommaSeparated] = Field(default_factory=list)


DraftForm = ArticleForm | VideoForm | PodcastForm
FORMS: dict[str, type[DraftForm]] = {"article": ArticleForm, "video": VideoForm, "podcast": PodcastForm}


class ContentLine(RootModel[Annotated[DraftForm, Field(discriminator="kind")]]):
    """A line of the seed or of a feed, in which every value may be text."""


class Stored(Schema):
    """What content of any kind has."""

    id: UUID
    kind: str
    title: str
    author: str
    published_at: UtcTime
    tags: Annotated[list[str], BeforeValidator(sorted)]


class ArticleOut(Stored):
    """An article as its row holds it."""

    kind: Literal["article"]
    body: str
    reading_minutes: int


class VideoOut(Stored):
    """A video as its row holds it."""

    kind: Literal["video"]
    url: str
    duration_seconds: int
    resolution: str


class PodcastOut(Stored):
    """An episode of a podcast as its row holds it."""

    kind: Literal["podcast"]
    audio_url: str
    episode: int
    guests: list[str]


class ContentOut(RootModel[Annotated[ArticleOut | VideoOut | PodcastOut, Field(discriminator="kind")]]):
    """Content with the fields of its kind."""


class ContentList(ListQuery):
    """A part of the content, of every kind or of one; `cursor` is the id of the last piece seen."""

    kind: Kind | None = None
    cursor: UUID | None = None


class PressQuery(ContentList):
    """What the page shows: a part of the feed, the form for one kind, and what has just been written."""

    draft: Kind = "article"
    printed: UUID | None = None


class FormKind(Schema):
    """The kind whose form was sent."""

    kind: Kind


class ContentKey(Schema):
    """The piece of content that a page is about."""

    id: UUID


class Removal(ContentKey):
    """The piece of content to delete, and the kind that the feed shows."""

    kind: Kind | None = None
