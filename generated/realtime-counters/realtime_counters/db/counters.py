"""Counter tables: a counter that was never touched is NULL in the database, and 0 here; several rows at once."""

from typing import Any

import coodie.aio
from coodie.cql_builder import build_counter_update
from coodie.schema import _pk_columns
from pydantic import model_validator

from .documents import TypedDocument


class CounterDocument(TypedDocument, coodie.aio.CounterDocument):
    """A table of counters; one that was never touched reads 0."""

    @model_validator(mode="before")
    @classmethod
    def _untouched_is_zero(cls, row: Any) -> Any:
        # The only columns that can be NULL are counters: all others are part of the key.
        return {name: 0 if value is None else value for name, value in row.items()} if isinstance(row, dict) else row


async def increment_together(*rows: CounterDocument, **counts: int) -> None:
    """Add to the counters of several rows in one statement, a COUNTER batch, which coodie does not write by itself."""
    updates: list[str] = []
    params: list[Any] = []
    for row in rows:
        key = [(name, "=", getattr(row, name)) for name in _pk_columns(type(row))]
        cql, values = build_counter_update(row._get_table(), row._get_keyspace(), counts, key)
        updates.append(cql)
        params += values
    await coodie.aio.execute_raw(f"BEGIN COUNTER BATCH {'; '.join(updates)}; APPLY BATCH", params)
