"""What the seeds of all features share: rows, generated or read, written concurrently with progress and a summary."""

import random
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self, TypeVar

from faker import Faker
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ..db.cluster import in_words
from ..db.concurrency import side_by_side
from ..errors import OutcomeUnknown
from .feeds import Feed
from .records import BadFeed, first_reason, read_records

Row = TypeVar("Row")
S = TypeVar("S", bound=BaseModel)
Write = Callable[[Row], bool]


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
    feed: Feed | None = None
    tally: Tally = field(default_factory=Tally)
    adds_up: bool = False
    """Whether the same rows again are counted again, instead of replacing themselves."""

    @classmethod
    def begin(cls, count: int, feed: Feed | None, random_seed: int) -> Self:
        """Return a run that generates `count` rows, the same for the same seed, or reads those of the feed."""
        faker = Faker()
        faker.seed_instance(random_seed)
        return cls(Console(), faker, random.Random(random_seed), count, feed)

    def rows(self, schema: type[S], generate: Callable[[int], S]) -> Iterable[S]:
        """Return the valid lines of the feed if there is one, otherwise `count` generated rows."""
        if self.feed is not None:
            return self._read_feed(self.feed, schema)
        return (generate(number) for number in range(self.count))

    def write(self, label: str, rows: Iterable[Row], write: Write[Row]) -> None:
        """Write rows concurrently; `write` returns False if it left an existing row as it was."""
        with self.counting(label) as count:
            side_by_side(rows, write, lambda written: count(int(written), int(not written)))

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

    def _read_feed(self, feed: Feed, schema: type[S]) -> Iterator[S]:
        for line, record in read_records(feed.file, feed.kind):
            try:
                yield schema.model_validate(record)
            except ValidationError as error:
                self.tally.rejected.append(f"line {line}: {': '.join(first_reason(error))}")


class Stopped(KeyboardInterrupt):
    """A seed that SIGINT or SIGTERM has ended, with the number of that signal."""


def run_seed(seed: Callable[[], None]) -> None:
    """Run a seed; Stopped, once what is under way has finished, after a first Ctrl-C or SIGTERM. A second one kills."""

    def stop(number: int, _: object) -> None:
        _leave_signals()
        raise Stopped(number)

    _catch_signals(stop)
    seed()
    _leave_signals()


def _catch_signals(handler: Callable[[int, object], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _leave_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def report(runs: Mapping[str, Seeding], stopped: BaseException | None) -> int:
    """Print what happened to the rows of each feature, and what stopped the run; return the exit code."""
    console, code = Console(), 0
    match stopped:
        case Stopped():
            console.print(f"[yellow]Stopped.[/] {_what_is_stored(runs)}")
            code = 128 + stopped.args[0]
        case BadFeed():
            console.print(str(stopped), style="red", markup=False)
            code = 2
        case Exception():
            unconfirmed = "it did not confirm a write in time"
            why = unconfirmed if isinstance(stopped, OutcomeUnknown) else in_words(stopped)
            console.print(f"The database stopped the seed: {why}.", style="red", markup=False)
            console.print(_what_is_stored(runs))
            code = 2
    if not runs:
        return code
    table = Table("feature", "written", "there already", "rejected", title="Seeded")
    for feature, run in runs.items():
        for reason in run.tally.rejected:
            console.print(reason, style="red", markup=False, highlight=False)
        table.add_row(feature, f"{run.tally.written:,}", f"{run.tally.skipped:,}", f"{len(run.tally.rejected):,}")
    console.print(table)
    return code or int(any(run.tally.rejected for run in runs.values()))


def _what_is_stored(runs: Mapping[str, Seeding]) -> str:
    beyond = "Rows that were under way may be stored too, beyond those in the table."
    if any(run.adds_up for run in runs.values()):
        return f"{beyond} The same command again counts everything once more."
    return f"{beyond} The same command again is harmless: it writes the same rows."
