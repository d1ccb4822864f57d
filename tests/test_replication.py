"""Tier 4: how new keyspaces are replicated, and what is said and answered where the cluster cannot serve that."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from cassandra.cluster import Session

from tests.combinations import FRAMEWORKS
from tests.conftest import Project, connected, in_one_process, wait_until
from tests.test_connecting import CONNECT_WAIT, sentence_of

pytestmark = pytest.mark.slow

NETWORK_TOPOLOGY = "org.apache.cassandra.locator.NetworkTopologyStrategy"
NEW = [
    ("1", {"class": NETWORK_TOPOLOGY, "datacenter1": "1"}),
    ("3", {"class": NETWORK_TOPOLOGY, "datacenter1": "3"}),
    ("datacenter1:1", {"class": NETWORK_TOPOLOGY, "datacenter1": "1"}),
]
UNSERVED = [
    ({"SCYLLA_REPLICATION": "3"}, "LOCAL_QUORUM needs 2 replicas of a row, and 1 can be reached"),
    ({"SCYLLA_REPLICATION": "datacenter1:1,dc2:3"}, "datacenter datacenter1, refused the keyspace"),
]
"""Settings that one node cannot serve, and what is said."""
MORE_UNSERVED = [
    ({"SCYLLA_REPLICATION": "3", "SCYLLA_CONSISTENCY": "ALL"}, "ALL needs 3 replicas of a row, and 1 can be reached"),
    ({"SCYLLA_CONSISTENCY": "TWO"}, "TWO needs 2 replicas of a row, and 1 can be reached"),
    ({"SCYLLA_REPLICATION": "Datacenter1:1"}, "datacenter datacenter1, refused the keyspace"),
]
ALTER = "ALTER KEYSPACE {} WITH replication = {{'class': 'NetworkTopologyStrategy', 'datacenter1': {}}}"


@pytest.fixture(scope="module", params=in_one_process("replication", FRAMEWORKS))
def built(request: pytest.FixtureRequest, database: str, project: Callable[..., Project]) -> Project:
    """A project that makes plain writes and transactions."""
    built = project(database, request.param, ["ttl", "lwt"])
    built.share_packages()
    return built.changed(SCYLLA_CONNECT_WAIT=str(CONNECT_WAIT))


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    """A session of the bare driver."""
    with connected(database) as session:
        yield session


@pytest.fixture
def demo(session: Session, built: Project) -> Iterator[Project]:
    """The project, without its keyspace."""
    demo = built.in_keyspace("replication")
    yield demo
    session.execute(f"DROP KEYSPACE IF EXISTS {keyspace_of(demo)}")


first_framework = pytest.mark.parametrize("built", in_one_process("replication", FRAMEWORKS[:1]), indirect=True)


def keyspace_of(demo: Project) -> str:
    """Return the keyspace that a project uses."""
    return demo.environment["SCYLLA_KEYSPACE"]


def sync_of(demo: Project) -> list[str]:
    """Return the command that brings a project's tables up to date."""
    is_django = (demo.folder / "manage.py").exists()
    return ["manage.py", "sync_cassandra"] if is_django else ["-m", f"{demo.folder.name}.schema"]


def register(address: str, name: str) -> httpx.Response:
    """Make a transaction."""
    hero = {"username": name, "email": "ada@example.com", "display_name": "Ada", "dimension": "Dimension-6"}
    return httpx.post(f"{address}/api/users", params=hero)


def answers_with(status: int, address: str) -> bool:
    """Return True if this is what an address answers."""
    return httpx.get(address).status_code == status


@first_framework
@pytest.mark.parametrize(("value", "expected"), NEW)
def test_a_new_keyspace_is_replicated_as_both_engines_take_it(
    value: str, expected: dict[str, str], demo: Project, session: Session
) -> None:
    # A statement at ONE needs no other replica.
    demo.changed(SCYLLA_REPLICATION=value, SCYLLA_CONSISTENCY="ONE").run(*sync_of(demo))
    described = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = %s"
    assert session.execute(described, [keyspace_of(demo)]).one().replication == expected


@pytest.mark.parametrize(("setting", "words"), UNSERVED, ids=str)
def test_what_cannot_be_served_is_one_sentence_and_503(
    setting: dict[str, str], words: str, demo: Project, tmp_path: Path
) -> None:
    check_that_it_cannot_be_served(demo.changed(**setting), words, tmp_path)


@first_framework
@pytest.mark.parametrize(("setting", "words"), MORE_UNSERVED, ids=str)
def test_more_that_cannot_be_served(setting: dict[str, str], words: str, demo: Project, tmp_path: Path) -> None:
    check_that_it_cannot_be_served(demo.changed(**setting), words, tmp_path)


def check_that_it_cannot_be_served(demo: Project, words: str, folder: Path) -> None:
    """Commands end with 2 and one sentence; a server stays up, answers 503 and logs it once."""
    for command in (sync_of(demo), ["seed.py"]):
        assert words in sentence_of(demo, *command)
    log = folder / "server.log"
    with demo.served(log) as address:
        for _ in range(3):
            health = httpx.get(f"{address}/health")
            assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
            for answer in (
                httpx.get(f"{address}/api/sessions"),
                httpx.get(f"{address}/vault"),
                register(address, "ada"),
            ):
                assert (answer.status_code, "retry-after" in answer.headers) == (503, True), answer.text
    assert log.read_text().count(words) == 1, log.read_text()


@first_framework
def test_a_transaction_needs_a_quorum_whatever_the_consistency(demo: Project, tmp_path: Path) -> None:
    demo = demo.changed(SCYLLA_REPLICATION="3", SCYLLA_CONSISTENCY="ONE")
    demo.run("seed.py", "--features", "ttl")
    log = tmp_path / "server.log"
    with demo.served(log) as address:
        assert httpx.get(f"{address}/api/sessions").status_code == 200
        assert [register(address, name).status_code for name in ("ada", "bo")] == [503, 503]
    assert log.read_text().count("QUORUM needs 2 replicas of a row, and 1 can be reached") == 1


@first_framework
def test_a_keyspace_that_exists_keeps_its_replication_until_it_is_altered(
    demo: Project, session: Session, tmp_path: Path
) -> None:
    keyspace = keyspace_of(demo)
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"  # as earlier versions made it
    session.execute(f"CREATE KEYSPACE {keyspace} WITH replication = {replication}")
    demo.changed(SCYLLA_REPLICATION="3").run("seed.py", "--features", "ttl")
    log = tmp_path / "server.log"
    with demo.served(log) as address:
        for factor, status in ((1, 200), (3, 503), (1, 200)):
            session.execute(ALTER.format(keyspace, factor))
            wait_until(partial(answers_with, status, f"{address}/api/sessions"), 10, f"{status} with {factor} replicas")
    assert log.read_text().count("LOCAL_QUORUM needs 2 replicas") == 1
