"""Workarounds for coodie and the driver below it, which have bugs or do not do what this project needs: a class each.

docs/workarounds.md of coodie-demos has a paragraph under each name. Once a bug is fixed upstream, its class can be
deleted here and taken out of `Driver`, without the others.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cassandra import CoordinationFailure, InvalidRequest, OperationTimedOut, Timeout
from cassandra.cluster import Session
from cassandra.connection import ConnectionException
from cassandra.policies import RetryPolicy
from cassandra.protocol import ServerError
from cassandra.query import Statement
from coodie.drivers.cassandra import CassandraDriver

from ..errors import OutcomeUnknown
from .cql_log import cql_of

Rows = list[dict[str, Any]]

DDL_TIMEOUT = 60.0
"""Seconds that creating a table may take; nobody waits for an answer."""

# This runs over every statement: beginning with a fixed character, it is six times as fast as with a lookbehind.
_INLINED = re.compile(r" (?:LIMIT|USING TTL|TIMESTAMP) (\d+)| IN \((\?(?:, \?)*)\)")


class BoundNumbers(CassandraDriver):
    """Binds LIMIT, TTL, TIMESTAMP and IN: coodie writes each into the CQL, and keeps a statement for each number."""

    async def execute_async(self, stmt: str, params: list[Any], *args: Any, **options: Any) -> Rows:
        return await super().execute_async(*bind_numbers(stmt, params), *args, **options)


def bind_numbers(cql: str, params: list[Any]) -> tuple[str, list[Any]]:
    """Put markers for numbers in the text and for lists after IN, and their values at their places among the others."""
    bound = list(params)
    for part in reversed(list(_INLINED.finditer(cql))):
        first = cql.count("?", 0, part.start())
        if part[1]:
            bound.insert(first, int(part[1]))
            cql = f"{cql[: part.start(1)]}?{cql[part.end(1) :]}"
        else:
            last = first + part[2].count("?")
            bound[first:last] = [bound[first:last]]
            cql = f"{cql[: part.start(2) - 1]}?{cql[part.end() :]}"
    return cql, bound


class FreshStatements(CassandraDriver):
    """Prepares a statement again that is refused or whose values don't fit: it may be older than its table is now."""

    async def execute_async(self, stmt: str, params: list[Any], *args: Any, **options: Any) -> Rows:
        try:
            return await super().execute_async(stmt, params, *args, **options)
        except (InvalidRequest, TypeError, AttributeError, ValueError):
            if self._prepared.pop(stmt, None) is None:
                raise
            return await super().execute_async(stmt, params, *args, **options)


class RetryReadsOnly(RetryPolicy):  # type: ignore[misc]  # the driver has no types
    """The default policy, except that writes are never retried: counters would count twice, LWTs find their own row."""

    def on_read_timeout(self, query: Statement, *args: Any, **options: Any) -> tuple[int, int | None]:
        # A lightweight transaction times out as a read, too.
        return super().on_read_timeout(query, *args, **options) if _is_read(query) else (self.RETHROW, None)

    def on_write_timeout(self, *_: Any, **__: Any) -> tuple[int, None]:
        return self.RETHROW, None

    def on_request_error(
        self, query: Statement, consistency: int, error: Exception, retry_num: int
    ) -> tuple[int, None]:
        return (self.RETRY_NEXT_HOST if _is_read(query) and retry_num == 0 else self.RETHROW), None


def _is_read(query: Statement) -> bool:
    return cql_of(query).startswith("SELECT")


_MAYBE_WRITTEN = (OperationTimedOut, Timeout, CoordinationFailure, ServerError, ConnectionException)
_CAS_WRITE_UNKNOWN = 0x1700
"""A lightweight transaction that lost its contest in mid-air; the driver has no class for this error."""


class HonestWrites(CassandraDriver):
    """Raises OutcomeUnknown for a write that may or may not have been made: the driver's errors don't say so."""

    async def execute_async(self, stmt: str, params: list[Any], *args: Any, **options: Any) -> Rows:
        if not stmt.startswith(("INSERT", "UPDATE", "DELETE", "BEGIN")):
            return await super().execute_async(stmt, params, *args, **options)
        self._prepare(stmt)  # what fails here was never sent
        with honest():
            return await super().execute_async(stmt, params, *args, **options)


@contextmanager
def honest() -> Iterator[None]:
    """Raise OutcomeUnknown when the block's write fails, and may have been made all the same."""
    try:
        yield
    except Exception as error:
        if isinstance(error, _MAYBE_WRITTEN) or getattr(error, "code", None) == _CAS_WRITE_UNKNOWN:
            raise OutcomeUnknown from error
        raise


class PatientSchema(CassandraDriver):
    """Gives DDL more time than a request, and other statements no more than a request."""

    def __init__(self, session: Session, default_keyspace: str) -> None:
        super().__init__(session, default_keyspace)
        self._query_kwargs["timeout"] = DDL_TIMEOUT

    async def execute_async(self, stmt: str, params: list[Any], *args: Any, **options: Any) -> Rows:
        options["timeout"] = options.get("timeout") or self._session.default_timeout
        return await super().execute_async(stmt, params, *args, **options)


class PromptEnd(CassandraDriver):
    """Stops the driver's event loop along with its connections: its exit hook would wait five seconds for it.

    https://github.com/scylladb/python-driver/issues/524
    """

    def close(self) -> None:
        super().close()
        # Without libev, the driver has another event loop.
        loop = getattr(sys.modules.get("cassandra.io.libevreactor"), "_global_loop", None)
        if loop is not None:
            # A zero timer wakes the loop so that it can exit. If another cluster shares it, join() just times out.
            self._session.cluster.connection_class.create_timer(0, loop._loop_timer.stop)
            loop._thread.join(1)
