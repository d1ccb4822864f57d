"""The table of articles: a set, a list, a map, a frozen set and two user-defined types."""

from typing import Annotated
from uuid import UUID, uuid4

from coodie.fields import Indexed, PrimaryKey
from coodie.usertype import UserType
from pydantic import Field, PlainSerializer

from ..db.documents import Document, Model
from ..db.times import UtcTime

Sorted = PlainSerializer(sorted, return_type=list[str])
"""JSON has no sets: answers list their elements in alphabetical order."""


class Author(UserType):
    """The author of an article. A user-defined type is frozen: one value, replaced as a whole."""

    name: str
    email: str

    class Settings:
        __type_name__ = "article_author"


class Event(UserType):
    """Something that was done to an article."""

    at: UtcTime
    action: str

    class Settings:
        __type_name__ = "article_event"


class Article(Document):
    """An article. Its collections change element by element; every write of a row is a lightweight transaction."""

    id: Annotated[UUID, PrimaryKey()] = Field(default_factory=uuid4)
    title: str
    body: str
    author: Author
    tags: Annotated[set[str], Indexed(), Sorted]
    notes: list[str]
    metadata: dict[str, str]
    badges: Annotated[frozenset[str], Sorted]
    history: list[Event]

    class Settings:
        name = "articles"


MODELS: list[Model] = [Article]
