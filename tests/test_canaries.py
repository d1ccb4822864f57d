"""What is still wrong in coodie and the Cassandra driver: a test that fails here is good news.

Its message names the workaround that rendered projects no longer need; docs/workarounds.md describes each of them.
These tests run bare coodie; the projects' own tests check that the workarounds work.
"""

import asyncio
import builtins
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Annotated, Any

import coodie.aio
import coodie.schema
import coodie.sync
import pytest
from cassandra import ConsistencyLevel, InvalidRequest, OperationTimedOut
from cassandra.cluster import Cluster, ControlConnection, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.connection import ConnectionShutdown
from cassandra.policies import RetryPolicy
from cassandra.protocol import error_classes
from cassandra.query import SimpleStatement
from coodie.drivers import init_coodie, register_driver
from coodie.drivers.cassandra import CassandraDriver
from coodie.fields import ClusteringKey, Counter, Discriminator, Indexed, PrimaryKey, Static
from pydantic import ValidationError

from tests.conftest import connected, keyspace_name

pytestmark = pytest.mark.slow

ROWS = 6_000
"""More than the 5,000 that the driver fetches at once."""
PAGE = 1_000
ANYTHING = "SELECT key FROM system.local"
WRITE = SimpleStatement("UPDATE pages SET views = views + 1 WHERE page = 'a'", is_idempotent=False)
MENDED = "this is mended upstream: take {} out of the template, see docs/workarounds.md"


class Probe(coodie.sync.Document):
    """A row; there are ROWS of the shelf "full"."""

    shelf: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    at: datetime
    day: date
    tags: set[str]

    class Settings:
        name = "probes"


class AsyncProbe(coodie.aio.Document):
    """The same row, for asyncio."""

    shelf: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    at: datetime
    day: date
    tags: set[str]

    class Settings:
        name = "probes"


class Timed(coodie.sync.Document):
    """The same table without its date."""

    shelf: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    at: datetime

    class Settings:
        name = "probes"


class Tally(coodie.sync.CounterDocument):
    """A row of two counters."""

    shelf: Annotated[str, PrimaryKey()]
    seen: Annotated[int, Counter()]
    sold: Annotated[int, Counter()]


class Shape(coodie.sync.Document):
    """The base of a table of shapes."""

    id: Annotated[int, PrimaryKey()]
    kind: Annotated[str, Discriminator(), Indexed()] = ""

    class Settings:
        name = "shapes"


class Circle(Shape):
    """A shape with a column of its own."""

    radius: int

    class Settings:
        __discriminator_value__ = "circle"


@pytest.fixture(scope="module")
def session(database: str) -> Iterator[Session]:
    """A session of the bare driver in a keyspace of its own, which coodie uses, with the probes."""
    keyspace = keyspace_name("canaries")
    replication = "{'class': 'NetworkTopologyStrategy', 'replication_factor': 1}"
    with connected(database) as session:
        session.execute(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}")
        session.set_keyspace(keyspace)
        init_coodie(session=session, keyspace=keyspace)
        Probe.sync_table()
        insert = session.prepare("INSERT INTO probes (shelf, number, at, day, tags) VALUES ('full', ?, ?, ?, {'red'})")
        rows = [(number, datetime.now(UTC), date(2026, 2, 28)) for number in range(ROWS)]
        execute_concurrent_with_args(session, insert, rows, concurrency=200)
        yield session
        session.execute(f"DROP KEYSPACE {keyspace}")


@pytest.fixture(autouse=True)
def driver(session: Session) -> CassandraDriver:
    """coodie's driver, which has prepared nothing yet."""
    driver = init_coodie(session=session, keyspace=session.keyspace)
    assert isinstance(driver, CassandraDriver)
    return driver


def new_probe(number: int) -> Probe:
    """Return a row that may be saved."""
    return Probe(shelf="new", number=number, at=datetime.now(UTC), day=date(2026, 2, 28), tags={"red"})


# --- Tables ----------------------------------------------------------------------------------------------------------


class Room(coodie.sync.Document):
    """A row with a static column."""

    house: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    colour: Annotated[str | None, Static()] = None


def test_coodie_still_adds_a_static_column_as_a_regular_one(session: Session, driver: CassandraDriver) -> None:
    session.execute("CREATE TABLE IF NOT EXISTS room (house text, number int, PRIMARY KEY (house, number))")
    Room.sync_table()
    columns = (
        "SELECT kind FROM system_schema.columns WHERE keyspace_name = ? AND table_name = 'room' AND column_name = ?"
    )
    (column,) = driver.execute(columns, [session.keyspace, "colour"])
    assert column["kind"] == "regular", MENDED.format("Difference.statement")


