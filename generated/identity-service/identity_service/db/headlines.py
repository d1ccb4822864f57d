"""The figures of the dashboard, in words; all of them are read side by side."""

from collections.abc import Callable, Mapping
from typing import Any

import coodie.sync
from coodie.cql_builder import build_select
from coodie.schema import _pk_columns

from .concurrency import side_by_side
from .documents import Model

ENOUGH = 1000
"""Counting stops here, so that a large table costs no more than a small one."""


def read_headlines(headlines: Mapping[str, Callable[[], Any]]) -> dict[str, str]:
    """Return the figure of each feature."""
    figures: dict[str, str] = {}

    def read(feature: str) -> tuple[str, str]:
        return feature, headlines[feature]()

    side_by_side(headlines, read, lambda figure: figures.update([figure]))
    return figures


def count_in_words(model: Model, one: str, many: str) -> str:
    """Return how many rows a table has, such as "1 hero registered", or "more than 1,000 heroes registered"."""
    # Rows are neither read as a whole nor validated in order to be counted.
    first_key = _pk_columns(model)[0]
    select = build_select(model._get_table(), model._get_keyspace(), [first_key], limit=ENOUGH + 1)
    keys = coodie.sync.execute_raw(*select)
    if len(keys) > ENOUGH:
        return f"more than {ENOUGH:,} {many}"
    return f"{len(keys):,} {one if len(keys) == 1 else many}"
