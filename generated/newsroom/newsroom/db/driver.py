"""coodie's driver with this project's workarounds: every statement of every model passes through it."""

from typing import Any

from .concurrency import Stream
from .workarounds import BoundNumbers, FreshStatements, HonestWrites, PatientSchema, PromptEnd, Rows, bind_numbers


class Driver(BoundNumbers, FreshStatements, PatientSchema, HonestWrites, PromptEnd):
    """The driver of all models; raises what the Cassandra driver raises, and OutcomeUnknown."""

    def pages(self, cql: str, params: list[Any], fetch_size: int) -> Stream[Rows]:
        """Yield the rows of a SELECT page by page, so that memory holds one page whatever the size of the table."""
        cql, bound = bind_numbers(cql, params)
        statement = self._prepare(cql).bind(bound)
        statement.fetch_size = fetch_size
        options = {**self._query_kwargs, "timeout": self._session.default_timeout}
        more, state = True, None
        while more:
            result = self._session.execute(statement, paging_state=state, **options)
            state = result.paging_state
            more = state is not None
            # The future refers to itself, so what it holds stays until the garbage collector comes.
            result.response_future._final_result = None
            yield result.current_rows