def test_coodie_still_adds_a_key_to_a_foreign_table(session: Session, driver: CassandraDriver) -> None:
    session.execute("DROP TABLE IF EXISTS room")
    session.execute("CREATE TABLE room (id uuid PRIMARY KEY)")
    driver._known_tables.clear()
    with pytest.raises(InvalidRequest):
        Room.sync_table()
        pytest.fail(MENDED.format("Difference"))


def test_the_driver_still_binds_by_the_types_of_a_dropped_table(session: Session) -> None:
    session.execute("CREATE TABLE IF NOT EXISTS once (id int PRIMARY KEY, word int)")
    insert = session.prepare("INSERT INTO once (id, word) VALUES (?, ?)")
    session.execute("DROP TABLE once")
    session.execute("CREATE TABLE once (id int PRIMARY KEY, word text)")
    with pytest.raises(TypeError):
        session.execute(insert, [1, "a text"])
        pytest.fail(MENDED.format("FreshStatements"))


def test_the_driver_still_asks_no_node_for_its_own_port() -> None:
    assert "rpc_port" not in ControlConnection._SELECT_LOCAL_COLUMNS, MENDED.format("ContactPorts")


# --- Documents -------------------------------------------------------------------------------------------------------


def test_coodie_still_reads_without_validating() -> None:
    tags = vars(Probe.get(shelf="full", number=0))["tags"]
    assert type(tags) is not set, MENDED.format("TypedDocument's validate()")


def test_coodie_still_reads_times_without_their_zone() -> None:
    (probe,) = Timed.find(shelf="full", number=0).validate().all()
    assert isinstance(probe, Timed)
    assert probe.at.tzinfo is None, MENDED.format("UtcTime")


def test_coodie_still_reads_no_dates() -> None:
    with pytest.raises(ValidationError):
        Probe.find(shelf="full", number=0).validate().all()
        pytest.fail(MENDED.format("Day"))


def test_a_counter_that_was_never_touched_is_still_null() -> None:
    Tally.sync_table()
    Tally.model_construct(shelf="half").increment(seen=2)
    assert vars(Tally.get(shelf="half"))["sold"] is None, MENDED.format("CounterDocument's validator")


def test_coodie_still_creates_a_subclass_without_its_columns(session: Session, driver: CassandraDriver) -> None:
    Shape.sync_table()
    Circle.sync_table()
    columns = driver._get_existing_columns("shapes", session.keyspace)
    assert "radius" not in columns, MENDED.format("SharedTable")


