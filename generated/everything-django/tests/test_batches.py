"""Batches: cut by bytes, one partition each, several at once, the later of two rows with one key."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from cassandra.query import BatchStatement, BatchType, BoundStatement
from coodie.fields import ClusteringKey, PrimaryKey

import conftest
from everything_django.db import batches, connection, cql_log
from everything_django.db.batches import Batch, save_in_batches
from everything_django.db.documents import Document, sync_schema

KIB = 1024


class Crate(Document):
    """A row that may be of any size."""

    hold: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    content: str
    weight: int = 1

    class Settings:
        name = "batch_crates"


MODELS = [Crate]


@pytest.fixture(autouse=True)
def table(keyspace: str) -> None:
    """An empty table of crates."""
    sync_schema([Crate])
    connection.get_driver().execute("TRUNCATE batch_crates", [])


@pytest.fixture
def sent(table: None) -> Iterator[list[Any]]:
    """The statements that are sent during the test."""
    statements: list[Any] = []

    def note(future: Any) -> None:
        statements.append(future.query)

    session = connection.get_driver()._session
    session.add_request_init_listener(note)
    yield statements
    session.remove_request_init_listener(note)


def crates(number: int, holds: int = 1, size: int = 10) -> Iterator[Crate]:
    """Yield crates that are spread over some holds."""
    return (Crate(hold=f"hold {index % holds}", number=index, content="x" * size) for index in range(number))


def rows_of(statement: Any) -> int:
    """Return how many rows a statement writes."""
    return len(statement) if isinstance(statement, BatchStatement) else 1


def holds_of(statement: BatchStatement) -> set[bytes]:
    """Return the partitions that a batch writes to."""
    return {values[0] for _, _, values in statement._statements_and_parameters}


def test_every_row_is_written_and_counted_once(select: conftest.Select) -> None:
    saved: list[Crate] = []
    number = save_in_batches(crates(5_000, holds=250), MODELS, done=saved.extend)
    assert sorted(crate.number for crate in saved) == list(range(5_000))
    assert select("SELECT COUNT(*) AS n FROM batch_crates") == [{"n": 5_000}]
    assert 250 <= number < 5_000


def test_a_batch_holds_one_partition_and_stays_below_the_limit(sent: list[Any]) -> None:
    number = save_in_batches(crates(300, holds=3, size=KIB), MODELS)
    assert len(sent) == number > 3
    assert sum(rows_of(statement) for statement in sent) == 300
    assert max(rows_of(statement) for statement in sent) <= batches.MAX_BYTES // KIB
    assert {len(holds_of(statement)) for statement in sent} == {1}


def test_rows_that_belong_together_share_a_batch_whatever_their_partitions(sent: list[Any]) -> None:
    save_in_batches(crates(12, holds=4), MODELS, together=lambda crate: crate.number % 3)
    assert [rows_of(statement) for statement in sent] == [4] * 3


@pytest.mark.parametrize("size", [1, KIB])
def test_a_full_batch_of_several_partitions_is_not_refused(size: int, select: conftest.Select) -> None:
    save_in_batches(crates(500, holds=50, size=size), MODELS, together=lambda crate: "all", logged=True)
    assert select("SELECT COUNT(*) AS n FROM batch_crates") == [{"n": 500}]


def test_rows_larger_than_a_batch_are_split_not_refused(select: conftest.Select) -> None:
    assert save_in_batches(crates(5, size=60 * KIB), MODELS) == 5
    assert select("SELECT COUNT(*) AS n FROM batch_crates") == [{"n": 5}]


def test_a_single_row_needs_no_batch(sent: list[Any]) -> None:
    assert save_in_batches(crates(1), MODELS) == 1
    assert [type(statement) for statement in sent] == [BoundStatement]


@pytest.mark.parametrize(("logged", "kind"), [(True, BatchType.LOGGED), (False, BatchType.UNLOGGED)])
def test_a_batch_is_logged_where_it_is_asked_for(sent: list[Any], logged: bool, kind: BatchType) -> None:
    save_in_batches(crates(10), MODELS, logged=logged, max_rows=5)
    assert [(statement.batch_type, rows_of(statement)) for statement in sent] == [(kind, 5)] * 2


def test_a_batch_is_one_entry_of_the_log() -> None:
    cql_log.start()
    save_in_batches(crates(10), MODELS)
    (statement,) = cql_log.statements()
    assert statement.cql.startswith("BEGIN UNLOGGED BATCH 10 x INSERT INTO ")
    assert statement.cql.endswith("; APPLY BATCH")
    assert statement.consistency == "LOCAL_QUORUM"


def test_any_number_of_rows_shares_one_prepared_statement() -> None:
    save_in_batches(crates(1), MODELS)
    before = len(connection.get_driver()._prepared)
    for number in (2, 3, 5, 8, 13):
        save_in_batches(crates(number), MODELS)
    assert len(connection.get_driver()._prepared) == before


def test_of_two_rows_with_one_key_the_later_one_stays_whole(select: conftest.Select) -> None:
    twice = [
        Crate(hold="a", number=1, content="z, the earlier one", weight=1),
        Crate(hold="a", number=1, content="a, the later one", weight=9),
    ]
    save_in_batches([*twice, *reversed(twice), twice[1]], MODELS)
    assert select("SELECT content, weight FROM batch_crates") == [{"content": "a, the later one", "weight": 9}]


@pytest.mark.parametrize("together", [None, lambda crate: crate.weight], ids=["of one partition", "of several"])
def test_batches_with_the_same_key_are_never_on_their_way_at_once(
    select: conftest.Select, monkeypatch: pytest.MonkeyPatch, together: Callable[[Crate], int] | None
) -> None:
    execute_batch, on_their_way, most = batches.execute_batch, list[bytes](), 0

    def watch(statements: list[BoundStatement], *, logged: bool) -> None:
        nonlocal most
        keys = [b"".join(statement.values[:2]) for statement in statements]
        on_their_way.extend(keys)
        seen = list(on_their_way)
        most = max(most, len(seen))
        assert len(set(seen)) == len(seen)
        execute_batch(statements, logged=logged)
        for key in keys:
            on_their_way.remove(key)

    monkeypatch.setattr(batches, "execute_batch", watch)
    versions = [Crate(hold=hold, number=1, content=str(n), weight=n) for n in range(50) for hold in "abcdefgh"]
    saved: list[Crate] = []
    save_in_batches(versions, MODELS, together=together, done=saved.extend)
    assert len(saved) == len(versions)
    assert {row["weight"] for row in select("SELECT weight FROM batch_crates")} == {49}
    assert most > 1, "other keys are on their way together"


def test_rows_are_read_only_as_they_are_needed() -> None:
    read = 0

    def endless() -> Iterator[Crate]:
        nonlocal read
        for crate in crates(1_000_000, holds=100_000, size=100):
            read += 1
            yield crate

    def stop(saved: list[Crate]) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        save_in_batches(endless(), MODELS, done=stop)
    assert read < 20_000


def write_together(fail: bool) -> None:
    """Save two crates in one batch, or fail before it ends."""
    with Batch() as batch:
        for crate in crates(2, holds=2):
            crate.save(batch=batch)
        if fail:
            raise InterruptedError


def test_a_batch_is_sent_at_the_end_of_its_block_or_not_at_all(sent: list[Any], select: conftest.Select) -> None:
    with pytest.raises(InterruptedError):
        write_together(fail=True)
    assert sent == []
    write_together(fail=False)
    assert [(statement.batch_type, rows_of(statement)) for statement in sent] == [(BatchType.LOGGED, 2)]
    assert select("SELECT COUNT(*) AS n FROM batch_crates") == [{"n": 2}]
