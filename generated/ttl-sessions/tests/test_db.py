"""The connection, the driver and documents: each workaround works."""

import socket
from typing import Annotated, Any

import pytest
from cassandra import (
    ConsistencyLevel,
    CoordinationFailure,
    OperationTimedOut,
    ReadTimeout,
    Unauthorized,
    Unavailable,
    WriteTimeout,
    WriteType,
)
from cassandra.cluster import NoHostAvailable, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.connection import ConnectionShutdown
from cassandra.protocol import ConfigurationException, SyntaxException
from cassandra.query import SimpleStatement
from coodie.fields import ClusteringKey, PrimaryKey
from pydantic import Field

import conftest
from ttl_sessions.db import connection
from ttl_sessions.db.cluster import NobodyAnswers, in_words
from ttl_sessions.db.documents import Document, sync_schema
from ttl_sessions.db.workarounds import RetryReadsOnly, bind_numbers
from ttl_sessions.errors import DatabaseUnavailable, OutcomeUnknown
from ttl_sessions.web.problems import from_exception

ROWS = 6_000
"""More than the 5,000 that the driver fetches at once."""
WRITE = SimpleStatement("UPDATE pages SET views = views + 1 WHERE page = 'a'")
READ = SimpleStatement("SELECT views FROM pages WHERE page = 'a'")
LOST = ConnectionShutdown("the connection was lost")


class Probe(Document):
    """A row; those of the shelf "full" are more than one page."""

    shelf: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    tags: set[str] = Field(default_factory=set)
    note: str | None = None

    class Settings:
        name = "db_probes"


FIRST = Probe(shelf="full", number=0, tags={"red", "round"})


@pytest.fixture
async def session(keyspace: str) -> Session:
    """The Cassandra driver's session; the table of probes is there, and full."""
    await sync_schema([Probe])
    session = connection.get_driver()._session
    if await Probe.find_one(shelf="full", number=ROWS - 1) is None:
        insert = session.prepare("INSERT INTO db_probes (shelf, number, tags) VALUES ('full', ?, ?)")
        rows = [[number, FIRST.tags] for number in range(ROWS)]
        execute_concurrent_with_args(session, insert, rows, concurrency=200)
    return session


@pytest.mark.usefixtures("session")
async def test_rows_are_read_as_the_types_that_the_model_declares() -> None:
    found = [await Probe.get(shelf="full", number=0), *await Probe.find(shelf="full", number=0).all()]
    assert found == [FIRST] * 2
    assert {type(probe.tags) for probe in found} == {set}


@pytest.mark.usefixtures("session")
async def test_reads_return_every_row_at_once_or_page_by_page() -> None:
    assert [probe.number for probe in await Probe.find(shelf="full").all()] == list(range(ROWS))
    pages = connection.pages("SELECT number FROM db_probes WHERE shelf = ?", ["full"], fetch_size=2_500)
    assert [len(rows) async for rows in pages] == [2_500, 2_500, 1_000]


@pytest.mark.parametrize(
    ("cql", "numbers", "params", "bound"),
    [
        ("SELECT TTL(b) FROM t WHERE a = ?", [], ["a"], ["a"]),
        ("UPDATE t USING TTL {} SET b = ? WHERE a = ?", [30], ["b", "a"], [30, "b", "a"]),
        ("INSERT INTO t (a, b) VALUES (?, ?) IF NOT EXISTS USING TTL {}", [30], ["a", "b"], ["a", "b", 30]),
        ("SELECT * FROM t WHERE a = ? PER PARTITION LIMIT {} LIMIT {}", [2, 10], ["a"], ["a", 2, 10]),
        ("INSERT INTO t (a) VALUES (?) USING TIMESTAMP {}", [2**60], ["a"], ["a", 2**60]),
        ("INSERT INTO t (a) VALUES (?) USING TTL {} AND TIMESTAMP {}", [5, 6], ["a"], ["a", 5, 6]),
    ],
)
def test_numbers_become_markers_at_their_places(
    cql: str, numbers: list[int], params: list[str], bound: list[Any]
) -> None:
    given = list(params)
    assert bind_numbers(cql.format(*numbers), given) == (cql.replace("{}", "?"), bound)
    assert given == params, "the caller's list must stay as it is"


@pytest.mark.parametrize(
    ("cql", "text", "bound"),
    [
        ("WHERE a = ? AND b IN (?, ?, ?) LIMIT 5", "WHERE a = ? AND b IN ? LIMIT ?", [1, [2, 3, 4], 5]),
        ("WHERE a IN (?) AND b IN (?, ?) AND c = ?", "WHERE a IN ? AND b IN ? AND c = ?", [[1], [2, 3], 4]),
    ],
)
def test_lists_become_one_marker(cql: str, text: str, bound: list[Any]) -> None:
    assert bind_numbers(cql, [1, 2, 3, 4]) == (text, bound)


@pytest.mark.usefixtures("session")
async def test_every_limit_ttl_timestamp_and_list_shares_one_statement(select: conftest.Select) -> None:
    prepared = connection.get_driver()._prepared
    known = len(prepared)
    for number in range(1, 6):
        assert len(await Probe.find(shelf="full").limit(number).all()) == number
        await Probe(shelf="ttl", number=number, note="fades").save(ttl=1000 * number)
        await Probe(shelf="past", number=number).save(timestamp=number)
        numbers = list(range(number))
        assert [probe.number for probe in await Probe.find(shelf="full", number__in=numbers).all()] == numbers
    assert len(prepared) <= known + 4
    rows = select("SELECT TTL(note) AS ttl FROM db_probes WHERE shelf = 'ttl'")
    assert [round(row["ttl"], -3) for row in rows] == [1000, 2000, 3000, 4000, 5000]


