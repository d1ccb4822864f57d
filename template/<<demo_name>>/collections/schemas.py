"""What the JSON API and the forms of the Tag Mind take and return."""

import re
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ..db.documents import UtcTime
from ..web.lists import CommaSeparated
from ..web.queries import ListQuery
from ..web.schemas import Schema, Text

MOST_TAGS = 100
MOST_NOTES = 100
MOST_METADATA = 50
MOST_BADGES = 10
"""How many elements each collection of an article may have: the database reads them whole, or not at all."""

_LABEL = r"^[^\x00-\x1f\x7f.,/][^\x00-\x1f\x7f,/]*$"


def _fits_in_a_path_and_a_list(label: str) -> str:
    if not re.fullmatch(_LABEL, label):
        raise ValueError("use no slash, comma or control character, and do not begin with a dot")
    return label


def _is_address(email: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise ValueError("write an address such as mind@example.org")
    return email


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
AuthorEmail = Annotated[str, Text(254), AfterValidator(_is_address)]
Note = Annotated[str, Text(500)]
Value = Annotated[str, Text(200)]
Metadata = Annotated[
    dict[Label, Value],
    Field(max_length=MOST_METADATA),
    # Rules for the names of properties get lost in some documents, so there are none in this one.
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MOST_METADATA,
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 200},
        }
    ),
]
Sorted = Annotated[list[str], BeforeValidator(sorted)]


class AuthorIn(Schema):
    """Who writes an article."""

    name: AuthorName
    email: AuthorEmail


class ArticleUpdate(Schema):
    """What replaces an article, all at once; what is not given becomes empty. Notes and history stay."""

    title: Title
    body: Body
    author: AuthorIn
    tags: list[Label] = Field([], max_length=MOST_TAGS)
    metadata: Metadata = Field({}, description="Its keys follow the same rules as tags.")
    badges: list[Label] = Field([], max_length=MOST_BADGES)


class ArticleCreate(ArticleUpdate):
    """A new article."""

    notes: list[Note] = Field([], max_length=MOST_NOTES)


class ArticleLine(ArticleCreate):
    """An article of the seed or of a feed: one that brings its `id` is not written a second time."""

    id: UUID = Field(default_factory=uuid4)


class TagsAdd(Schema):
    """Tags to add to an article's set."""

    tags: list[Label] = Field(min_length=1, max_length=MOST_TAGS)


class NoteAdd(Schema):
    """A note, and the end of the list at which to add it."""

    text: Note
    at: Literal["start", "end"] = "end"


class MetadataValue(Schema):
    """The value of one metadata entry."""

    value: Value


class AuthorOut(Schema):
    """Who wrote an article."""

    name: str
    email: str


class HistoryEvent(Schema):
    """Something that was done to an article, and when."""

    at: UtcTime
    action: str


class TaggedArticle(Schema):
    """An article as the database holds it; tags and badges are in alphabetical order, the history is oldest first."""

    id: UUID
    title: str
    body: str
    author: AuthorOut
    tags: Sorted
    notes: list[str]
    metadata: dict[str, str]
    badges: Sorted
    history: list[HistoryEvent]


class ArticleList(ListQuery):
    """A part of the articles, of one tag if given; `cursor` is the id of the last article seen."""

    tag: Label | None = None
    cursor: UUID | None = None


class TagOut(Schema):
    """A tag, and how many articles have it."""

    tag: str
    number: int


class TagList(ListQuery):
    """A part of the tags; `cursor` is the number of articles of the last tag seen, and that tag."""

    cursor: Annotated[str, Field(pattern=r"^\d{1,9}-.{1,40}$")] | None = None


class MindQuery(Schema):
    """What the page shows: the articles of one tag, or of all, from a cursor on."""

    tag: Label | None = None
    cursor: UUID | None = None


class ArticleKey(Schema):
    """Which article a page or a form is about."""

    article: UUID


class ArticleForm(Schema):
    """The form of a new article."""

    title: Title
    body: Body
    author_name: AuthorName
    author_email: AuthorEmail
    tags: Annotated[list[Label], CommaSeparated] = Field([], max_length=MOST_TAGS)
    badges: Annotated[list[Label], CommaSeparated] = Field([], max_length=MOST_BADGES)

    def article(self) -> ArticleCreate:
        """Return the article that was filled in."""
        author = AuthorIn(name=self.author_name, email=self.author_email)
        return ArticleCreate(title=self.title, body=self.body, author=author, tags=self.tags, badges=self.badges)


class TagsForm(MindQuery, ArticleKey):
    """The tags that the form on an article's card adds, and what the page around it shows."""

    added: Annotated[list[Label], CommaSeparated] = Field(min_length=1, max_length=MOST_TAGS)


class TagKey(MindQuery, ArticleKey):
    """The tag that a button on an article's card removes, and what the page around it shows."""

    removed: Label


class NoteForm(NoteAdd, ArticleKey):
    """The form of a note on an article's page."""


class MetadataForm(MetadataValue, ArticleKey):
    """The form of a metadata entry on an article's page."""

    key: Label


class MetadataKey(ArticleKey):
    """The metadata entry that a button on an article's page removes."""

    key: Label
