"""Reads CSV and JSON record by record, with line numbers and the reason why one does not fit."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from typing import IO, Any

from pydantic import ValidationError

BEYOND = "cells beyond the header"


class BadFeed(Exception):
    """A file that cannot be read as records; the text says why."""


def read_list(text: TextIOWrapper) -> list[Any]:
    """Return the items of a JSON list, read as a whole."""
    try:
        items = json.load(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadFeed(f"It cannot be read: {error}.") from error
    if not isinstance(items, list):
        raise BadFeed("It holds no JSON list.")
    return items


def read_records(
    file: IO[bytes], kind: str, read_json: Callable[[TextIOWrapper], Iterable[Any]] = read_list
) -> Iterator[tuple[int, Any]]:
    """Yield (line, record) of a file of kind "csv" or "json"; in JSON, the items of its list count from 1.

    CSV is read as it is needed, JSON as `read_json` does it; the file stays open. Empty cells count as left out.
    BadFeed ends what cannot be read.
    """
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        if kind == "csv":
            # Not a DictReader, which takes more than twice as long.
            reader = csv.reader(text, strict=True)
            header = next(reader, [])
            for cells in filter(None, reader):
                record: dict[str, Any] = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
                if len(cells) > len(header):
                    record[BEYOND] = cells[len(header) :]
                yield reader.line_num, record
        elif kind == "json":
            yield from enumerate(read_json(text), start=1)
        else:
            raise BadFeed("It is neither CSV nor JSON.")
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFeed(f"It cannot be read: {error}.") from error
    finally:
        # The file may be closed already when a reader that was given up is thrown away.
        if not file.closed:
            text.detach()


def first_reason(error: ValidationError) -> tuple[str, str]:
    """Return the field that a record is refused for, and why."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "record"
    # An unknown field may have any name.
    return where.encode("utf-8", "replace").decode()[:100], first["msg"].removeprefix("Value error, ")