def test_only_reads_are_sent_again_and_only_once() -> None:
    policy = RetryReadsOnly()
    answers = {"consistency": 1, "required_responses": 1, "received_responses": 1, "retry_num": 0}
    decisions = [
        policy.on_request_error(WRITE, 1, LOST, retry_num=0),
        policy.on_request_error(READ, 1, LOST, retry_num=1),
        # What the driver asks by itself, such as to prepare, has no statement.
        policy.on_request_error(None, 1, LOST, retry_num=0),
        # The database may have noted the batch before it timed out, and apply it later.
        policy.on_write_timeout(WRITE, write_type=WriteType.BATCH_LOG, **answers),
        # A lightweight transaction reads, too.
        policy.on_read_timeout(WRITE, data_retrieved=False, **answers),
    ]
    assert [decision for decision, _ in decisions] == [policy.RETHROW] * 5
    assert policy.on_request_error(READ, 1, LOST, retry_num=0) == (policy.RETRY_NEXT_HOST, None)


async def test_the_policy_is_in_force_and_requests_are_sent_at_once(session: Session) -> None:
    assert isinstance(connection.get_driver()._query_kwargs["execution_profile"].retry_policy, RetryReadsOnly)
    opened = [each for pool in session.get_pools() for each in pool._connections.values()]
    assert opened
    for each in opened:
        assert each._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# The read timeout is that of a lightweight transaction.
UNANSWERED = [OperationTimedOut(), WriteTimeout("late", 0), ReadTimeout("late"), CoordinationFailure("failed"), LOST]


@pytest.mark.parametrize("error", UNANSWERED, ids=lambda error: type(error).__name__)
async def test_only_of_a_write_the_outcome_is_unknown(
    session: Session, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(session, "execute_async", fail)
    with pytest.raises(OutcomeUnknown):
        await Probe(shelf="lost", number=1).save()
    with pytest.raises(type(error)):
        await Probe.find(shelf="lost").all()


async def test_what_was_never_sent_has_no_unknown_outcome(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(cql: str) -> None:
        raise OperationTimedOut

    monkeypatch.setattr(session, "prepare", too_late)
    monkeypatch.setattr(connection.get_driver(), "_prepared", {})
    with pytest.raises(OperationTimedOut):
        await Probe(shelf="lost", number=1).save()


def test_the_keyspace_is_replicated_as_both_engines_take_it(keyspace: str, select: conftest.Select) -> None:
    (row,) = select("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?", keyspace)
    assert row["replication"]["class"].endswith(".NetworkTopologyStrategy")


@pytest.mark.usefixtures("keyspace")
async def test_an_attempt_that_fails_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = iter([NobodyAnswers("not yet"), connection.get_driver()])

    def connect(_: Any) -> Any:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(connection, "connect", connect)
    another = connection.Connection()
    with pytest.raises(DatabaseUnavailable):
        await another.ensure_open()
    assert another.state is connection.State.CLOSED
    with pytest.raises(DatabaseUnavailable):  # there is a pause between attempts
        await another.ensure_open()
    monkeypatch.setattr(connection, "PAUSE", 0)
    assert another.attempt() is another.attempt(), "everybody waits for the same one"
    await another.ensure_open()
    assert (another.state, another.get_driver()) == (connection.State.OPEN, connection.get_driver())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            Unavailable("none", ConsistencyLevel.TWO, required_replicas=2, alive_replicas=1),
            "TWO needs 2 replicas of a row, and 1 can be reached",
        ),
        (
            Unauthorized('Error from server: code=2100 [Unauthorized] message="User ro has no CREATE permission"'),
            "User ro has no CREATE permission",
        ),
        (
            ConfigurationException(2300, 'Unrecognized option {dc1} for keyspace "a"', {}),
            'Unrecognized option {dc1} for keyspace "a"',
        ),
        (SyntaxException(2000, "line 1:0 no viable input\nat 'SELEC'", {}), "line 1:0 no viable input\nat 'SELEC'"),
        (
            NoHostAvailable("none", {"a": OSError(111, "Tried connecting to a. Last error: Connection refused")}),
            "Connection refused",
        ),
        (
            NoHostAvailable("none", {"a": OperationTimedOut(), "b": OperationTimedOut()}),
            "no answer within SCYLLA_REQUEST_TIMEOUT",
        ),
    ],
)
def test_what_the_driver_found_is_said_in_words(error: Exception, words: str) -> None:
    assert in_words(error) == words


async def test_what_a_role_may_not_do_is_no_bug() -> None:
    refused = Unauthorized("User nobody has no SELECT permission")
    problem = from_exception(await connection.explain(refused))
    assert problem is not None
    assert (problem.status, problem.title) == (503, "Not allowed by the database")


LOGGING = "import logging, time\nlogging.basicConfig()\n"
IMPORT = LOGGING + "from ttl_sessions.db import connection\n"
CONNECTED = IMPORT + "connection.open_connection()"
CONNECTING = IMPORT + "connection._connection.attempt()\ntime.sleep({})"


@pytest.mark.usefixtures("keyspace")
@pytest.mark.parametrize("program", [CONNECTED] * 4 + [CONNECTING.format(after) for after in (0, 0.04, 0.08, 0.12)])
def test_a_process_ends_without_waiting_or_complaining(program: str) -> None:
    assert conftest.run(["-c", program]).stderr == ""
