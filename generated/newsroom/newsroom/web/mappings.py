"""Objects whose names come from those who send them."""

from typing import Any

from pydantic import ValidatorFunctionWrapHandler, WrapValidator


def _keep_every_name(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    kept = validate(value)
    if len(kept) < len(value):
        raise ValueError("two names are the same but for the blanks around them")
    return kept


DistinctNames = WrapValidator(_keep_every_name)
"""Refuses an object that would lose an entry, because names are trimmed."""
