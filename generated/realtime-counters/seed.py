"""Fills the tables with sample data: `python seed.py --help`."""

import asyncio
import random
import signal
from pathlib import Path
from typing import Any

import click
from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from faker import Faker
from rich.console import Console

from realtime_counters import schema
from realtime_counters.counters import seed as counters
from realtime_counters.errors import OutcomeUnknown
from realtime_counters.records import BadFeed
from realtime_counters.seeding import Seeding, Tally, summary

FEATURES = {
    "counters": counters,
}
FEED = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def chosen(context: click.Context, option: click.Parameter, value: str | None) -> list[str]:
    """Return the features named, in the project's order."""
    names = [name.strip() for name in value.split(",")] if value else list(FEATURES)
    for name in names:
        if name not in FEATURES:
            raise click.BadParameter(f"{name!r} is none of {', '.join(FEATURES)}.")
    return [name for name in FEATURES if name in names]


@click.command()
@click.option("--count", type=click.IntRange(1, 1_000_000), help="Rows to generate for each feature.")
@click.option("--feed", type=FEED, help="A .csv or .json file whose rows are written instead.")
@click.option("--features", "names", callback=chosen, help="Comma separated; all by default: counters.")
@click.option("--random-seed", type=int, default=42, show_default=True, help="The same seed gives the same data.")
@counters.options
def main(count: int | None, feed: Path | None, names: list[str], random_seed: int, **options: Any) -> None:
    """Fill the tables with generated rows, or with those of a feed."""
    if feed is not None and len(names) != 1:
        raise click.UsageError("A feed belongs to one feature: name it with --features.")
    schema.sync()
    console = Console()
    tallies: dict[str, Tally] = {}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = 0
    try:
        for name in names:
            faker = Faker()
            faker.seed_instance(random_seed)
            feature = FEATURES[name]
            run = Seeding(console, faker, random.Random(random_seed), count or feature.COUNT, feed)
            tallies[name] = run.tally
            asyncio.run(feature.seed(run, **options))
    except KeyboardInterrupt:
        console.print("[yellow]Stopped.[/] What the table says was written stays.")
        code = 130
    except BadFeed as error:
        console.print(f"{feed}: {error}", style="red", markup=False)
        code = 2
    except (DriverException, NoHostAvailable, OutcomeUnknown) as error:
        console.print(f"The database stopped answering ({type(error).__name__}).", style="red")
        code = 2
    for tally in tallies.values():
        for reason in tally.rejected:
            console.print(reason, style="red", markup=False, highlight=False)
    console.print(summary(tallies))
    raise SystemExit(code or int(any(tally.rejected for tally in tallies.values())))


if __name__ == "__main__":
    main()
