"""Fills the tables with sample data: `python seed.py --help`."""

import signal

if __name__ == "__main__":  # until there is something to tell, Ctrl-C just ends the program
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from functools import partial
from typing import Any

import click

from identity_service import schema
from identity_service.counters import seed as counters
from identity_service.errors import FROM_DATABASE
from identity_service.lwt import seed as lwt
from identity_service.samples.feeds import opened
from identity_service.samples.records import BadFeed
from identity_service.samples.seeding import Seeding, Stopped, report, run_seed
from identity_service.ttl import seed as ttl

FEED = click.Path(exists=True, dir_okay=False, allow_dash=True)
FEATURES = {
    "ttl": ttl,
    "lwt": lwt,
    "counters": counters,
}


def chosen(context: click.Context, option: click.Parameter, value: str | None) -> list[str]:
    """Return the named features in the project's order."""
    names = (value or "").replace(",", " ").split() or list(FEATURES)
    for name in names:
        if name not in FEATURES:
            raise click.BadParameter(f"There is no feature {name!r}; choose from {', '.join(FEATURES)}.")
    return [name for name in FEATURES if name in names]


@click.command(params=[option for feature in FEATURES.values() for option in feature.OPTIONS])
@click.option("--count", type=click.IntRange(1, 1_000_000), help="Rows to generate for each feature.")
@click.option("--feed", type=FEED, help="Write the rows of a .csv or .json file; - is standard input.")
@click.option("--features", "names", callback=chosen, help=f"Comma separated; all by default: {','.join(FEATURES)}.")
@click.option("--random-seed", type=int, default=42, show_default=True, help="The same seed gives the same data.")
def main(count: int | None, feed: str | None, names: list[str], random_seed: int, **options: Any) -> None:
    """Fill the tables with generated rows, or with those of a feed."""
    if feed is not None and len(names) != 1:
        raise click.UsageError("A feed belongs to one feature: name it with --features.")
    runs: dict[str, Seeding] = {}
    stopped: BaseException | None = None
    try:
        with opened(feed) as rows:
            schema.sync()
            for name in names:
                runs[name] = Seeding.begin(count or FEATURES[name].COUNT, rows, random_seed)
                run_seed(partial(FEATURES[name].seed, runs[name], **options))
    except (Stopped, BadFeed, *FROM_DATABASE) as error:
        stopped = error
    raise SystemExit(report(runs, stopped))


if __name__ == "__main__":
    main()
