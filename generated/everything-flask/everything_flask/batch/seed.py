"""Sample manifests for the cargo rift, and imports from the command line that can be interrupted and resumed."""

from functools import partial
from random import Random
from typing import Any

import click

from ..db.batches import MAX_ROWS
from ..samples.seeding import Seeding
from . import service
from .models import Rejection
from .sources import Records, Source, check

COUNT = 600

ITEMS = 20
"""Items in a generated manifest."""

SHIPS = ("ALBATROSS", "CORMORANT", "HALCYON", "KITTIWAKE", "PETREL", "SHEARWATER", "TERN")
VESSELS = ("Crate", "Barrel", "Sealed drum", "Coil", "Pallet", "Unmarked box", "Bale")
GOODS = ("bottled thunder", "folded daylight", "spare gravity", "Łódź fog", "left-hand gloves", "unread letters")
PORTS = ("Port Antipode", "Saint-Élan", "Nether Quay", "The Ninth Pier", "Far Mooring", "Isla Paralela")

option = partial(click.Option, show_default=True)
OPTIONS = (
    option(["--mode"], type=click.Choice(["unlogged", "logged"]), default="unlogged", help="Which kind of batch."),
    option(["--batch-size"], type=click.IntRange(1, MAX_ROWS), default=MAX_ROWS, help="Maximum rows in a batch."),
    option(
        ["--concurrency"], type=click.IntRange(1, 64), default=service.CONCURRENCY, help="Batches in flight at once."
    ),
    option(["--resume"], is_flag=True, help="Continue the last import of the same rows."),
)


def seed(run: Seeding, mode: str, batch_size: int, concurrency: int, resume: bool, **_: Any) -> None:
    """Import `run.count` items, or those of the feed."""
    source = source_of(run)
    report = service.find_report(source, mode)
    if report is None or not resume:
        # Generated rows are one import, however often they are written; a file can be imported several times.
        report = service.new_report(source, mode, report.id if report and run.feed is None else None)

    with run.counting("Importing items", source.total) as count:

        def refused(rejected: list[Rejection]) -> None:
            run.tally.rejected += [f"line {each.line}: {each.field}: {each.reason}" for each in rejected]
            count(written=0, rejected=len(rejected))

        count(written=0, skipped=report.written)
        service.run_import(source, report, count, refused, batch_size=batch_size, concurrency=concurrency)


def source_of(run: Seeding) -> Source:
    """Return the feed as a source, checked from end to end; without a feed, the generated rows."""
    if run.feed is not None:
        return check(run.feed.file, run.feed.kind, run.feed.name)
    salt = run.random.getrandbits(64)
    return Source("seed.py", f"{salt:016x}-{run.count}", run.count, lambda: generate(run.count, Random(salt)))


def generate(count: int, random: Random) -> Records:
    """Yield items of manifests, the same for the same state of `random`."""
    ship = ""
    for number in range(count):
        manifest, item = divmod(number, ITEMS)
        if item == 0:
            ship = f"{random.choice(SHIPS)}-{manifest:05d}"
        yield (
            number + 1,
            {
                "manifest_id": ship,
                "item_no": item + 1,
                "name": f"{random.choice(VESSELS)} of {random.choice(GOODS)}",
                "quantity": random.randint(1, 500),
                "weight_kg": random.randrange(1, 90_000) / 10,
                "destination": random.choice(PORTS),
            },
        )
