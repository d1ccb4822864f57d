"""Lists typed into a text field."""

from typing import Any

from pydantic import BeforeValidator


def _split(value: Any) -> Any:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


CommaSeparated = BeforeValidator(_split)
"""Splits the text of a form field at its commas."""
