"""Each fix of coodie_fixes.py twice: that it works, and that coodie by itself still needs it.

A test named test_coodie_... or test_the_driver_... that fails is good news: its message says what can be removed.
"""

import asyncio
import functools
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from cassandra import (
    ConsistencyLevel,
    OperationTimedOut,
    ReadFailure,
    ReadTimeout,
    WriteFailure,
    WriteTimeout,
    WriteType,
)
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.connection import ConnectionShutdown
from cassandra.policies import RetryPolicy
from cassandra.query import SimpleStatement
from coodie import aio
from coodie.drivers import register_driver
from coodie.drivers.cassandra import CassandraDriver
from coodie.fields import ClusteringKey, Counter, PrimaryKey
from pydantic import Field, TypeAdapter, ValidationError

import conftest
from iot_platform import coodie_fixes, database
from iot_platform.coodie_fixes import CounterDocument, Day, Document, Driver, RetryReadsOnly, UtcTime, now
from iot_platform.errors import OutcomeUnknown

ROWS = 6_000
"""More than the 5,000 that the driver fetches at once."""
FULL = "full"
"""The partition that holds so many rows; tests write to others."""
SOMETHING_ELSE = "SELECT key FROM system.local"
FIXED = "coodie has fixed this: remove {} from coodie_fixes.py"


class Probe(Document):
    """A row as our models read it."""

    shelf: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    at: UtcTime
    tags: set[str] = Field(default_factory=set)

    class Settings:
        name = "fix_probes"


class PlainProbe(aio.Document):
    """The same row as coodie reads it."""

    shelf: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    at: datetime
    tags: set[str] = Field(default_factory=set)

    class Settings:
        name = "fix_probes"


WRITTEN = Probe(shelf=FULL, number=0, at=now(), tags={"red", "round"})


@pytest.fixture(scope="module", autouse=True)
def session(keyspace: str) -> Session:
    """The Cassandra driver's session, with the probes written past coodie."""
    asyncio.run(database.sync_schema([Probe]))
    session = database.get_driver()._session
    insert = session.prepare("INSERT INTO fix_probes (shelf, number, at, tags) VALUES (?, ?, ?, ?)")
    rows = [(FULL, number, WRITTEN.at, WRITTEN.tags) for number in range(ROWS)]
    execute_concurrent_with_args(session, insert, rows, concurrency=200)
    return session


