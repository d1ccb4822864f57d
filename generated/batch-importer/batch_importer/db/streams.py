"""Queries whose answers are read page by page, so that memory holds one page however many rows there are."""

from typing import Any, TypeVar, cast

import coodie.aio
from coodie.cql_builder import build_select

from . import connection
from .concurrency import Stream
from .documents import Found

D = TypeVar("D")

PIECE = 25
"""How many documents are made at once; everybody else waits for as long as that takes."""


async def stream(found: Found[D], fetch_size: int = 500) -> Stream[list[D]]:
    """Yield a query's documents in small pieces; they are read page by page."""
    query = cast(coodie.aio.QuerySet, found)
    async for rows in connection.pages(*select_of(query), fetch_size):
        for start in range(0, len(rows), PIECE):
            yield cast(list[D], query._rows_to_docs(rows[start : start + PIECE]))


def select_of(query: coodie.aio.QuerySet) -> tuple[str, list[Any]]:
    """Return the CQL that a query's all() would run, and its parameters.

    coodie's own paged_all() leaves out what per_partition_limit(), only() and distinct() ask for.
    """
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
