"""Workarounds for coodie 1.9.3, one per heading; tests/test_coodie_fixes.py says when each can go."""

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Annotated, Any

from cassandra import (
    ConsistencyLevel,
    DriverException,
    OperationTimedOut,
    ReadFailure,
    ReadTimeout,
    WriteFailure,
    WriteTimeout,
)
from cassandra.cluster import EXEC_PROFILE_DEFAULT, ResponseFuture, Session
from cassandra.connection import ConnectionException
from cassandra.policies import RetryPolicy
from cassandra.protocol import ErrorMessage, ServerError
from cassandra.query import BatchStatement, BatchType, BoundStatement, Statement
from cassandra.util import Date
from coodie import aio
from coodie.cql_builder import build_select
from coodie.drivers.base import AbstractDriver
from coodie.drivers.cassandra import CassandraDriver
from pydantic import AfterValidator, BeforeValidator, model_validator

from . import cql_log
from .errors import OutcomeUnknown

Rows = list[dict[str, Any]]

DDL_TIMEOUT = 60.0
"""How long creating a table may take, in seconds; much longer than reading a row, and nobody waits for an answer."""

# --- Reads are not validated: dates, sets, UDTs come back as driver types, and times without a time zone -------------


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


UtcTime = Annotated[datetime, AfterValidator(_in_utc)]
"""A CQL timestamp: kept in milliseconds, read back with its time zone, UTC."""


