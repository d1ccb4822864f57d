"""What the seeds of all features share: generated or read rows, written side by side with progress and a summary."""

import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from faker import Faker
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .concurrency import side_by_side
from .records import first_reason, read_records

Row = TypeVar("Row")
Write = Callable[[Row], Awaitable[bool]]


def no_options(command: Callable) -> Callable:
    """Stand for the options of a seed that takes none of its own."""
    return command


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
        with self.counting(label) as count:
            await side_by_side(rows, write, lambda written: count(int(written), int(not written)))

    @contextmanager
    def counting(self, label: str, total: int | None = None) -> Iterator[Callable[..., None]]:
        """Show how far the run is; what this yields is told how many rows were written, left alone and rejected.

        `total` is for those who know how many rows a feed has.
        """
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        if self.feed is None:
            total = self.count
        with Progress(*columns, console=self.console) as progress:
            bar = progress.add_task(label, total=total, rate="")
            task = progress.tasks[bar]

            def count(written: int, skipped: int = 0, rejected: int = 0) -> None:
                self.tally.written += written
                self.tally.skipped += skipped
                rows = written + skipped + rejected
                speed = (task.completed + rows) / max(task.elapsed or 0, 0.001)
                progress.update(bar, advance=rows, rate=f"{speed:,.0f} rows/s")

            yield count

    def _read_feed(self, path: Path, schema: type[BaseModel]) -> Iterator[BaseModel]:
        with path.open("rb") as file:
            for line, record in read_records(file, path.suffix.lower().lstrip(".")):
                try:
                    yield schema.model_validate(record)
                except ValidationError as error:
                    self.tally.rejected.append(f"line {line}: {': '.join(first_reason(error))}")


def summary(tallies: dict[str, Tally]) -> Table:
    """Return the table that ends a run."""
    table = Table("feature", "written", "there already", "rejected", title="Seeded")
    for feature, tally in tallies.items():
        table.add_row(feature, f"{tally.written:,}", f"{tally.skipped:,}", f"{len(tally.rejected):,}")
    return table
