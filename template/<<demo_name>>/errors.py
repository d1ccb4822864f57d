"""What can go wrong, and the HTTP answer that says so: one table for the JSON API and the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cassandra import DriverException, InvalidRequest, OperationTimedOut, ReadFailure, ReadTimeout, Unavailable
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.protocol import ErrorMessage, IsBootstrappingErrorMessage, OverloadedErrorMessage, ServerError


class NotFound(Exception):
    """The row asked for isn't there (any more); answered with 404."""

    def __init__(self, detail: Any) -> None:
        self.detail = detail


class Conflict(Exception):
    """The row is not in the state that the request needs; answered with 409."""

    def __init__(self, detail: Any) -> None:
        self.detail = detail


class Refused(Exception):
    """A page's query string that its schema refuses; answered with 422."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        self.errors = errors


class DatabaseUnavailable(Exception):
    """No node answers; answered with 503. The text names the addresses and is for the operator, not for clients."""


class OutcomeUnknown(Exception):
    """A write that may or may not have been applied; answered with 504 and never repeated by itself."""


HANDLED = (
    NotFound,
    Conflict,
    Refused,
    OutcomeUnknown,
    DatabaseUnavailable,
    DriverException,
    NoHostAvailable,
    ConnectionException,
    ErrorMessage,
)
"""Routed to from_exception(); what it does not know becomes 500."""


@dataclass(frozen=True)
class Problem:
    """An HTTP answer: status, the JSON body's detail, a sentence for the error page, extra headers."""

    status: int
    detail: Any
    sentence: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The status in words."""
        return TITLES.get(self.status, "Error")


RETRY = {"Retry-After": "2"}
TITLES = {
    400: "Bad request",
    403: "Refused",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    422: "Not valid",
    500: "Something broke",
    503: "Database unavailable",
    504: "No answer in time",
}


def problem(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the answer for a status whose detail is one sentence."""
    return Problem(status, sentence, sentence, headers or {})


def from_exception(error: Exception) -> Problem | None:
    """Translate a domain or database error; None for one that is a bug of ours."""
    match error:
        case NotFound():
            return Problem(404, error.detail, "There is nothing under this address, or not any more.")
        case Conflict():
            return Problem(409, error.detail, "This is taken, or has changed in the meantime.")
        case Refused():
            return invalid(error.errors)
        case OutcomeUnknown():
            sentence = "The database did not confirm in time; the change may or may not have been made."
            return Problem(504, {"error": "outcome_unknown"}, sentence)
        case OperationTimedOut() | ReadTimeout() | ReadFailure():
            return problem(504, "The database did not answer in time.")
        case InvalidRequest() if "unconfigured table" in str(error) or "does not exist" in str(error):
            return problem(503, "The tables do not exist yet: run make seed.", RETRY)
        case OverloadedErrorMessage() | IsBootstrappingErrorMessage() | ServerError() | Unavailable():
            return problem(503, "The database cannot do this right now.", RETRY)
        case NoHostAvailable() | DatabaseUnavailable() | ConnectionException():
            return problem(503, "The database is not available right now.", RETRY)
    return None


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return 422 from pydantic's errors: location, message and type of each, without the refused input."""
    detail = [
        {
            "loc": [part if isinstance(part, int) else _clean(part) for part in error["loc"]],
            "msg": _sentence(error),
            "type": error["type"],
        }
        for error in errors
    ]
    return Problem(422, detail, "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in detail if error["loc"]))


def bug() -> Problem:
    """Return 500 for what no input should cause."""
    return problem(500, "Something went wrong on our side; the server's log has the details.")


def unreadable(sentence: str) -> Problem:
    """Return 422 for a body that cannot even be read as JSON or as a form."""
    return invalid([{"loc": ("body",), "msg": sentence, "type": "json_invalid"}])


def _sentence(error: Mapping[str, Any]) -> str:
    """Return what is wrong, without the refused input, which pydantic repeats where it chooses none of a union."""
    if error["type"] == "union_tag_invalid":
        return "{discriminator} must be one of {expected_tags}".format_map(error["ctx"])
    return error["msg"].removeprefix("Value error, ")


def _clean(part: object) -> str:
    """Return a location as text that always encodes: an unknown field may be named by any bytes."""
    return str(part).encode("utf-8", "replace").decode()[:100]
