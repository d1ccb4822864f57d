"""What the JSON API and the forms of the Tag Mind accept; articles are answered with their documents."""

import re
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, Field, WithJsonSchema

from ..web.emails import Email
from ..web.lists import CommaSeparated
from ..web.mappings import DistinctNames, at_most
from ..web.queries import ListQuery
from ..web.schemas import Schema, Text

MAX_TAGS = 100
MAX_NOTES = 100
MAX_METADATA = 50
MAX_BADGES = 10
"""How many elements a collection of an article may have: the database reads each collection as a whole."""

_LABEL = r"^[^\x00-\x1f\x7f.,/][^\x00-\x1f\x7f,/]*$"


def _fits_in_a_path_and_a_list(label: str) -> str:
    if not re.fullmatch(_LABEL, label):
        raise ValueError("use no slash, comma or control character, and do not begin with a dot")
    return label


Label = Annotated[
    str,
    Text(40),
    AfterValidator(_fits_in_a_path_and_a_list),
    WithJsonSchema({"type": "string", "maxLength": 40, "pattern": _LABEL}),
]
"""A tag, a badge or the key of a metadata entry."""

Title = Annotated[str, Text(120)]
Body = Annotated[str, Text(5000)]
AuthorName = Annotated[str, Text(80)]
Note = Annotated[str, Text(500)]
Value = Annotated[str, Text(200)]
Metadata = Annotated[
    dict[Label, Value],
    Field(max_length=MAX_METADATA),
    DistinctNames,
    at_most(MAX_METADATA),
    # Not every framework keeps the rules for property names in its OpenAPI document, so none are given.
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MAX_METADATA,
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 200},
        }
    ),
]


class AuthorIn(Schema):
    """The author of an article."""

    name: AuthorName
    email: Email


class ArticleUpdate(Schema):
    """The replacement for an article; what is left out becomes empty. Notes and history stay."""

    title: Title
    body: Body
    author: AuthorIn
    tags: list[Label] = Field([], max_length=MAX_TAGS)
    metadata: Metadata = Field({}, description="Its keys follow the same rules as tags.")
    badges: list[Label] = Field([], max_length=MAX_BADGES)


class ArticleCreate(ArticleUpdate):
    """A new article."""

    notes: list[Note] = Field([], max_length=MAX_NOTES)


class ArticleLine(ArticleCreate):
    """An article from the seed or from a feed; one that brings its `id` is not written twice."""

    id: UUID = Field(default_factory=uuid4)


class TagsAdd(Schema):
    """Tags to add to an article's set."""

    tags: list[Label] = Field(min_length=1, max_length=MAX_TAGS)


class NoteAdd(Schema):
    """A note, and the end of the list to add it to."""

    text: Note
    at: Literal["start", "end"] = "end"


class MetadataValue(Schema):
    """The value of one metadata entry."""

    value: Value


class ArticleList(ListQuery):
    """A part of the articles, all or those with one tag; `cursor` is the id of the last article seen."""

    tag: Label | None = None
    cursor: UUID | None = None


class TagOut(Schema):
    """A tag, and how many articles have it."""

    tag: str
    number: int


class TagList(ListQuery):
    """A part of the tags; `cursor` is the last tag seen, after the number of its articles."""

    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,9}-.{1,40}$")] | None = None


class MindQuery(Schema):
    """What the page shows: all articles or those with one tag, after a cursor."""

    tag: Label | None = None
    cursor: UUID | None = None


class ArticleKey(Schema):
    """The article that a page or a form is about."""

    article: UUID


class ArticleForm(Schema):
    """The form for a new article."""

    title: Title
    body: Body
    author_name: AuthorName
    author_email: Email
    tags: Annotated[list[Label], CommaSeparated] = Field([], max_length=MAX_TAGS)
    badges: Annotated[list[Label], CommaSeparated] = Field([], max_length=MAX_BADGES)

    def article(self) -> ArticleCreate:
        """Return the article that was filled in."""
        author = AuthorIn(name=self.author_name, email=self.author_email)
        return ArticleCreate(title=self.title, body=self.body, author=author, tags=self.tags, badges=self.badges)


class TagsForm(MindQuery, ArticleKey):
    """The tags to add to an article, and what the page around its card shows."""

    added: Annotated[list[Label], CommaSeparated] = Field(min_length=1, max_length=MAX_TAGS)


class TagKey(MindQuery, ArticleKey):
    """The tag to remove from an article, and what the page around its card shows."""

    removed: Label


class NoteForm(NoteAdd, ArticleKey):
    """The form for a note on an article's page."""


class MetadataForm(MetadataValue, ArticleKey):
    """The form for a metadata entry on an article's page."""

    key: Label


class MetadataKey(ArticleKey):
    """The metadata entry to remove from an article."""

    key: Label
