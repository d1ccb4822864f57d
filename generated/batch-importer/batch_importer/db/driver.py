"""coodie's driver with this project's workarounds: every statement of every model passes through it.

The classes before `Driver` are the workarounds that only asyncio needs.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cassandra.cluster import ResponseFuture
from cassandra.query import FETCH_SIZE_UNSET, PreparedStatement
from coodie.drivers.cassandra import CassandraDriver

from .concurrency import Stream
from .workarounds import BoundNumbers, FreshStatements, HonestWrites, PatientSchema, PromptEnd, Rows, bind_numbers

# A database that hangs holds each thread until the timeout, and asyncio's own pool has only a few.
_PREPARING = ThreadPoolExecutor(32, thread_name_prefix="prepare")


class PreparedAside(CassandraDriver):
    """Prepares statements in threads: that blocks for a round trip, or for seconds when the database hangs."""

    async def prepare(self, cql: str) -> PreparedStatement:
        """Return a statement that is prepared once."""
        if cql not in self._prepared:
            await asyncio.get_running_loop().run_in_executor(_PREPARING, self._prepare, cql)
        return self._prepare(cql)

    async def execute_async(self, stmt: str, params: list[Any], *args: Any, **options: Any) -> Rows:
        await self.prepare(stmt)
        return await super().execute_async(stmt, params, *args, **options)


class Droppable(CassandraDriver):
    """Drops the answer to a request that was cancelled, where coodie logs an error."""

    def _wrap_future(self, driver_future: ResponseFuture) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()

        def settle(setter: Callable[[Any], None], value: Any) -> None:
            if not answer.done():
                setter(value)

        all_rows(
            driver_future,
            lambda rows: loop.call_soon_threadsafe(settle, answer.set_result, rows),
            lambda error: loop.call_soon_threadsafe(settle, answer.set_exception, error),
        )
        return answer


def all_rows(future: ResponseFuture, arrived: Callable[[Rows], object], failed: Callable[[Exception], object]) -> None:
    """Call back with all rows of a SELECT, where coodie takes the first 5,000; one with a fetch_size gets its page."""
    rows: Rows = []

    def collect(page: Rows | None) -> None:
        rows.extend(page or ())
        if future.has_more_pages and future.query.fetch_size is FETCH_SIZE_UNSET:
            future.start_fetching_next_page()
        else:
            arrived(rows)

    future.add_callbacks(collect, failed)


class Driver(BoundNumbers, FreshStatements, PreparedAside, PatientSchema, HonestWrites, Droppable, PromptEnd):
    """The driver of all models; raises what the Cassandra driver raises, and OutcomeUnknown."""

    async def pages(self, cql: str, params: list[Any], fetch_size: int) -> Stream[Rows]:
        """Yield the rows of a SELECT page by page, so that memory holds one page whatever the size of the table."""
        cql, bound = bind_numbers(cql, params)
        statement = (await self.prepare(cql)).bind(bound)
        statement.fetch_size = fetch_size
        options = {**self._query_kwargs, "timeout": self._session.default_timeout}
        more, state = True, None
        while more:
            future = self._session.execute_async(statement, paging_state=state, **options)
            rows = await self._wrap_future(future)
            state = future.result().paging_state
            more = state is not None
            # The future refers to itself, so what it holds stays until the garbage collector comes.
            future.clear_callbacks()
            future._final_result = None
            yield rows