def test_coodie_still_searches_for_a_module_with_every_query(monkeypatch: pytest.MonkeyPatch) -> None:
    Shape.sync_table()
    Shape.find_one(id=1)
    imported = []
    really_import = builtins.__import__

    def note_and_import(name: str, *args: Any, **options: Any) -> Any:
        imported.append(name)
        return really_import(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", note_and_import)
    Shape.find_one(id=1)
    assert "annotationlib" in imported, MENDED.format("the cache of _own_annotations()")


# --- Statements ------------------------------------------------------------------------------------------------------


def test_coodie_still_prepares_a_statement_for_every_number(driver: CassandraDriver) -> None:
    for number in range(1, 6):
        Probe.find(shelf="full").limit(number).all()
        Probe.find(shelf="full", number__in=list(range(number))).all()
        new_probe(number).save(ttl=1000 * number)
        new_probe(number).save(timestamp=number)
    assert len(driver._prepared) == 20, MENDED.format("BoundNumbers")


def test_coodie_still_prepares_a_statement_for_every_size_of_a_batch(driver: CassandraDriver) -> None:
    for size in (1, 2, 3):
        with coodie.sync.BatchQuery() as batch:
            for number in range(size):
                new_probe(number).save(batch=batch)
    assert len(driver._prepared) == 3, MENDED.format("Batch")


def test_the_driver_still_sends_writes_again() -> None:
    lost = ConnectionShutdown("the connection was lost")
    decision, _ = RetryPolicy().on_request_error(WRITE, ConsistencyLevel.ONE, error=lost, retry_num=0)
    assert decision == RetryPolicy.RETRY_NEXT_HOST, MENDED.format("RetryReadsOnly")


def test_coodie_still_raises_the_same_for_reads_and_writes(session: Session) -> None:
    def lose(_: Any) -> None:
        raise OperationTimedOut

    session.add_request_init_listener(lose)
    try:
        with pytest.raises(OperationTimedOut):
            new_probe(1).save()
            pytest.fail(MENDED.format("HonestWrites"))
    finally:
        session.remove_request_init_listener(lose)


def test_the_driver_still_has_no_class_for_a_transaction_that_lost_its_contest() -> None:
    assert 0x1700 not in error_classes, MENDED.format("the number in HonestWrites")


# --- Pages -----------------------------------------------------------------------------------------------------------


class Disturbed(CassandraDriver):
    """coodie's driver, where another thread runs a statement before a reader asks for its page's paging state."""

    def execute(self, stmt: str, params: list[Any], *args: Any, **options: Any) -> list[dict[str, Any]]:
        rows = super().execute(stmt, params, *args, **options)
        other = threading.Thread(target=super().execute, args=[ANYTHING, []])
        other.start()
        other.join()
        return rows


def test_coodie_still_lets_others_end_a_readers_pages(session: Session) -> None:
    register_driver("default", Disturbed(session, session.keyspace), default=True)
    page = Probe.find(shelf="full").fetch_size(PAGE).paged_all()
    assert (len(page.data), page.paging_state) == (PAGE, None), MENDED.format("connection.pages()")


def test_coodie_still_pages_without_the_limit_per_partition() -> None:
    page = Probe.find(shelf="full").per_partition_limit(1).fetch_size(10).paged_all()
    assert len(page.data) == 10, MENDED.format("select_of()")


def test_coodie_still_holds_all_rows_of_an_iteration(driver: CassandraDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    execute = driver.execute

    def execute_and_note(*args: Any, **options: Any) -> list[dict[str, Any]]:
        rows = execute(*args, **options)
        held.append(len(rows))
        return rows

    monkeypatch.setattr(driver, "execute", execute_and_note)
    next(iter(Probe.find(shelf="full").fetch_size(PAGE)))
    assert max(held) > PAGE, MENDED.format("connection.pages()")


# --- asyncio ---------------------------------------------------------------------------------------------------------


def in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a coroutine, run in a thread of its own: Playwright leaves a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_coodie_still_cuts_awaited_reads_at_5000_rows() -> None:
    assert len(in_a_loop(AsyncProbe.find(shelf="full").all())) == 5_000, MENDED.format("all_rows()")


def test_coodie_still_prepares_in_the_event_loop(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    prepare = session.prepare

    def prepare_and_note(cql: str) -> Any:
        threads.append(threading.current_thread())
        return prepare(cql)

    monkeypatch.setattr(session, "prepare", prepare_and_note)

    async def get() -> threading.Thread:
        await AsyncProbe.get(shelf="full", number=0)
        return threading.current_thread()

    assert threads == [in_a_loop(get())], MENDED.format("PreparedAside")


def test_coodie_still_logs_an_error_for_a_cancelled_request(driver: CassandraDriver) -> None:
    errors: list[dict[str, Any]] = []

    async def cancel() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        await driver.execute_async(ANYTHING, [])
        request = asyncio.create_task(driver.execute_async(ANYTHING, []))
        await asyncio.sleep(0)
        request.cancel()
        await asyncio.sleep(1)

    in_a_loop(cancel())
    assert errors, MENDED.format("Droppable")


# --- Connections -----------------------------------------------------------------------------------------------------


def test_the_driver_still_lets_requests_wait_for_acknowledgements() -> None:
    assert Cluster.sockopts is None, "the driver has options of its own now: are those of db/cluster.py still needed?"


KEPT_WAITING = "could not be joined"
CONNECT = """
import logging
from cassandra.cluster import Cluster
from cassandra.io import libevreactor

logging.basicConfig()
Cluster(["{}"], port={}).connect()
thread = libevreactor._global_loop._thread
join = thread.join
thread.join = lambda timeout: join(0.5)  # of the five seconds
"""


def test_the_driver_still_keeps_a_process_waiting(database: str) -> None:
    host, _, port = database.rpartition(":")
    command = [sys.executable, "-c", CONNECT.format(host, port)]
    # About every other process is kept.
    endings = (subprocess.run(command, capture_output=True, text=True, check=False).stderr for _ in range(25))
    assert any(KEPT_WAITING in ending for ending in endings), MENDED.format("PromptEnd")
