"""Field types and base classes of every feature's schemas: what the database cannot hold is refused here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, Generic, Self, TypeVar

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

T = TypeVar("T")


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    return text


_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def _fits_in_a_url(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise ValueError("use letters, digits, dots, hyphens and underscores only, and begin with a letter or digit")
    return name


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """Trimmed, non-empty text of at most so many characters, without NUL."""

    most: int

    def __iter__(self) -> Iterator[Any]:
        yield StringConstraints(strip_whitespace=True, min_length=1, max_length=self.most)
        yield AfterValidator(_no_nul)


@dataclass(frozen=True)
class Name(GroupedMetadata):
    """A name that fits in a URL: letters, digits, dot, hyphen and underscore, at most so many."""

    most: int

    def __iter__(self) -> Iterator[Any]:
        yield StringConstraints(strip_whitespace=True, min_length=1, max_length=self.most)
        yield AfterValidator(_fits_in_a_url)
        yield WithJsonSchema({"type": "string", "maxLength": self.most, "pattern": _NAME})


def _is_written_out(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError("write a date such as 2026-11-25")


IsoDate = Annotated[date, BeforeValidator(_is_written_out)]
"""A date as text, year-month-day; pydantic by itself takes numbers too, as seconds since 1970."""


def _split(value: Any) -> Any:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


CommaSeparated = BeforeValidator(_split)
"""Lets the field of a form take a list as text, its items separated by commas."""


class Schema(BaseModel):
    """A request's or an answer's data; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Query(Schema):
    """The parameters of a query string."""

    @classmethod
    @cache
    def model_json_schema(cls, **options: Any) -> dict[str, Any]:
        """Describe the parameters, once: Flask-OpenAPI3 asks with every request, and it takes longer than the rest."""
        return super().model_json_schema(**options)


class ListQuery(Query):
    """How much of a list to return."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Page(BaseModel, Generic[T]):
    """Some items of a list, and the cursor that continues after them; None at its end."""

    items: list[T]
    cursor: str | None = None


class Detail(BaseModel):
    """An error as one sentence or one structured detail."""

    detail: str | dict


class FieldError(BaseModel):
    """What is wrong with one field: where it is, what it should be, the kind of error."""

    loc: list[str | int]
    msg: str
    type: str


class Invalid(BaseModel):
    """The errors of a request that its schema refuses."""

    detail: list[FieldError]


class Health(BaseModel):
    """Whether the database answers: status is ok or unavailable."""

    status: str
    database: str
    keyspace: str

    @classmethod
    def of(cls, alive: bool, keyspace: str) -> Self:
        """Return the report on a database that answers, or doesn't."""
        if alive:
            return cls(status="ok", database="connected", keyspace=keyspace)
        return cls(status="unavailable", database="disconnected", keyspace=keyspace)