@pytest.fixture
def prepared(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The thread of each statement that is prepared during the test."""
    threads: list[threading.Thread] = []
    prepare = session.prepare

    def prepare_and_note(cql: str) -> Any:
        threads.append(threading.current_thread())
        return prepare(cql)

    monkeypatch.setattr(session, "prepare", prepare_and_note)
    return threads


@pytest.fixture
def sent(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The statements that are sent during the test."""
    statements: list[Any] = []
    execute_async = session.execute_async

    def execute_and_note(statement: Any, *args: Any, **options: Any) -> Any:
        statements.append(statement)
        return execute_async(statement, *args, **options)

    monkeypatch.setattr(session, "execute_async", execute_and_note)
    return statements


@contextmanager
def using(kind: type[CassandraDriver]) -> Iterator[CassandraDriver]:
    """Let all models use a fresh driver of another class, with the same session, for a while."""
    ours = database.get_driver()
    driver = kind(ours._session, default_keyspace=ours._default_keyspace)
    register_driver("default", driver, default=True)
    try:
        yield driver
    finally:
        register_driver("default", ours, default=True)


class Answer:
    """Stands for a statement on its way: it fails at once, or is answered when the test says so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.awaited = asyncio.Event()

    def add_callbacks(self, arrived: Callable[[list], None], failed: Callable[[Exception], None]) -> None:
        self.arrived = arrived
        self.awaited.set()
        if self.error is not None:
            failed(self.error)


def in_event_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an asynchronous test."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


# --- Reads are validated ---------------------------------------------------------------------------------------------


@in_event_loop
async def test_rows_are_read_as_the_types_that_the_model_declares() -> None:
    found = [
        await Probe.get(shelf=FULL, number=0),
        await Probe.find_one(shelf=FULL, number=0),
        *await Probe.find(shelf=FULL, number=0).all(),
    ]
    assert found == [WRITTEN] * 3
    assert {type(probe.tags) for probe in found} == {set}
    assert {probe.at.tzinfo for probe in found} == {UTC}


def test_a_time_is_taken_as_utc_or_brought_to_it() -> None:
    check = TypeAdapter(UtcTime).validate_python
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert check(noon.replace(tzinfo=None)) == check(noon.astimezone(timezone(timedelta(hours=5)))) == noon
    assert check(noon.astimezone(timezone(timedelta(hours=5)))).tzinfo is UTC
    assert now().microsecond % 1000 == 0, "a CQL timestamp keeps milliseconds: what is written would not be read back"


@in_event_loop
async def test_coodie_still_reads_without_validating() -> None:
    probe = await PlainProbe.get(shelf=FULL, number=0)
    assert type(probe.tags) is not set, FIXED.format("ValidatedReads")


@in_event_loop
async def test_coodie_still_reads_times_without_their_zone() -> None:
    (probe,) = await PlainProbe.find(shelf=FULL, number=0).validate().all()
    assert probe.at.tzinfo is None, FIXED.format("UtcTime")


# --- What is streamed is what the query asks for ---------------------------------------------------------------------


@in_event_loop
async def test_a_stream_reads_what_all_would_read_page_by_page() -> None:
    stream = database.stream(Probe.find(shelf=FULL).limit(2_500), fetch_size=1_000)
    assert [len(page) async for page in stream] == [1_000, 1_000, 500]
    query = Probe.find().per_partition_limit(1)
    firsts = [probe async for page in database.stream(query) for probe in page]
    assert firsts == await query.all()
    assert firsts.count(WRITTEN) == 1 and len({probe.shelf for probe in firsts}) == len(firsts)


@in_event_loop
async def test_coodie_still_pages_without_the_limit_per_partition() -> None:
    page = await PlainProbe.find(shelf=FULL).per_partition_limit(1).fetch_size(10).paged_all()
    assert len(page.data) == 10, FIXED.format("select_of()")


# --- A date is a date ------------------------------------------------------------------------------------------------


class DatedProbe(Document):
    """A row with a date."""

    shelf: Annotated[str, PrimaryKey()]
    day: Day

    class Settings:
        name = "fix_dated_probes"


class PlainDatedProbe(Document):
    """The same row without our type."""

    shelf: Annotated[str, PrimaryKey()]
    day: date

    class Settings:
        name = "fix_dated_probes"


@in_event_loop
async def test_a_date_is_read_back_as_it_was_written() -> None:
    await database.sync_schema([DatedProbe])
    for day in (date(1, 1, 1), date(1970, 1, 1), date(2026, 2, 28), date(9999, 12, 31)):
        await DatedProbe(shelf="dated", day=day).save()
        assert (await DatedProbe.get(shelf="dated")).day == day


@in_event_loop
async def test_coodie_still_reads_no_dates() -> None:
    await database.sync_schema([DatedProbe])
    await DatedProbe(shelf="dated", day=date(2026, 2, 28)).save()
    with pytest.raises(ValidationError):
        await PlainDatedProbe.get(shelf="dated")
        pytest.fail(FIXED.format("Day"))


# --- A counter that was never touched is zero ------------------------------------------------------------------------


class CountedProbe(CounterDocument):
    """A row of two counters."""

    shelf: Annotated[str, PrimaryKey()]
    seen: Annotated[int, Counter()] = 0
    sold: Annotated[int, Counter()] = 0

    class Settings:
        name = "fix_counted_probes"


@in_event_loop
async def test_a_counter_that_was_never_touched_reads_zero(select) -> None:
    await database.sync_schema([CountedProbe])
    await CountedProbe(shelf="half").increment(seen=2)
    probe = await CountedProbe.get(shelf="half")
    assert (probe.seen, probe.sold) == (2, 0)
    (row,) = select("SELECT sold FROM fix_counted_probes WHERE shelf = 'half'")
    assert row["sold"] is None, "the database has changed this: remove CounterDocument's validator"


# --- Batches share their prepared statements -------------------------------------------------------------------------


@in_event_loop
async def test_coodie_still_prepares_a_statement_for_every_size_of_a_batch(prepared: list) -> None:
    with using(CassandraDriver):
        for size in (1, 2, 3):
            async with aio.AsyncBatchQuery() as batch:
                for number in range(size):
                    await PlainProbe(shelf="batch", number=number, at=now()).save(batch=batch)
    assert len(prepared) == 3, FIXED.format("execute_batch()")


# --- LIMIT and TTL are bound -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cql", "params", "bound_cql", "bound"),
    [
        ("SELECT * FROM t WHERE a = ? LIMIT 5", ["a"], "SELECT * FROM t WHERE a = ? LIMIT ?", ["a", 5]),
        (
            "SELECT * FROM t WHERE a = ? PER PARTITION LIMIT 2 LIMIT 10 ALLOW FILTERING",
            ["a"],
            "SELECT * FROM t WHERE a = ? PER PARTITION LIMIT ? LIMIT ? ALLOW FILTERING",
            ["a", 2, 10],
        ),
        (
            "INSERT INTO t (a, b) VALUES (?, ?) IF NOT EXISTS USING TTL 30",
            ["a", "b"],
            "INSERT INTO t (a, b) VALUES (?, ?) IF NOT EXISTS USING TTL ?",
            ["a", "b", 30],
        ),
        (
            "UPDATE t USING TTL 30 SET b = ? WHERE a = ?",
            ["b", "a"],
            "UPDATE t USING TTL ? SET b = ? WHERE a = ?",
            [30, "b", "a"],
        ),
        ("SELECT TTL(b) FROM t WHERE a = ?", ["a"], "SELECT TTL(b) FROM t WHERE a = ?", ["a"]),
    ],
)
def test_numbers_become_markers_at_their_places(cql: str, params: list, bound_cql: str, bound: list) -> None:
    given = list(params)
    assert coodie_fixes.bind_literals(cql, given) == (bound_cql, bound)
    assert given == params, "the caller's list must stay as it is"


@in_event_loop
async def test_every_limit_and_ttl_shares_one_statement(prepared: list, select) -> None:
    with using(Driver):
        for number in range(1, 6):
            assert len(await Probe.find(shelf=FULL).limit(number).all()) == number
            await Probe(shelf="ttl", number=number, at=now()).save(ttl=1000 * number)
    assert len(prepared) == 2
    rows = select("SELECT number, TTL(at) AS ttl FROM fix_probes WHERE shelf = 'ttl'")
    assert [round(row["ttl"], -3) for row in rows] == [1000, 2000, 3000, 4000, 5000]


@in_event_loop
async def test_the_numbers_reach_the_database_in_their_order(select) -> None:
    probe = Probe(shelf="order", number=1, at=now())
    await probe.save()
    await probe.update(ttl=5000, tags={"new"})
    (row,) = select("SELECT tags, TTL(tags) AS ttl FROM fix_probes WHERE shelf = 'order'")
    assert (set(row["tags"]), [round(ttl, -3) for ttl in row["ttl"]]) == ({"new"}, [5000])
    assert len(await Probe.find().per_partition_limit(2).limit(3).all()) == 3


@in_event_loop
async def test_single_values_go_the_same_way(sent: list) -> None:
    assert await Probe.find(shelf=FULL).count() == ROWS
    driver = database.get_driver()
    assert await driver.execute_one_async("SELECT shelf FROM fix_probes LIMIT 1", [])
    assert [statement.prepared_statement.query_string[-7:] for statement in sent[1:]] == ["LIMIT ?"]


@in_event_loop
async def test_coodie_still_prepares_a_statement_for_every_limit_and_ttl(prepared: list) -> None:
    with using(CassandraDriver):
        for number in range(1, 6):
            await PlainProbe.find(shelf=FULL).limit(number).all()
            await PlainProbe(shelf="ttl", number=number, at=now()).save(ttl=1000 * number)
    assert len(prepared) == 10, FIXED.format("bind_literals()")


# --- Only reads are sent twice ---------------------------------------------------------------------------------------

LEVEL = ConsistencyLevel.ONE
READ = SimpleStatement("SELECT views FROM pages WHERE page = 'a'", is_idempotent=True)
WRITE = SimpleStatement("UPDATE pages SET views = views + 1 WHERE page = 'a'", is_idempotent=False)
LOST = ConnectionShutdown("the connection was lost")


def test_a_write_is_never_sent_again() -> None:
    policy = RetryReadsOnly()
    answers = {"consistency": LEVEL, "required_responses": 1, "received_responses": 1, "retry_num": 0}
    decisions = [
        policy.on_request_error(WRITE, LEVEL, error=LOST, retry_num=0),
        # The database may have noted the batch before it timed out, and apply it later.
        policy.on_write_timeout(WRITE, write_type=WriteType.BATCH_LOG, **answers),
        # A lightweight transaction reads, too.
        policy.on_read_timeout(WRITE, data_retrieved=False, **answers),
    ]
    assert [decision for decision, _ in decisions] == [policy.RETHROW] * 3


def test_a_read_is_sent_again_once() -> None:
    policy = RetryReadsOnly()
    assert policy.on_request_error(READ, LEVEL, LOST, retry_num=0) == (policy.RETRY_NEXT_HOST, None)
    assert policy.on_request_error(READ, LEVEL, LOST, retry_num=1) == (policy.RETHROW, None)


@in_event_loop
async def test_the_policy_is_in_force_and_knows_reads_from_writes(session: Session, sent: list) -> None:
    profiles = [EXEC_PROFILE_DEFAULT, database.get_driver()._query_kwargs["execution_profile"]]
    policies = [session._maybe_get_execution_profile(profile).retry_policy for profile in profiles]
    assert {type(policy) for policy in policies} == {RetryReadsOnly}
    probe = Probe(shelf="policy", number=1, at=now())
    await probe.insert()
    await probe.update(tags={"new"})
    await Probe.find(shelf="policy").all()
    await probe.delete()
    assert [statement.is_idempotent for statement in sent] == [False, False, True, False]


def test_the_driver_still_sends_writes_again() -> None:
    decision, _ = RetryPolicy().on_request_error(WRITE, LEVEL, LOST, retry_num=0)
    assert decision == RetryPolicy.RETRY_NEXT_HOST, "the driver has fixed this: remove RetryReadsOnly"


# --- A write without an answer has an unknown outcome ----------------------------------------------------------------


UNANSWERED = [
    OperationTimedOut(),
    WriteTimeout("late", write_type=WriteType.COUNTER),
    WriteFailure("failed", write_type=WriteType.SIMPLE),
    # Of a lightweight transaction.
    ReadTimeout("late"),
    ReadFailure("failed"),
    LOST,
]


@pytest.mark.parametrize("error", UNANSWERED, ids=lambda error: type(error).__name__)
@in_event_loop
async def test_only_of_a_write_the_outcome_is_unknown(session: Session, monkeypatch, error: Exception) -> None:
    monkeypatch.setattr(session, "execute_async", lambda *_, **__: Answer(error))
    with pytest.raises(OutcomeUnknown):
        await Probe(shelf="lost", number=1, at=now()).save()
    with pytest.raises(type(error)):
        await Probe.find(shelf="lost").all()


@in_event_loop
async def test_a_write_that_was_never_sent_is_no_unknown_outcome(session: Session, monkeypatch, sent: list) -> None:
    def too_late(cql: str) -> None:
        raise OperationTimedOut()

    monkeypatch.setattr(session, "prepare", too_late)
    with using(Driver), pytest.raises(OperationTimedOut):
        await Probe(shelf="lost", number=1, at=now()).save()
    assert sent == []


@in_event_loop
async def test_coodie_still_raises_the_same_for_reads_and_writes(session: Session, monkeypatch) -> None:
    monkeypatch.setattr(session, "execute_async", lambda *_, **__: Answer(OperationTimedOut()))
    raised = None
    try:
        with using(CassandraDriver):
            await PlainProbe(shelf="lost", number=1, at=now()).save()
    except Exception as error:
        raised = type(error)
    assert raised is OperationTimedOut, FIXED.format("honest()")


# --- The paging state belongs to its reader --------------------------------------------------------------------------


def disturbed(kind: type[CassandraDriver]) -> type[CassandraDriver]:
    """Return a driver where another task runs a statement before a reader sees its page's paging state."""

    class Disturbed(kind):
        async def execute_async(self, stmt: str, params: list, **options: Any) -> list:
            rows = await super().execute_async(stmt, params, **options)
            if options.get("fetch_size"):
                await asyncio.create_task(super().execute_async(SOMETHING_ELSE, []))
            return rows

    return Disturbed


async def read_in_pages(model: type[Document | PlainProbe]) -> int:
    """Read all rows as coodie's documentation says, and count them."""
    query = model.find(shelf=FULL).fetch_size(1000)
    page = await query.paged_all()
    seen = len(page.data)
    while page.paging_state is not None:
        page = await query.page(page.paging_state).paged_all()
        seen += len(page.data)
    return seen


@in_event_loop
async def test_concurrent_readers_keep_their_pages() -> None:
    with using(disturbed(Driver)):
        assert await asyncio.gather(*[read_in_pages(Probe) for _ in range(3)]) == [ROWS] * 3


@in_event_loop
async def test_coodie_still_lets_others_end_a_readers_pages() -> None:
    with using(disturbed(CassandraDriver)):
        assert await read_in_pages(PlainProbe) == 1000, FIXED.format("_paging_state")


# --- pages() reads in bounded memory ---------------------------------------------------------------------------------


@in_event_loop
async def test_pages_come_one_by_one_and_hold_all_rows(sent: list) -> None:
    numbers: list[int] = []
    async for rows in database.pages("SELECT number FROM fix_probes WHERE shelf = ?", [FULL], fetch_size=1000):
        assert len(rows) <= 1000
        assert len(sent) == len(numbers) // 1000 + 1, "a page was asked for before it was needed"
        numbers += [row["number"] for row in rows]
    assert numbers == list(range(ROWS))


class Weighed(CassandraDriver):
    """coodie's driver, telling how many rows it held at once."""

    most = 0

    async def execute_async(self, stmt: str, params: list, **options: Any) -> list:
        rows = await super().execute_async(stmt, params, **options)
        self.most = max(self.most, len(rows))
        return rows


@in_event_loop
async def test_coodie_still_holds_all_rows_of_an_iteration() -> None:
    with using(Weighed) as driver:
        async for _ in PlainProbe.find(shelf=FULL).fetch_size(1000):
            break
    assert driver.most > 1000, FIXED.format("pages()")


# --- No piece of a request waits for the one before ------------------------------------------------------------------


def test_requests_are_sent_at_once(session: Session) -> None:
    connections = [connection for pool in session.get_pools() for connection in pool._connections.values()]
    assert connections
    for connection in connections:
        assert connection._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_driver_still_lets_requests_wait() -> None:
    assert Cluster.sockopts is None, "the driver has its own options now: see whether those of database.py are needed"


# --- A process ends when it has nothing left to do -------------------------------------------------------------------

CONNECT = """
import logging
from iot_platform import database

logging.basicConfig(format="%(message)s")
database.open_connection()
"""
CONNECTING = """
import time
from iot_platform import database

database.open_in_background()
time.sleep({})
"""
WITHOUT_OURS = """
import atexit
from cassandra.io import libevreactor

atexit.unregister(database.close_connection)
thread = libevreactor._global_loop._thread
join = thread.join
thread.join = lambda timeout: join(0.5)  # of the five seconds
"""
KEPT_WAITING = "could not be joined"


def endings(program: str, most: int) -> Iterator[str]:
    """Run a program again and again, and yield what it says in the end; about every other time it would be late."""
    return (conftest.run(["-c", program]).stderr for _ in range(most))


def test_a_process_with_a_connection_is_not_kept_waiting_by_the_driver() -> None:
    assert list(endings(CONNECT, 4)) == [""] * 4


@pytest.mark.parametrize("seconds", [0, 0.04, 0.08, 0.12])
def test_a_process_that_ends_while_it_connects_has_nothing_to_complain_of(seconds: float) -> None:
    assert list(endings(CONNECTING.format(seconds), 1)) == [""]


def test_the_driver_still_keeps_a_process_waiting() -> None:
    kept = any(KEPT_WAITING in ending for ending in endings(CONNECT + WITHOUT_OURS, 25))
    assert kept, "the driver has fixed this: remove close() from coodie_fixes.py and atexit from database.py"


# --- Unpaged reads return every row ----------------------------------------------------------------------------------


@in_event_loop
async def test_unpaged_reads_return_every_row() -> None:
    assert [probe.number for probe in await Probe.find(shelf=FULL).all()] == list(range(ROWS))
    assert len(await aio.execute_raw("SELECT number FROM fix_probes WHERE shelf = ?", [FULL])) == ROWS


@in_event_loop
async def test_coodie_still_cuts_awaited_reads_at_5000_rows() -> None:
    with using(CassandraDriver):
        assert len(await PlainProbe.find(shelf=FULL).all()) == 5000, FIXED.format("the loop of execute_async()")


# --- Preparing does not block the event loop -------------------------------------------------------------------------


@in_event_loop
async def test_statements_are_prepared_once_and_outside_of_the_event_loop(prepared: list) -> None:
    with using(Driver):
        await Probe.get(shelf=FULL, number=1)
        await Probe.get(shelf=FULL, number=2)
    assert len(prepared) == 1
    assert prepared[0] is not threading.current_thread()


@in_event_loop
async def test_coodie_still_prepares_in_the_event_loop(prepared: list) -> None:
    with using(CassandraDriver):
        await PlainProbe.get(shelf=FULL, number=1)
    assert prepared == [threading.current_thread()], FIXED.format("asyncio.to_thread()")


# --- A cancelled request is no error ---------------------------------------------------------------------------------


async def errors_after_cancelling(kind: type[CassandraDriver], session: Session, monkeypatch) -> list[dict]:
    """Cancel a request, let its answer arrive, and return what the event loop would have logged."""
    errors: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    answer = Answer()
    monkeypatch.setattr(session, "execute_async", lambda *_, **__: answer)
    with using(kind) as driver:
        request = asyncio.create_task(driver.execute_async(SOMETHING_ELSE, []))
        await answer.awaited.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    answer.arrived([])
    await asyncio.sleep(0)
    return errors


@in_event_loop
async def test_the_answer_to_a_cancelled_request_is_dropped(session: Session, monkeypatch) -> None:
    assert await errors_after_cancelling(Driver, session, monkeypatch) == []


@in_event_loop
async def test_coodie_still_logs_an_error_for_a_cancelled_request(session: Session, monkeypatch) -> None:
    assert await errors_after_cancelling(CassandraDriver, session, monkeypatch), FIXED.format("fetch()")
