"""Runs inside a project: writes many rows with the feature's service or the bare driver, and prints the seconds."""

import argparse
import asyncio
import csv
import inspect
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from cassandra.concurrent import execute_concurrent, execute_concurrent_with_args

from tools.bench.twins import Bare
from tools.features.batch.twins import CARGO, INSERT_ITEM
from tools.features.timeseries.twins import INSERT_READING

SENSORS = 100
ITEMS = 50
"""Items in each manifest."""
CONCURRENCY = 100
"""Concurrent INSERTs of the bare driver; the default of execute_concurrent_with_args()."""
BATCHES = 8
"""Concurrent batches of the bare driver."""
BATCH = 50
"""Rows in such a batch."""


class Project:
    """The modules of a project's features, and its connection."""

    def __init__(self, package: str) -> None:
        self._package = package
        self.connection = self.module("db.connection")
        self.connection.open_connection()
        self.driver = self.connection.get_driver()
        self.session = self.driver._session

    def module(self, name: str) -> Any:
        """Return a module of the project."""
        return import_module(f"{self._package}.{name}")


def write_cargo(path: Path, rows: int) -> None:
    """Write a CSV file of this many items."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CARGO)
        for number in range(rows):
            manifest, item = divmod(number, ITEMS)
            writer.writerow([f"bench-{manifest:06d}", item + 1, "Crate of lamps", item + 1, 12.5, "Rotterdam"])


def import_items(project: Project, rows: int, path: Path) -> None:
    """Import the file like the command line."""
    service, sources = project.module("batch.service"), project.module("batch.sources")
    with path.open("rb") as file:
        source = sources.check(file, "csv", path.name)
        finish(service.run_import(source, service.new_report(source, "unlogged")))


def read_items(path: Path) -> Iterator[tuple[str, int, str, int, float, str]]:
    """Yield the file's items in the form that the driver takes."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            numbers = int(row["item_no"]), int(row["quantity"]), float(row["weight_kg"])
            yield row["manifest_id"], numbers[0], row["name"], numbers[1], numbers[2], row["destination"]


def insert_items(project: Project, rows: int, path: Path) -> None:
    """Read the file and send an INSERT for each item."""
    insert(project, INSERT_ITEM, read_items(path))


def batch_items(project: Project, rows: int, path: Path) -> None:
    """Read the file and send batches of a manifest's items."""
    insert_in_batches(project, INSERT_ITEM, read_items(path), lambda item: item[0])


def measured(rows: int) -> Iterator[tuple[str, datetime, float]]:
    """Yield sensors, moments and values: all sensors report once a second."""
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=rows // SENSORS + 1)
    for number in range(rows):
        second, sensor = divmod(number, SENSORS)
        yield f"sensor-{sensor:03d}", begin + timedelta(seconds=second), 20 + sensor / 10


def store_readings(project: Project, rows: int, path: Path) -> None:
    """Store readings with the service."""
    service, schemas = project.module("timeseries.service"), project.module("timeseries.schemas")
    finish(
        service.store(
            service.to_document(sensor, schemas.ReadingCreate(at=at, metric="temperature", value=value, unit="°C"))
            for sensor, at, value in measured(rows)
        )
    )


def as_driver_takes_them(rows: int) -> Iterator[tuple[Any, ...]]:
    """Yield the values of readings."""
    for sensor, at, value in measured(rows):
        yield sensor, "temperature", at.date(), at, uuid4(), value, "°C"


def insert_readings(project: Project, rows: int, path: Path) -> None:
    """Send an INSERT for each reading."""
    insert(project, INSERT_READING, as_driver_takes_them(rows))


def batch_readings(project: Project, rows: int, path: Path) -> None:
    """Send batches of a sensor's readings of a metric and a day."""
    insert_in_batches(project, INSERT_READING, as_driver_takes_them(rows), lambda reading: reading[:3])


def insert(project: Project, cql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Execute a statement for every row, many concurrently."""
    prepared = project.session.prepare(cql)
    for _ in execute_concurrent_with_args(project.session, prepared, rows, CONCURRENCY, results_generator=True):
        pass


def insert_in_batches(
    project: Project, cql: str, rows: Iterable[tuple[Any, ...]], partition: Callable[[tuple[Any, ...]], Any]
) -> None:
    """Execute a statement for every row, in batches of one partition each, several concurrently."""
    bare = Bare(project.session)

    def batches() -> Iterator[tuple[Any, None]]:
        filling: dict[Any, list[tuple[Any, ...]]] = {}
        for row in rows:
            batch = filling.setdefault(partition(row), [])
            batch.append(row)
            if len(batch) == BATCH:
                yield bare.batch(cql, filling.pop(partition(row))), None
        for batch in filling.values():
            yield bare.batch(cql, batch), None

    for _ in execute_concurrent(project.session, batches(), BATCHES, results_generator=True):
        pass


def finish(result: Any) -> None:
    """Await what an asynchronous service returns."""
    if inspect.isawaitable(result):
        asyncio.run(_wait_for(result))


async def _wait_for(result: Any) -> None:
    await result


WRITERS = {
    "cargo_items": {
        "the importer": import_items,
        "bare driver, an INSERT for each row": insert_items,
        "bare driver, unlogged batches": batch_items,
    },
    "readings": {
        "the service": store_readings,
        "bare driver, an INSERT for each row": insert_readings,
        "bare driver, unlogged batches": batch_readings,
    },
}
"""Ways to fill a table, ours first."""


def main() -> None:
    """Fill an empty table in one of the ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package")
    parser.add_argument("table", choices=WRITERS)
    parser.add_argument("way")
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    project = Project(options.package)
    project.driver.execute(f"TRUNCATE {options.table}", [])
    began = time.perf_counter()
    WRITERS[options.table][options.way](project, options.rows, options.file)
    print(time.perf_counter() - began)
    project.connection.close_connection()


if __name__ == "__main__":
    main()
