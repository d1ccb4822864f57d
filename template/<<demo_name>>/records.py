"""Reads CSV and JSON record by record, with line numbers and the reason for what does not fit."""

import csv
import json
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO, Any

from pydantic import ValidationError

BEYOND = "cells beyond the header"


class BadFeed(Exception):
    """A file that cannot be read as records at all; the text says why."""


def read_records(file: IO[bytes], kind: str) -> Iterator[tuple[int, Any]]:
    """Yield (line, record) of a file of kind "csv" or "json"; in JSON, the items of its list count from 1.

    CSV is read as it is needed, JSON at once. Empty cells count as left out. BadFeed ends what cannot be read.
    """
    try:
        if kind == "csv":
            reader = csv.DictReader(TextIOWrapper(file, "utf-8-sig", newline=""), strict=True, restkey=BEYOND)
            for record in reader:
                yield reader.line_num, {name: value for name, value in record.items() if value not in ("", None)}
        elif kind == "json":
            records = json.loads(file.read())
            if not isinstance(records, list):
                raise BadFeed("It holds no JSON list.")
            yield from enumerate(records, start=1)
        else:
            raise BadFeed("It is neither CSV nor JSON.")
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error, RecursionError) as error:
        raise BadFeed(f"It cannot be read: {error}.") from error


def first_reason(error: ValidationError) -> tuple[str, str]:
    """Return the field that a record is refused for, and why."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "record"
    return where, first["msg"].removeprefix("Value error, ")
