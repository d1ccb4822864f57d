"""Batches: cut by bytes, one partition each, several at once, the later of two rows with one key."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from cassandra.query import BatchStatement, BatchType, BoundStatement
from coodie.fields import ClusteringKey, PrimaryKey

from everything_flask import batches, database
from everything_flask.batches import Batch
from everything_flask.coodie_fixes import Document

KIB = 1024


class Crate(Document):
    """A row that may be of any size."""

    hold: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]
    content: str
    weight: int = 1

    class Settings:
        name = "batch_crates"


@pytest.fixture(autouse=True)
def table(keyspace: str) -> None:
    """An empty table of crates."""
    database.sync_schema([Crate])
    database.get_driver().execute("TRUNCATE batch_crates", [])


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The statements that are sent during the test."""
    statements: list[Any] = []
    session = database.get_driver()._session
    execute_async = session.execute_async

    def execute_and_note(statement: Any, *args: Any, **options: Any) -> Any:
        statements.append(statement)
        return execute_async(statement, *args, **options)

    monkeypatch.setattr(session, "execute_async", execute_and_note)
    return statements


def save(crates: Iterator[Crate], **options: Any) -> int:
    """Save crates in batches."""
    saving = batches.save_in_batches(crates, **options)
    return saving


def crates(number: int, holds: int = 1, size: int = 10) -> Iterator[Crate]:
    """Yield crates that are spread over so many holds."""
    return (Crate(hold=f"hold {index % holds}", number=index, content="x" * size) for index in range(number))


def rows_of(statement: Any) -> int:
    """Return how many rows a statement writes."""
    return len(statement._statements_and_parameters) if isinstance(statement, BatchStatement) else 1


def holds_of(statement: BatchStatement) -> set[bytes]:
    """Return the partitions that a batch writes to."""
    return {values[0] for _, _, values in statement._statements_and_parameters}


def test_every_row_is_written_and_counted_once(select) -> None:
    saved: list[Crate] = []
    number = save(crates(5_000, holds=250), done=saved.extend)
    assert sorted(crate.number for crate in saved) == list(range(5_000))
    assert select("SELECT COUNT(*) AS n FROM batch_crates") == [{"n": 5_000}]
    assert 250 <= number < 5_000


def test_a_batch_holds_one_partition_and_stays_below_the_limit(sent: list) -> None:
    number = save(crates(300, holds=3, size=KIB))
    assert len(sent) == number > 3
    assert sum(rows_of(statement) for statement in sent) == 300
    assert max(rows_of(statement) for statement in sent) <= batches.MOST_BYTES // KIB
    assert {len(holds_of(statement)) for statement in sent} == {1}


def test_rows_that_belong_together_share_a_batch_whatever_their_partitions(sent: list) -> None:
    save(crates(12, holds=4), together=lambda crate: crate.number % 3)
    assert [rows_of(statement) for statement in sent] == [4] * 3


@pytest.mark.parametrize("size", [1, KIB])
def test_a_full_batch_of_several_partitions_is_not_refused(size: int, select) -> None:
    save(crates(500, holds=50, size=size), together=lambda crate: "all", logged=True)
    assert select("SELECT COUNT(*) AS n FROM batch_crates") == [{"n": 500}]


def test_rows_larger_than_a_batch_are_split_not_refused(select) -> None:
    assert save(crates(5, size=60 * KIB)) == 5
    assert select("SELECT COUNT(*) AS n FROM batch_crates") == [{"n": 5}]


def test_a_single_row_needs_no_batch(sent: list) -> None:
    assert save(crates(1)) == 1
    assert [type(statement) for statement in sent] == [BoundStatement]


@pytest.mark.parametrize(("logged", "kind"), [(True, BatchType.LOGGED), (False, BatchType.UNLOGGED)])
def test_a_batch_is_logged_where_it_is_asked_for(sent: list, logged: bool, kind: BatchType) -> None:
    save(crates(10), logged=logged, most_rows=5)
    assert [(statement.batch_type, rows_of(statement)) for statement in sent] == [(kind, 5)] * 2


def test_any_number_of_rows_shares_one_prepared_statement() -> None:
    save(crates(1))
    before = len(database.get_driver()._prepared)
    for number in (2, 3, 5, 8, 13):
        save(crates(number))
    assert len(database.get_driver()._prepared) == before


def test_of_two_rows_with_one_key_the_later_one_stays_whole(select) -> None:
    twice = [
        Crate(hold="a", number=1, content="z, the earlier one", weight=1),
        Crate(hold="a", number=1, content="a, the later one", weight=9),
    ]
    save(iter([*twice, *reversed(twice), twice[1]]))
    assert select("SELECT content, weight FROM batch_crates") == [{"content": "a, the later one", "weight": 9}]


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
        save(endless(), done=stop)
    assert read < 20_000


def write_together(fail: bool) -> None:
    """Save two crates in one batch, or fail before it ends."""
    with Batch() as batch:
        for crate in crates(2, holds=2):
            crate.save(batch=batch)
        if fail:
            raise InterruptedError


def test_a_batch_is_sent_at_the_end_of_its_block_or_not_at_all(select, sent: list) -> None:
    with pytest.raises(InterruptedError):
        write_together(fail=True)
    assert sent == []
    write_together(fail=False)
    assert [(statement.batch_type, rows_of(statement)) for statement in sent] == [(BatchType.LOGGED, 2)]
    assert select("SELECT COUNT(*) AS n FROM batch_crates") == [{"n": 2}]
