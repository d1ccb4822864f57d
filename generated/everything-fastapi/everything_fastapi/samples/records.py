"""Reads CSV and JSON record by record, with line numbers and the reason why one does not fit."""

import csv
import json
import re
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from itertools import chain
from typing import IO, Any, Literal

from pydantic import ValidationError

Kind = Literal["csv", "json"]

SUFFIXES: dict[str, Kind] = {".csv": "csv", ".tsv": "csv", ".json": "json"}
SEPARATORS = ",;\t|"
"""What may stand between the cells of a line: spreadsheets write what the language of their user has."""
SEPARATOR_LINE = re.compile(rf'"?sep=([{SEPARATORS}])"?[\r\n]*', re.IGNORECASE)
"""A first line that only tells spreadsheets the separator."""
BEYOND = "cells beyond the header"
MAX_LINE = 1024 * 1024
"""Characters of a line of CSV: each of its commas costs more memory than the line itself."""
BLOCK = 64 * 1024
"""How many bytes are searched at a time for what is not UTF-8."""
FORMATS = {b"\x1f\x8b": "compressed with gzip", b"PK\x03\x04": "a workbook or another ZIP archive"}
"""What some files begin with that only bear the name of a text."""


class BadFeed(Exception):
    """A file that cannot be read as records; the text says why."""


def read_list(text: TextIOWrapper) -> list[Any]:
    """Return the items of a JSON list, read as a whole."""
    content = text.read()
    try:
        items = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadFeed(f"It cannot be read: {in_words(error)}.") from error
    if not isinstance(items, list):
        raise BadFeed("It holds no JSON list.")
    return items


def in_words(error: ValueError | RecursionError) -> str:
    """Return why Python cannot read some JSON; it names settings of its own where a number is too long."""
    if isinstance(error, json.JSONDecodeError):
        return str(error)
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number has too many digits"


def read_records(
    file: IO[bytes],
    kind: Kind,
    read_json: Callable[[TextIOWrapper], Iterable[Any]] = read_list,
    check_columns: Callable[[list[str]], None] = lambda columns: None,
) -> Iterator[tuple[int, Any]]:
    """Yield (line, record) of a file that is at its start; in JSON, the items of its list count from 1.

    CSV is read as it is needed, once `check_columns` has seen its columns, and JSON as `read_json` does it; the file
    stays open. Cells lose the blanks around them; empty ones count as left out, and so do lines of nothing else.
    BadFeed ends what cannot be read.
    """
    with _as_text(file) as text:
        if kind == "json":
            yield from enumerate(read_json(text), start=1)
        else:
            yield from _read_csv(text, check_columns)


def first_reason(error: ValidationError) -> tuple[str, str]:
    """Return the field that a record is refused for, and why."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "record"
    # An unknown field may have any name.
    return where.encode("utf-8", "replace").decode()[:100], first["msg"].removeprefix("Value error, ")


def _read_csv(text: TextIOWrapper, check_columns: Callable[[list[str]], None]) -> Iterator[tuple[int, dict[str, Any]]]:
    lines, number = _lines(text), 0
    try:
        number, line = _first_line(lines)
        if declared := SEPARATOR_LINE.fullmatch(line):
            separator = declared[1]
            further, line = _first_line(lines)
            number += further
        else:
            separator = max(SEPARATORS, key=line.count)
        # Not a DictReader, which takes more than twice as long.
        rows = csv.reader(chain([line], lines), delimiter=separator, skipinitialspace=True, strict=True)
        before, columns = number - 1, _names(next(rows, []))
        check_columns(columns)
        number = before + rows.line_num + 1
        for cells in rows:
            record: dict[str, Any] = {
                name: cell for name, cell in zip(columns, map(str.strip, cells), strict=False) if cell
            }
            if len(cells) > len(columns) and (beyond := [cell for cell in cells[len(columns) :] if cell.strip()]):
                record[BEYOND] = beyond
            if record:
                yield before + rows.line_num, record
            number = before + rows.line_num + 1
    except csv.Error as error:
        raise BadFeed(f"It cannot be read: line {number:,}: {error}.") from error


def _lines(text: TextIOWrapper) -> Iterator[str]:
    for number, line in enumerate(iter(partial(text.readline, MAX_LINE + 1), ""), start=1):
        if len(line) > MAX_LINE:
            raise BadFeed(f"It cannot be read: line {number:,} has more than {MAX_LINE:,} characters.")
        yield line


def _first_line(lines: Iterator[str]) -> tuple[int, str]:
    """Return the next line that holds something, and how many lines that took."""
    for number, line in enumerate(lines, start=1):
        if "".join(line.split()).strip(f'{SEPARATORS}"'):
            return number, line
    return 0, ""


def _names(header: list[str]) -> list[str]:
    """Return the names of a CSV file's columns in the spelling of the schemas; BadFeed if not each has its own."""
    # Without what nobody can see in them, such as a second byte order mark.
    names = ["_".join("".join(filter(str.isprintable, word)) for word in cell.lower().split()) for cell in header]
    while names and not names[-1]:
        names.pop()
    if "" in names:
        raise BadFeed(f"Its column {names.index('') + 1} has no name.")
    if len(set(names)) < len(names):
        ((name, times),) = Counter(names).most_common(1)
        raise BadFeed(f"Its column {name[:100]} is there {times:,} times.")
    return names


@contextmanager
def _as_text(file: IO[bytes]) -> Iterator[TextIOWrapper]:
    """The text of a file, which stays open; BadFeed if it is not in UTF-8."""
    start = file.read(4)
    file.seek(0)
    if found := next((name for signature, name in FORMATS.items() if start.startswith(signature)), None):
        raise BadFeed(f"It is {found}: save it as text in UTF-8.")
    encoding = json.detect_encoding(start)
    if not encoding.startswith("utf-8"):
        raise BadFeed(f"It is in {encoding[:6].upper()}: save it in UTF-8.")
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        yield text
    except UnicodeDecodeError as error:
        file.seek(0)
        number = _first_not_in_utf8(file)
        raise BadFeed(f"Its line {number:,} is not in UTF-8: save it in UTF-8.") from error
    finally:
        # The file may be closed already when a reader that was given up is thrown away.
        if not file.closed:
            text.detach()


def _first_not_in_utf8(file: IO[bytes]) -> int:
    """Return the number of the first line that is not in UTF-8, however long lines are."""
    decoder, number = getincrementaldecoder("utf-8")(), 1
    try:
        while block := file.read(BLOCK):
            decoder.decode(block)
            number += block.count(b"\n")
    except UnicodeDecodeError as error:
        number += error.object.count(b"\n", 0, error.start)
    return number
