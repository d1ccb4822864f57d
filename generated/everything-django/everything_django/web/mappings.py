"""Objects whose names come from those who send them."""

from typing import Any

from pydantic import BeforeValidator, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticKnownError


def _keep_every_name(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    kept = validate(value)
    if len(kept) < len(value):
        raise ValueError("two names are the same but for the blanks around them")
    return kept


DistinctNames = WrapValidator(_keep_every_name)
"""Refuses an object that would lose an entry, because names are trimmed."""


def at_most(limit: int) -> BeforeValidator:
    """Refuse an object with more entries before any of them is looked at; pydantic by itself counts them at the end."""

    def count(value: Any) -> Any:
        if isinstance(value, dict) and len(value) > limit:
            context = {"field_type": "Dictionary", "max_length": limit, "actual_length": len(value)}
            raise PydanticKnownError("too_long", context)
        return value

    return BeforeValidator(count)
