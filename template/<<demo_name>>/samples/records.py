"""Reads CSV and JSON record by record, with line numbers and the reason for what does not fit."""

import csv
import json
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO, Any

from pydantic import ValidationError

BEYOND = "cells beyond the header"
BLOCK = 64 * 1024
"""How many characters of JSON are read at a time."""


class BadFeed(Exception):
    """A file that cannot be read as records at all; the text says why."""


def read_records(file: IO[bytes], kind: str) -> Iterator[tuple[int, Any]]:
    """Yield (line, record) of a file of kind "csv" or "json"; in JSON, the items of its list count from 1.

    The file is read as it is needed, and stays open. Empty cells count as left out. BadFeed ends what cannot be read.
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
            yield from enumerate(_JsonList(text), start=1)
        else:
            raise BadFeed("It is neither CSV nor JSON.")
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFeed(f"It cannot be read: {error}.") from error
    finally:
        _let_go(text)


def read_header(file: IO[bytes]) -> list[str]:
    """Return the names of a CSV's columns, none of an empty one; BadFeed where there is no reading it."""
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        return next(csv.reader(text, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFeed(f"It cannot be read: {error}.") from error
    finally:
        _let_go(text)


def _let_go(text: TextIOWrapper) -> None:
    """Leave the file below open; where a reader that nobody ended is thrown away, it may be closed already."""
    if not text.buffer.closed:
        text.detach()


def first_reason(error: ValidationError) -> tuple[str, str]:
    """Return the field that a record is refused for, and why."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "record"
    # An unknown field may have any name.
    return where.encode("utf-8", "replace").decode()[:100], first["msg"].removeprefix("Value error, ")


class _JsonList:
    """The items of a JSON list, decoded one by one; the text is never held as a whole."""

    SPACE = re.compile(r"[ \t\r\n]*")

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._block, self._at = "", 0

    def __iter__(self) -> Iterator[Any]:
        if self._next_sign() != "[":
            raise BadFeed("It holds no JSON list.")
        number, sign = 0, ","
        self._at += 1
        if self._next_sign() == "]":
            sign = "]"
            self._at += 1
        while sign == ",":
            number += 1
            try:
                yield self._decode()
            except (json.JSONDecodeError, RecursionError) as error:
                reason = getattr(error, "msg", "nested too deeply")
                raise BadFeed(f"It cannot be read: item {number}: {reason}.") from error
            sign = self._next_sign()
            self._at += 1
        if sign != "]" or self._next_sign():
            raise BadFeed(f"It cannot be read: no JSON list any more after item {number}.")

    def _next_sign(self) -> str:
        """Go to the next character that is no white space, and return it; empty at the end."""
        while True:
            self._at = self.SPACE.match(self._block, self._at).end()
            if self._at < len(self._block) or not self._read_on():
                return self._block[self._at : self._at + 1]

    def _decode(self) -> Any:
        self._next_sign()
        while True:
            try:
                item, end = self._decoder.raw_decode(self._block, self._at)
            except json.JSONDecodeError:
                # Perhaps only because the block ends in the middle of it.
                if not self._read_on():
                    raise
                continue
            # What another item or the end follows is whole: a number may go on in the next block.
            following = self.SPACE.match(self._block, end).end()
            if self._block[following : following + 1] in {",", "]"} or not self._read_on():
                self._at = end
                return item

    def _read_on(self) -> bool:
        """Append as much as there is left, at least a block; tell whether there was anything."""
        rest = self._block[self._at :]
        more = self._text.read(max(BLOCK, len(rest)))
        if more:
            self._block, self._at = rest + more, 0
        return bool(more)
