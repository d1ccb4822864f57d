"""Field types and base classes of every feature's schemas: what the database cannot hold is refused here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    return text


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """Trimmed, non-empty text of at most `max_length` characters, without NUL."""

    max_length: int

    def __iter__(self) -> Iterator[object]:
        yield StringConstraints(strip_whitespace=True, min_length=1, max_length=self.max_length)
        yield AfterValidator(_no_nul)


class Schema(BaseModel):
    """A request's or an answer's data; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Detail(BaseModel):
    """An error as one sentence or one structured detail."""

    detail: str | dict[str, Any]


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
