"""Lists as text, which the field of a form takes."""

from typing import Any

from pydantic import BeforeValidator


def _split(value: Any) -> Any:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


CommaSeparated = BeforeValidator(_split)
"""Lets the field of a form take a list as text, its items separated by commas."""
