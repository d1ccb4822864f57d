"""Twins: a feature's main write and main read, written a second time by hand on the bare driver.

They stand in the feature's folder, in twins.py, and are made of what is here; a feature may do without.
"""

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Session
from cassandra.query import BatchStatement, BatchType, BoundStatement, dict_factory

FEATURES = Path(__file__).parent.parent / "features"
Rows = list[dict[str, Any]]

ROWS = 20
"""Calls of a feature's write before anything is measured."""


@dataclass(frozen=True)
class Request:
    """What a client sends: the values of the path's parameters, a query string, a body."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    media_type: str = "application/json"


@dataclass(frozen=True)
class Received:
    """A twin's arguments: the path's parameters, and input that the endpoint's own schema has checked."""

    path: Mapping[str, str]
    data: Any
    body: bytes
    schemas: Any
    """The module of the feature's schemas, for what an uploaded file holds many of."""


class Bare:
    """The driver's session, its rows as dicts, and every statement prepared once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # By default, the driver makes a new class for the rows of every result, which costs more than all of coodie.
        self._profile = session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, row_factory=dict_factory)
        self._prepared: dict[str, Any] = {}

    def bind(self, cql: str, values: Sequence[Any]) -> BoundStatement:
        """Return a statement, ready to be sent."""
        if cql not in self._prepared:
            self._prepared[cql] = self._session.prepare(cql)
        return self._prepared[cql].bind(values)

    def batch(self, cql: str, rows: Iterable[Sequence[Any]]) -> BatchStatement:
        """Return a statement for many rows of one partition, as an unlogged batch."""
        batch = BatchStatement(BatchType.UNLOGGED)
        for values in rows:
            batch.add(self.bind(cql, values))
        return batch

    def start(self, statement: Any) -> Any:
        """Send a statement and return the driver's future."""
        return self._session.execute_async(statement, execution_profile=self._profile)


Steps = Generator[Any, Any, tuple[int, Any]]
"""A twin's work: it yields a statement and gets its rows, or a list of statements that run side by side.

It returns the status and the JSON of the answer. So one source serves frameworks that await and those that don't.
"""


@dataclass(frozen=True)
class Call:
    """How an endpoint is called: its path with {parameters}, and the request.

    `request` gets a number that was never used before, and what the calls before it were about and have answered.
    """

    method: str
    path: str
    request: Callable[[int, Mapping[str, Any]], Request]


@dataclass(frozen=True)
class Endpoint(Call):
    """An endpoint with its twin; `query` and `body` name the schemas of what it takes, `upload` hands on the body."""

    twin: Callable[[Bare, Received], Steps]
    query: str = ""
    body: str = ""
    upload: bool = False


@dataclass(frozen=True)
class Feature:
    """A feature's main write, its main read, which reads what the write wrote, and what has to be there before."""

    write: Endpoint
    read: Endpoint
    first: Call | None = None


def has_twins(slug: str) -> bool:
    """Return True if a feature has twins."""
    return (FEATURES / slug / "twins.py").exists()


def twins_of(slug: str) -> Feature:
    """Return the twins of a feature; ModuleNotFoundError if it has none."""
    twins: Feature = import_module(f"tools.features.{slug}.twins").FEATURE
    return twins


def rfc3339(moment: datetime) -> str:
    """Return a timestamp for JSON; the driver's are in UTC but do not say so."""
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def now() -> datetime:
    """Return the time, in the milliseconds that a CQL timestamp keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_json(value: Any) -> bytes:
    """Return a JSON body."""
    return json.dumps(value).encode()
