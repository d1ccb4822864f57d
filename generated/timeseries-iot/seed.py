"""Fills the tables with sample data: `python seed.py --help`."""

import signal

if __name__ == "__main__":  # until there is something to tell, Ctrl-C just ends the program
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from typing import Any

import click

from timeseries_iot import schema
from timeseries_iot.errors import FROM_DATABASE
from timeseries_iot.samples.feeds import opened
from timeseries_iot.samples.records import BadFeed
from timeseries_iot.samples.seeding import Seeding, Stopped, report, run_seed
from timeseries_iot.timeseries import seed as timeseries

FEED = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.command(params=list(timeseries.OPTIONS))
@click.option(
    "--count",
    type=click.IntRange(1, 1_000_000),
    default=timeseries.COUNT,
    show_default=True,
    help="Rows to generate.",
)
@click.option("--feed", type=FEED, help="Write the rows of a .csv or .json file; - is standard input.")
@click.option("--random-seed", type=int, default=42, show_default=True, help="The same seed gives the same data.")
def main(count: int, feed: str | None, random_seed: int, **options: Any) -> None:
    """Fill the tables with generated rows, or with those of a feed."""
    runs: dict[str, Seeding] = {}
    stopped: BaseException | None = None
    try:
        with opened(feed) as rows:
            schema.sync()
            run = runs["timeseries"] = Seeding.begin(count, rows, random_seed)
            run_seed(timeseries.seed(run, **options))
    except (Stopped, BadFeed, *FROM_DATABASE) as error:
        stopped = error
    raise SystemExit(report(runs, stopped))


if __name__ == "__main__":
    main()
