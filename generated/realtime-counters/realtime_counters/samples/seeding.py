"""What the seeds of all features share: rows, generated or read, written concurrently with progress and a summary."""

import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

from faker import Faker
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ..db.concurrency import side_by_side
from .records import BadFeed, first_reason, read_records

Row = TypeVar("Row")
S = TypeVar("S", bound=BaseModel)
Write = Callable[[Row], Awaitable[bool]]


@dataclass
class Tally:
    """What happened to a feature's rows: written, skipped because they exist, and the rejected lines of a feed."""

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

    @classmethod
    def begin(cls, count: int, feed: Path | None, random_seed: int) -> Self:
        """Return a run that generates `count` rows, the same for the same seed, or reads those of the feed."""
        faker = Faker()
        faker.seed_instance(random_seed)
        return cls(Console(), faker, random.Random(random_seed), count, feed)

    def rows(self, schema: type[S], generate: Callable[[int], S]) -> Iterable[S]:
        """Return the valid lines of the feed if there is one, otherwise `count` generated rows."""
        if self.feed is not None:
            return self._read_feed(self.feed, schema)
        return (generate(number) for number in range(self.count))

    async def write(self, label: str, rows: Iterable[Row], write: Write[Row]) -> None:
        """Write rows concurrently; `write` returns False if it left an existing row as it was."""
        with self.counting(label) as count:
            await side_by_side(rows, write, lambda written: count(int(written), int(not written)))

    @contextmanager
    def counting(self, label: str, total: int | None = None) -> Iterator[Callable[..., None]]:
        """Show progress; call what this yields with the numbers of rows that were written, skipped and rejected.

        Pass `total` when the number of rows in the feed is known.
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

    def _read_feed(self, path: Path, schema: type[S]) -> Iterator[S]:
        with path.open("rb") as file:
            for line, record in read_records(file, path.suffix.lower().lstrip(".")):
                try:
                    yield schema.model_validate(record)
                except ValidationError as error:
                    self.tally.rejected.append(f"line {line}: {': '.join(first_reason(error))}")


def report(runs: Mapping[str, Seeding], stopped: BaseException | None) -> int:
    """Print what happened to the rows of each feature, and what stopped the run; return the exit code."""
    console, code = Console(), 0
    match stopped:
        case KeyboardInterrupt():
            console.print("[yellow]Stopped.[/] What the table says was written stays.")
            code = 130
        case BadFeed():
            feed = next(str(run.feed) for run in runs.values())
            console.print(f"{feed}: {stopped}", style="red", markup=False)
            code = 2
        case Exception():
            console.print(f"The database stopped answering ({type(stopped).__name__}).", style="red")
            code = 2
    table = Table("feature", "written", "there already", "rejected", title="Seeded")
    for feature, run in runs.items():
        for reason in run.tally.rejected:
            console.print(reason, style="red", markup=False, highlight=False)
        table.add_row(feature, f"{run.tally.written:,}", f"{run.tally.skipped:,}", f"{len(run.tally.rejected):,}")
    console.print(table)
    return code or int(any(run.tally.rejected for run in runs.values()))
