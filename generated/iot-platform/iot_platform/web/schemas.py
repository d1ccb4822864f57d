"""Field types and base classes of every feature's schemas: what the database cannot hold is refused here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self
from unicodedata import category

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

MAX_UNKNOWN = 100
"""How many unknown fields are named one by one."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Unicode's control characters, but for tab and newline."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing: fillers of Hangul, and the Braille pattern without dots."""

LIST_HEADERS: dict[str, Any] = {
    "Link": {"description": "Where the list goes on, if it does.", "schema": {"type": "string"}},
    "X-Counted-Over": {
        "description": "How many rows were counted, if there are more.",
        "schema": {"type": "integer"},
    },
    "X-Left-Out": {
        "description": "How many rows were left out because they cannot be read.",
        "schema": {"type": "integer"},
    },
}
"""The OpenAPI description of what a list says beside its items."""


def _with_newlines(value: Any) -> Any:
    """Browsers end the lines of a text area with CR LF."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _can_be_seen(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must not hold control characters")
    if all(char.isspace() or char in _BLANK or category(char) == "Cf" for char in text):
        raise ValueError("must hold something that can be seen")
    return text


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """Trimmed text of at most `max_length` characters, of which one can be seen and none controls anything."""

    max_length: int

    def __iter__(self) -> Iterator[object]:
        yield StringConstraints(strip_whitespace=True, min_length=1, max_length=self.max_length)
        yield AfterValidator(_can_be_seen)
        yield BeforeValidator(_with_newlines)


class Schema(BaseModel):
    """A request's or an answer's data; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_a_flood(cls, data: Any) -> Any:
        """Refuse a hundred unknown fields as a whole: describing each would cost more than anything else here."""
        if isinstance(data, dict) and len(data) > len(cls.model_fields) + MAX_UNKNOWN:
            raise ValueError(f"has {len(data):,} fields; there are {len(cls.model_fields)}")
        return data


class Detail(BaseModel):
    """An error as one sentence or one structured detail."""

    detail: str | dict[str, Any]


class FieldError(BaseModel):
    """What is wrong with one field: where it is, what it should be, the kind of error."""

    loc: list[str | int]
    msg: str
    type: str


class Invalid(BaseModel):
    """The errors of a request that its schema refuses: the first ones, and how many more there are, if any."""

    detail: list[FieldError]
    more: int = 0


class Health(BaseModel):
    """Whether the database answers: status is healthy or unhealthy, database says why."""

    status: str
    database: str
    keyspace: str

    @classmethod
    def of(cls, database: str, keyspace: str) -> Self:
        """Return the report on a database that is connected, or isn't, or whose tables are missing."""
        return cls(status="healthy" if database == "connected" else "unhealthy", database=database, keyspace=keyspace)
