"""Counter tables: a counter that was never touched is NULL in the database, and 0 here."""

from typing import Any

import coodie.sync
from pydantic import model_validator

from .documents import TypedDocument


class CounterDocument(TypedDocument, coodie.sync.CounterDocument):
    """A table of counters; one that was never touched reads 0."""

    @model_validator(mode="before")
    @classmethod
    def _untouched_is_zero(cls, row: Any) -> Any:
        # The only columns that can be NULL are counters: all others are part of the key.
        return {name: 0 if value is None else value for name, value in row.items()} if isinstance(row, dict) else row
