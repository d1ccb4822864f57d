"""The HTTP answer to everything that can go wrong: one table for the JSON API and the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cassandra import OperationTimedOut, ReadFailure, ReadTimeout, Unauthorized, Unavailable
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.protocol import IsBootstrappingErrorMessage, OverloadedErrorMessage, ServerError

from ..config import SYNC
from ..errors import Conflict, DatabaseUnavailable, NotFound, OutcomeUnknown, Refused, TablesDiffer, UnreadableRow

TITLES = {
    400: "Bad request",
    403: "Refused",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    411: "Length required",
    413: "Too large",
    422: "Not valid",
    500: "Something broke",
    503: "Database unavailable",
    504: "No answer in time",
}
RETRY = {"Retry-After": "2"}
MAX_ERRORS = 20
"""How many errors of a request are listed; the others are counted."""
BODIES = {"missing": "object", "model_attributes_type": "object", "model_type": "object", "list_type": "list"}
"""What a body should be, by the types of the errors that say it is something else."""


@dataclass(frozen=True)
class Problem:
    """An HTTP answer: its status, a sentence for the page, a detail for JSON if that says more, extra headers.

    `more` is the number of errors that the detail leaves out; `heading` stands for the status in words.
    """

    status: int
    sentence: str
    detail: object = None
    more: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    heading: str = ""

    @property
    def title(self) -> str:
        """The status in words, unless the problem has a heading of its own."""
        return self.heading or TITLES.get(self.status, "Error")

    @property
    def all_headers(self) -> dict[str, str]:
        """Its headers, and what a cache has to know: browsers get a page, all others JSON."""
        return {"Vary": "Accept", **self.headers}

    @property
    def body(self) -> dict[str, object]:
        """The JSON body."""
        body: dict[str, object] = {"detail": self.detail or self.sentence}
        return {**body, "more": self.more} if self.more else body


NOWHERE = Problem(404, "There is nothing at this address.")
BUG = Problem(500, "Something went wrong on our side; the server's log has the details.")


def from_exception(error: Exception) -> Problem | None:
    """Translate one of errors.HANDLED; None for a bug."""
    match error:
        case NotFound():
            return Problem(404, "There is nothing at this address, or not any more.", error.detail)
        case Conflict():
            return Problem(409, "It already exists, or has changed since you opened it.", error.detail)
        case Refused():
            return invalid(error.errors)
        case OutcomeUnknown():
            sentence = "The database did not confirm the change in time; it may or may not have been made."
            return Problem(504, sentence, {"error": "outcome_unknown"})
        case OperationTimedOut() | ReadTimeout() | ReadFailure():
            return Problem(504, "The database did not answer in time.")
        case TablesDiffer():
            names = ", ".join(error.tables)
            subject = f"The tables {names} are" if len(error.tables) > 1 else f"The table {names} is"
            sentence = f"{subject} not as this version of the application expects: run {SYNC}."
            return Problem(503, sentence, headers=RETRY, heading="The tables are not as expected")
        case UnreadableRow():
            sentence = f"A row of the table {error.table} cannot be read; the server's log has its key."
            return Problem(503, sentence, heading="The row cannot be read")
        case Unauthorized():
            sentence = "The database does not let the application do this; the server's log says why."
            return Problem(503, sentence, headers=RETRY, heading="Not allowed by the database")
        case OverloadedErrorMessage() | IsBootstrappingErrorMessage() | ServerError() | Unavailable():
            return Problem(503, "The database cannot do this right now.", headers=RETRY)
        case NoHostAvailable() | DatabaseUnavailable() | ConnectionException():
            return Problem(503, "The database is not available right now.", headers=RETRY)
    return None


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return 422 with the location, message and type of pydantic's errors, without the refused input."""
    detail = [
        {
            "loc": [part if isinstance(part, int) else _clean(part) for part in error["loc"]],
            "msg": _sentence(error),
            "type": error["type"],
        }
        for error in errors[:MAX_ERRORS]
    ]
    more = len(errors) - len(detail)
    sentences = [f"{error['loc'][-1]}: {error['msg']}" for error in detail if error["loc"]]
    return Problem(422, "; ".join([*sentences, f"and {more:,} more"] if more else sentences), detail, more)


def _sentence(error: Mapping[str, Any]) -> str:
    """Return what is wrong, without the refused input, which pydantic repeats where it chooses none of a union."""
    if error["type"] == "union_tag_invalid":
        return "{discriminator} must be one of {expected_tags}".format_map(error["ctx"])
    if tuple(error["loc"]) == ("body",) and error["type"] in BODIES:
        return f"send a JSON {BODIES[error['type']]} with the header Content-Type: application/json"
    return str(error["msg"]).removeprefix("Value error, ")


def _clean(part: object) -> str:
    """Return a location as text that can be encoded: the name of an unknown field may be any bytes."""
    return str(part).encode("utf-8", "replace").decode()[:100]
