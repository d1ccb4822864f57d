"""Tier 4: what a page or an endpoint reads does not grow with the tables, and no statement reads a whole table."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

import httpx
import pytest
from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent
from cassandra.query import BatchStatement, BatchType
from cassandra.util import Date, SortedSet, uuid_from_time

from tests.combinations import FEATURES, FRAMEWORKS
from tests.conftest import Project, connected
from tests.statements import Statements, costly, is_costly
from tests.stories import Cost, collect

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("costs")]

# The start page counts the keys of one table of each feature.
READS: dict[str, Cost] = {"/": Cost(len(FEATURES), 1_001 * len(FEATURES))}
for reads in collect("READS").values():
    READS |= reads

FEW, MANY = 10, 10_000
"""How many rows each table has, first and later."""
BATCH = 40
NAMESPACE = UUID("5a0c1f7e-2b64-4d0e-9c11-8e3f70a4d901")


class Table:
    """A table of a project; the first of its rows stands for all."""

    def __init__(self, session: Session, keyspace: str, name: str) -> None:
        self.session = session
        self.table, self.name = name, f'"{keyspace}"."{name}"'
        table = session.cluster.metadata.keyspaces[keyspace].tables[name]
        self.columns = {column.name: str(column.cql_type) for column in table.columns.values()}
        self.partition = [column.name for column in table.partition_key]
        self.clustering = [column.name for column in table.clustering_key]
        self.rows = [row._asdict() for row in session.execute(f"SELECT * FROM {self.name}")]
        assert self.rows, f"{name} is empty"

    def fill(self, until: int) -> None:
        """Add rows until there are so many.

        Half of them share the partition of the first row, which so becomes large, and the others have their own.
        """
        insert = self.session.prepare(self._insert())
        kind = BatchType.COUNTER if "counter" in self.columns.values() else BatchType.UNLOGGED
        batches = []
        for first in range(len(self.rows), until, BATCH):
            batch = BatchStatement(kind)
            for number in range(first, min(first + BATCH, until)):
                batch.add(insert, self._row(number))
            batches.append((batch, None))
        execute_concurrent(self.session, batches, concurrency=100)

    def _insert(self) -> str:
        counters = [name for name, kind in self.columns.items() if kind == "counter"]
        if counters:
            changes = ", ".join(f'"{name}" = "{name}" + :"{name}"' for name in counters)
            keys = " AND ".join(f'"{name}" = :"{name}"' for name in self.partition + self.clustering)
            return f"UPDATE {self.name} SET {changes} WHERE {keys}"
        names = ", ".join(f'"{name}"' for name in self.columns)
        values = ", ".join(f':"{name}"' for name in self.columns)
        return f"INSERT INTO {self.name} ({names}) VALUES ({values}) USING TTL 86400"

    def _row(self, number: int) -> dict[str, Any]:
        # A number in a partition key is that of a bucket, of which there are only some.
        own = [name for name in self.partition if self.columns[name] != "int"]
        varied = self.clustering[:1] if self.clustering and (number % 2 or not own) else own
        first = self.rows[0]
        row = {**first, **{name: another(first[name], self.columns[name], number) for name in varied}}
        # A counter that was never touched is NULL, and cannot be counted up by NULL.
        return {name: 1 if self.columns[name] == "counter" else value for name, value in row.items()}


def another(value: Any, kind: str, number: int) -> Any:
    """Return a value of the same type, another one for each number."""
    match kind:
        case "text":
            return f"{value}-{number}"
        case "uuid":
            return uuid5(NAMESPACE, f"{value} {number}")
        case "timeuuid":
            return uuid_from_time(datetime(2026, 1, 1) - timedelta(seconds=number))
        case "timestamp":
            return value - timedelta(milliseconds=number)
        case "date":
            return Date(value.days_from_epoch - number)
        case "int":
            return value + number
    raise AssertionError(f"no other value of the type {kind}")


@pytest.fixture(scope="module")
def demos(database: str, project: Callable[..., Project]) -> dict[str, Project]:
    """A project of each framework with every feature, all in one keyspace, whose tables have a few rows."""
    demos = {framework: project(database, framework, FEATURES).in_keyspace("costs") for framework in FRAMEWORKS}
    for demo in demos.values():
        demo.set_up()
    demo.run("seed.py", "--count", str(FEW), "--ttl", "3600")
    return demos


@pytest.fixture(scope="module")
def seeded(database: str, demos: dict[str, Project]) -> Iterator[list[Table]]:
    """Every table of the keyspace, views apart, as the seed has left it."""
    keyspace = demos[FRAMEWORKS[0]].environment["SCYLLA_KEYSPACE"]
    with connected(database) as session:
        yield [Table(session, keyspace, name) for name in session.cluster.metadata.keyspaces[keyspace].tables]


@pytest.fixture(scope="module", params=[FEW, MANY])
def values(request: pytest.FixtureRequest, seeded: list[Table]) -> dict[str, str]:
    """A value of each table.column for addresses; the tables have so many rows."""
    for table in seeded:
        table.fill(request.param)
    return {f"{table.table}.{name}": in_an_address(value) for table in seeded for name, value in table.rows[0].items()}


def in_an_address(value: Any) -> str:
    """Return a value, or one element of a set, as an address has it."""
    return quote(str(next(iter(value)) if isinstance(value, SortedSet) else value), safe="")


@contextmanager
def served(demo: Project, folder: Path) -> Iterator[tuple[httpx.Client, Statements]]:
    """A client of the project, and what its server sends to the database."""
    statements = Statements(folder / "statements")
    with (
        demo.served(folder / "log", **statements.environment) as address,
        httpx.Client(base_url=address, headers={"Accept": "text/html"}, timeout=60) as client,
    ):
        yield client, statements


def ask(client: httpx.Client, statements: Statements, values: dict[str, str]) -> Iterator[tuple[str, Cost, Cost]]:
    """Yield each address, what it may cost and what it does; where a list goes on, its second page, too."""
    statements.cost()  # the server has connected, and said that it is healthy
    for address, bound in READS.items():
        target = re.sub(r"{([\w.]+)}", lambda part: values[part[1]], address)
        answer = client.get(target)
        assert answer.status_code == 200, f"{target}: {answer.status_code} {answer.text[:300]}"
        yield target, bound, statements.cost()
        if "next" in answer.links:
            target = answer.links["next"]["url"]
            assert client.get(target).status_code == 200, target
            yield target, bound, statements.cost()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_an_answer_reads_has_a_bound_whatever_the_tables_hold(
    framework: str, demos: dict[str, Project], values: dict[str, str], tmp_path: Path
) -> None:
    with served(demos[framework], tmp_path) as (client, statements):
        costs = list(ask(client, statements, values))
    over = [f"{target}: {cost}, not {bound}" for target, bound, cost in costs if not cost.is_within(bound)]
    assert not over, "\n".join(over)
    assert costly(statements.texts()) == []


@pytest.mark.parametrize(
    ("cql", "expected"),
    [
        ('SELECT * FROM k.t WHERE "a" = ? LIMIT ?', False),
        ("SELECT * FROM k.t LIMIT ?", False),
        ('SELECT * FROM k.t WHERE TOKEN("a") > ? LIMIT ?', False),
        ("SELECT a FROM t WHERE a IN ? AND b >= ? PER PARTITION LIMIT ?", False),
        ('SELECT * FROM k.t WHERE "tags" CONTAINS ? LIMIT ?', False),
        ("SELECT key FROM system.local", False),
        ("UPDATE k.t SET a = ? WHERE b = ?", False),
        ("SELECT * FROM k.t", True),
        ("SELECT COUNT(*) FROM t", True),
        ("SELECT DISTINCT a FROM t", True),
        ("SELECT * FROM k.t PER PARTITION LIMIT ?", True),
        ('SELECT * FROM k.t WHERE TOKEN("a") > ?', True),
        ('SELECT * FROM k.t WHERE "a" = ? AND "b" = ? LIMIT ? ALLOW FILTERING', True),
    ],
)
def test_a_statement_that_may_read_a_whole_table_is_known(cql: str, expected: bool) -> None:
    assert is_costly(cql) is expected