def now() -> datetime:
    """Return the current time in UTC, cut to the milliseconds that a CQL timestamp keeps."""
    time_now = datetime.now(UTC)
    return time_now.replace(microsecond=time_now.microsecond // 1000 * 1000)


def _as_date(value: Any) -> Any:
    return value.date() if isinstance(value, Date) else value


Day = Annotated[date, BeforeValidator(_as_date)]
"""A CQL date, read back as Python's own."""


class ValidatedReads:
    """Makes find(), and so get() and find_one(), run the model's validators on what the database returns."""

    @classmethod
    def find(cls, **filters: Any) -> aio.QuerySet:
        return super().find(**filters).validate()


class Document(ValidatedReads, aio.Document):
    """A table whose rows are read back as the types that the model declares."""


class CounterDocument(ValidatedReads, aio.CounterDocument):
    """A table of counters; one that was never touched reads 0."""

    @model_validator(mode="before")
    @classmethod
    def _untouched_is_zero(cls, row: Any) -> Any:
        # The only columns that can be NULL are counters: all others are part of the key.
        return {name: 0 if value is None else value for name, value in row.items()} if isinstance(row, dict) else row


class MaterializedView(ValidatedReads, aio.MaterializedView):
    """A materialized view whose rows are read back as the types that the model declares."""


# --- paged_all() leaves out what per_partition_limit(), only() and distinct() ask for: it reads whole partitions -----


def select_of(query: aio.QuerySet) -> tuple[str, list[Any]]:
    """Return the CQL that a query's all() would run, and its parameters."""
    return build_select(
        query._table(),
        query._keyspace(),
        columns=query._resolve_columns(),
        where=query._where or None,
        limit=query._limit_val,
        order_by=query._order_by_val or None,
        allow_filtering=query._allow_filtering_val,
        per_partition_limit=query._per_partition_limit_val,
        distinct=query._distinct_val,
    )


# --- LIMIT and TTL are written into the CQL: every value would be one more prepared statement, never evicted ---------

# This runs over every statement: beginning with a fixed character, it is six times as fast as with a lookbehind.
_LITERAL = re.compile(r" (?:LIMIT|USING TTL) (\d+)")


def bind_literals(cql: str, params: list[Any]) -> tuple[str, list[Any]]:
    """Replace the numbers after LIMIT and TTL by markers and put them at their places among the parameters."""
    bound = list(params)
    before, end = "", 0
    for match in _LITERAL.finditer(cql):
        before += cql[end : match.start(1)]
        bound.insert(before.count("?"), int(match[1]))
        before += "?"
        end = match.end()
    return before + cql[end:], bound


# --- A write is sent again after a lost connection: a counter would count twice, an LWT refuse its own success -------


def _is_read(query: Any) -> bool:
    return getattr(query, "is_idempotent", False)


class RetryReadsOnly(RetryPolicy):
    """The driver's default policy, but what may already have changed data is never sent a second time."""

    def on_read_timeout(self, query: Any, *args: Any, **options: Any) -> tuple[int, int | None]:
        # A lightweight transaction times out as a read, too.
        return super().on_read_timeout(query, *args, **options) if _is_read(query) else (self.RETHROW, None)

    def on_write_timeout(self, query: Any, *args: Any, **options: Any) -> tuple[int, None]:
        return self.RETHROW, None

    def on_request_error(self, query: Any, consistency: int, error: Exception, retry_num: int) -> tuple[int, None]:
        return (self.RETRY_NEXT_HOST if _is_read(query) and retry_num == 0 else self.RETHROW), None


_MAYBE_APPLIED = (
    OperationTimedOut,
    ReadTimeout,
    ReadFailure,
    WriteTimeout,
    WriteFailure,
    ServerError,
    ConnectionException,
)
_CAS_WRITE_UNKNOWN = 0x1700
"""A lightweight transaction that lost its contest in mid-air; the driver has no class for this error."""


def honest(statement: Statement, error: Exception) -> Exception:
    """Return OutcomeUnknown for the failure of a write that may have been applied, any other error as it is."""
    maybe_applied = isinstance(error, _MAYBE_APPLIED) or getattr(error, "code", None) == _CAS_WRITE_UNKNOWN
    return OutcomeUnknown() if maybe_applied and not statement.is_idempotent else error


# --- The paging state is kept on the shared driver: concurrent readers end each other's pages ------------------------

_paging_state: ContextVar[bytes | None] = ContextVar("paging_state", default=None)

# A database that hangs holds each thread until the timeout, and asyncio's own pool has only a few.
_PREPARING = ThreadPoolExecutor(32, thread_name_prefix="prepare")


class Driver(CassandraDriver):
    """coodie's driver with this module's fixes; every statement of every model passes through it.

    Raises what the Cassandra driver raises, and OutcomeUnknown where a write may or may not have happened.
    """

    def __init__(self, session: Session, default_keyspace: str) -> None:
        super().__init__(session, default_keyspace)
        # Used by coodie for DDL and for reading the schema; all other statements come with a timeout of their own.
        self._query_kwargs["timeout"] = DDL_TIMEOUT

    execute_one = AbstractDriver.execute_one
    execute_one_async = AbstractDriver.execute_one_async

    @property
    def _last_paging_state(self) -> bytes | None:
        return _paging_state.get()

    @_last_paging_state.setter
    def _last_paging_state(self, value: bytes | None) -> None:
        _paging_state.set(value)

    def _bind(self, cql: str, params: list, consistency: str | None, fetch_size: int | None) -> BoundStatement:
        statement = self._prepare(cql).bind(params)
        statement.is_idempotent = cql.startswith("SELECT")
        if consistency is not None:
            statement.consistency_level = ConsistencyLevel.name_to_value[consistency]
        if fetch_size is not None:
            statement.fetch_size = fetch_size
        return statement

    def _start(self, statement: Statement, timeout: float | None, paging_state: bytes | None) -> ResponseFuture:
        options = {**self._query_kwargs, "timeout": timeout or self._session.default_timeout}
        return self._session.execute_async(statement, paging_state=paging_state, **options)

    def _record(self, cql: str, params: list, statement: Statement, started: float, rows: Rows) -> None:
        profile = self._session.get_execution_profile(EXEC_PROFILE_DEFAULT)
        level = ConsistencyLevel.value_to_name[statement.consistency_level or profile.consistency_level]
        cql_log.record(cql, params, level, time.perf_counter() - started, len(rows))

    def execute(
        self,
        stmt: str,
        params: list[Any],
        consistency: str | None = None,
        timeout: float | None = None,
        fetch_size: int | None = None,
        paging_state: bytes | None = None,
    ) -> Rows:
        if not params and stmt.lstrip().startswith(("CREATE ", "DROP ", "ALTER ", "TRUNCATE ")):
            return super().execute(stmt, params)
        cql, bound = bind_literals(stmt, params)
        started = time.perf_counter()
        statement = self._bind(cql, bound, consistency, fetch_size)
        try:
            future = self._start(statement, timeout, paging_state)
            result = future.result()
            rows = list(result.current_rows if fetch_size else result)
        except (DriverException, ConnectionException, ErrorMessage) as error:
            raise honest(statement, error) from error
        self._last_paging_state = result.paging_state if fetch_size else None
        self._record(cql, bound, statement, started, rows)
        return rows

    # --- scylla-driver's exit hook waits five seconds for an event loop that has not ended yet -----------------------

    def close(self) -> None:
        super().close()
        # The driver has another event loop where libev is missing.
        loop = getattr(sys.modules.get("cassandra.io.libevreactor"), "_global_loop", None)
        if loop is not None:
            # It would sleep until the last request had timed out. Waited for in vain only if others use it, too.
            self._session.cluster.connection_class.create_timer(0, loop._loop_timer.stop)
            loop._thread.join(1)

    # --- Awaited reads stop after 5,000 rows, prepare blocks the event loop, a cancelled request logs an error -------

    async def execute_async(
        self,
        stmt: str,
        params: list[Any],
        consistency: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (coodie's signature)
        fetch_size: int | None = None,
        paging_state: bytes | None = None,
    ) -> Rows:
        cql, bound = bind_literals(stmt, params)
        started = time.perf_counter()
        await self._prepare_async(cql)
        statement = self._bind(cql, bound, consistency, fetch_size)
        try:
            future = self._start(statement, timeout, paging_state)
            rows = await fetch(future)
            while future.has_more_pages and not fetch_size:
                rows += await fetch(future, following=True)
        except (DriverException, ConnectionException, ErrorMessage) as error:
            raise honest(statement, error) from error
        self._last_paging_state = future._paging_state
        self._record(cql, bound, statement, started, rows)
        return rows

    async def _prepare_async(self, cql: str) -> None:
        if cql not in self._prepared:
            await asyncio.get_running_loop().run_in_executor(_PREPARING, self._prepare, cql)

    async def pages(self, cql: str, params: list[Any], fetch_size: int = 1000) -> AsyncIterator[Rows]:
        """Yield the rows of a SELECT page by page, so that memory holds one page whatever the size of the table."""
        more, state = True, None
        while more:
            rows = await self.execute_async(cql, params, fetch_size=fetch_size, paging_state=state)
            state = self._last_paging_state
            more = state is not None
            yield rows

    # --- A batch is one text to coodie: every number of rows would be one more prepared statement --------------------

    async def bind(self, cql: str, params: list[Any]) -> BoundStatement:
        """Return a statement for execute_batch(), prepared once for all batches."""
        cql, bound = bind_literals(cql, params)
        await self._prepare_async(cql)
        return self._bind(cql, bound, None, None)

    async def execute_batch(self, statements: list[BoundStatement], *, logged: bool) -> None:
        """Send statements as one batch; a single one needs none."""
        kind = "BATCH" if logged else "UNLOGGED BATCH"
        counted = Counter(statement.prepared_statement.query_string for statement in statements)
        cql = "; ".join(f"{number} x {text}" for text, number in counted.items())
        batch = BatchStatement(BatchType.LOGGED if logged else BatchType.UNLOGGED)
        batch.add_all(statements, [None] * len(statements))
        statement = batch if len(statements) > 1 else statements[0]
        started = time.perf_counter()
        try:
            await fetch(self._start(statement, None, None))
        except (DriverException, ConnectionException, ErrorMessage) as error:
            raise honest(statement, error) from error
        self._record(f"BEGIN {kind} {cql}; APPLY BATCH", [], statement, started, [])


async def fetch(future: ResponseFuture, *, following: bool = False) -> Rows:
    """Await the first page of a started statement, or the page following the last one."""
    loop = asyncio.get_running_loop()
    page: asyncio.Future[Rows | None] = loop.create_future()

    def settle(setter: Callable[[Any], None], value: Any) -> None:
        if not page.done():
            setter(value)

    if following:
        future.clear_callbacks()
        future.start_fetching_next_page()
    future.add_callbacks(
        lambda rows: loop.call_soon_threadsafe(settle, page.set_result, rows),
        lambda error: loop.call_soon_threadsafe(settle, page.set_exception, error),
    )
    return list(await page or [])
