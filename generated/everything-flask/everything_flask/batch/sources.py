"""What is imported: a file, checked as a whole and then read piece by piece, so that only one piece is in memory."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import IO, Any

from pydantic import ValidationError

from ..samples.json_items import JsonItems
from ..samples.records import BadFeed, Kind, first_reason, read_records
from .models import CargoItem, Rejection
from .schemas import COLUMNS, CargoLine

Records = Iterator[tuple[int, Any]]

PIECE = 2_000
"""How many records make a piece; it can grow to twice that, to complete a manifest."""
BLOCK = 256 * 1024
"""How many bytes are hashed at a time."""


@dataclass(frozen=True)
class Source:
    """Records to import: a name for the report, a fingerprint that the same records share, and how many there are."""

    name: str
    fingerprint: str
    total: int
    records: Callable[[], Records]


@dataclass
class Piece:
    """Consecutive records of a source: the good ones by manifest and number, and what is wrong with the others."""

    items: dict[str, dict[int, CargoItem]] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    rows: int = 0

    @property
    def written(self) -> int:
        """How many items the piece has; of several with one number, the last one stays."""
        return sum(len(items) for items in self.items.values())

    def ends_before(self, record: CargoItem | Rejection) -> bool:
        """Return whether the next record begins another piece; manifests are kept together if possible."""
        goes_on = isinstance(record, CargoItem) and record.manifest_id in self.items
        return self.rows >= (2 * PIECE if goes_on else PIECE)

    def add(self, record: CargoItem | Rejection) -> None:
        """Add the next record."""
        self.rows += 1
        if isinstance(record, Rejection):
            self.rejected.append(record)
        else:
            self.items.setdefault(record.manifest_id, {})[record.item_no] = record


def check(file: IO[bytes], kind: Kind, name: str, max_manifests: int | None = None) -> Source:
    """Read a file from end to end and return it as a source; BadFeed if any of it is broken.

    None of it is kept: this finds an error in the last line before the first line is written, or a manifest too many.
    """
    total = _count(read_records(file, kind, JsonItems, _check_columns), max_manifests)
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)

    def records() -> Records:
        file.seek(0)
        return read_records(file, kind, JsonItems)

    name = "".join(filter(str.isprintable, PurePath(name).name))[:200]
    return Source(name or f"{kind.upper()} of a request", digest.hexdigest(), total, records)


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


def _count(records: Records, max_manifests: int | None) -> int:
    """Return how many records there are; BadFeed if they are of too many manifests, each of which takes a statement."""
    total, manifests = 0, set[str]()
    for _, record in records:
        total += 1
        if max_manifests is not None and isinstance(record, dict) and isinstance(record.get("manifest_id"), str):
            manifests.add(record["manifest_id"])
            if len(manifests) > max_manifests:
                raise BadFeed(f"It has more than {max_manifests:,} manifests; `seed.py --feed` takes any number.")
    return total


def _check_columns(columns: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise BadFeed(f"Columns are missing: {', '.join(missing)}.")
    if len(columns) > len(COLUMNS):
        raise BadFeed(f"Each of these columns belongs there once, and no other: {', '.join(COLUMNS)}.")
