"""What is imported: a file that is checked as a whole, then read piece by piece, so that memory holds one piece."""

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import PurePath
from typing import IO, Any

from pydantic import ValidationError

from ..samples.json_items import JsonItems
from ..samples.records import BadFeed, first_reason, read_records
from ..web.files import Upload
from .models import CargoItem, Rejection
from .schemas import COLUMNS, CargoLine

Records = Iterator[tuple[int, Any]]

PIECE = 2_000
"""How many records a piece has; a manifest that is not complete then may add as many again."""


@dataclass(frozen=True)
class Source:
    """Records to import: a name for the report, the same fingerprint for the same records, and their number."""

    name: str
    fingerprint: str
    total: int
    records: Callable[[], Records]


@dataclass
class Piece:
    """Consecutive records of a source: the good ones by manifest and number, and why the others are none."""

    items: dict[str, dict[int, CargoItem]] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    rows: int = 0

    @property
    def written(self) -> int:
        """How many items the piece has; of several with one number, the last one stays."""
        return sum(len(items) for items in self.items.values())

    def ends_before(self, record: CargoItem | Rejection) -> bool:
        """Tell whether the next record belongs to another piece; a manifest is kept together where that is possible."""
        goes_on = isinstance(record, CargoItem) and record.manifest_id in self.items
        return self.rows >= (2 * PIECE if goes_on else PIECE)

    def add(self, record: CargoItem | Rejection) -> None:
        """Take the next record."""
        self.rows += 1
        if isinstance(record, Rejection):
            self.rejected.append(record)
        else:
            self.items.setdefault(record.manifest_id, {})[record.item_no] = record


def check(upload: Upload) -> Source:
    """Read a file from end to end and return it as a source; BadFeed where any part of it is broken.

    Nothing is kept of it, so that what is wrong in the last line is known before the first one is written.
    """
    file = upload.file
    if upload.kind == "csv":
        _check_header(file)
        file.seek(0)
    total = sum(1 for _ in read_records(file, upload.kind, JsonItems))
    file.seek(0)
    fingerprint = hashlib.file_digest(file, "sha256").hexdigest()

    def records() -> Records:
        file.seek(0)
        return read_records(file, upload.kind, JsonItems)

    name = PurePath(upload.name).name.encode("utf-8", "replace").decode()[:200]
    return Source(name or f"{upload.kind.upper()} of a request", fingerprint, total, records)


def pieces(records: Records) -> Iterator[Piece]:
    """Validate records and cut them into pieces."""
    piece = Piece()
    for line, raw in records:
        record = _validate(line, raw)
        if piece.ends_before(record):
            yield piece
            piece = Piece()
        piece.add(record)
    if piece.rows:
        yield piece


def _validate(line: int, raw: Any) -> CargoItem | Rejection:
    try:
        return CargoItem(**vars(CargoLine.model_validate(raw)))
    except ValidationError as error:
        where, reason = first_reason(error)
        return Rejection(line=line, field=where, reason=reason)


def _check_header(file: IO[bytes]) -> None:
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        header = next(csv.reader(text, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFeed(f"It cannot be read: {error}.") from error
    finally:
        text.detach()
    missing = [name for name in COLUMNS if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing:
        raise BadFeed(f"Columns are missing: {', '.join(missing)}.")
    if unknown or len(header) > len(COLUMNS):
        raise BadFeed(f"Each of these columns belongs there once, and no other: {', '.join(COLUMNS)}.")
