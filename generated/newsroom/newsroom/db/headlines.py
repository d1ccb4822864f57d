"""The figures of the dashboard, in words."""

from .documents import Model

ENOUGH = 1000
"""Counting stops here, so that a large table costs no more than a small one."""


def count_in_words(model: Model, one: str, many: str) -> str:
    """Return how many rows a table has, such as "1 hero registered", or "1,000 heroes registered and more"."""
    return in_words(len(model.find().limit(ENOUGH).all()), one, many)


def in_words(number: int, one: str, many: str) -> str:
    """Return a number that was counted up to ENOUGH, with what it counts."""
    if number >= ENOUGH:
        return f"{ENOUGH:,} {many} and more"
    return f"{number} {one if number == 1 else many}"
