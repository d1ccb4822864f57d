"""What the seeds of all features share: generated or read rows, written side by side with progress and a summary."""

import asyncio
import csv
import json
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from faker import Faker
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

Row = TypeVar("Row")
Write = Callable[[Row], Awaitable[bool]]

CONCURRENCY = 32
"""How many writes are on their way at once."""


def no_options(command: Callable) -> Callable:
    """Stand for the options of a seed that takes none of its own."""
    return command


class BadFeed(Exception):
    """A feed that cannot be read at all; the text says why."""


@dataclass
class Tally:
    """What became of a feature's rows: written, there already, and the bad lines of a feed."""

    written: int = 0
    skipped: int = 0
    rejected: list[str] = field(default_factory=list)


@dataclass
class Seeding:
    """One run of one feature's seed."""

    console: Console
    faker: Faker
    random: random.Random
    count: int
    feed: Path | None = None
    tally: Tally = field(default_factory=Tally)

    def rows(self, schema: type[BaseModel], generate: Callable[[int], Row]) -> Iterable[Row | BaseModel]:
        """Return the good lines of the feed where there is one, else `count` generated rows."""
        if self.feed is not None:
            return self._read_feed(self.feed, schema)
        return (generate(number) for number in range(self.count))

    async def write(self, label: str, rows: Iterable[Row], write: Write) -> None:
        """Write rows side by side; `write` tells whether it wrote its row or left what was there."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        total = None if self.feed else self.count
        with Progress(*columns, console=self.console) as progress:
            bar = progress.add_task(label, total=total, rate="")
            task = progress.tasks[bar]

            def done(written: bool) -> None:
                self.tally.written += written
                self.tally.skipped += not written
                speed = (task.completed + 1) / max(task.elapsed or 0, 0.001)
                progress.update(bar, advance=1, rate=f"{speed:,.0f} rows/s")

            await write_side_by_side(rows, write, done)

    def _read_feed(self, path: Path, schema: type[BaseModel]) -> Iterator[BaseModel]:
        for line, record in read_records(path):
            try:
                yield schema.model_validate(record)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"]) or "record"
                self.tally.rejected.append(f"line {line}: {where}: {first['msg'].removeprefix('Value error, ')}")


def read_records(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the records of a .csv or .json feed with their line numbers (items of a list count from 1 in JSON)."""
    try:
        if path.suffix.lower() == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file, strict=True, restkey="cells beyond the header")
                for record in reader:
                    yield reader.line_num, {name: value for name, value in record.items() if value not in ("", None)}
        elif path.suffix.lower() == ".json":
            records = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(records, list):
                raise BadFeed(f"{path} holds no JSON list.")
            yield from enumerate(records, start=1)
        else:
            raise BadFeed(f"{path} is neither a .csv nor a .json file.")
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error, RecursionError) as error:
        raise BadFeed(f"{path} cannot be read: {error}.") from error


async def write_side_by_side(rows: Iterable[Row], write: Write, done: Callable[[bool], None]) -> None:
    """Keep CONCURRENCY writes on their way until all rows are written; what was written before an error counts."""
    pending: set[asyncio.Task[bool]] = set()
    try:
        for row in rows:
            pending.add(asyncio.create_task(write(row)))
            if len(pending) >= CONCURRENCY:
                finished, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                _tally(finished, done)
    finally:
        if pending:
            finished, _ = await asyncio.wait(pending)
            _tally(finished, done)


def _tally(finished: set[asyncio.Task[bool]], done: Callable[[bool], None]) -> None:
    for task in finished:
        done(task.result())


def summary(tallies: dict[str, Tally]) -> Table:
    """Return the table that ends a run."""
    table = Table("feature", "written", "there already", "rejected", title="Seeded")
    for feature, tally in tallies.items():
        table.add_row(feature, f"{tally.written:,}", f"{tally.skipped:,}", f"{len(tally.rejected):,}")
    return table
