"""Tier 7: tables that are not as the models declare them: what sync says, what API and pages answer, before and after.

One server per framework runs all the time: once a table is mended, its answers are right again without a restart.
"""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest
from cassandra.cluster import Session
from cassandra.util import uuid_from_time

from tests.combinations import FEATURES, FRAMEWORKS
from tests.conftest import Project, connected, in_one_process, wait_until

pytestmark = pytest.mark.slow

NOBODY = "6a1b7a3c-2f0d-4b5e-9c7d-8e9f0a1b2c3d"


@dataclass(frozen=True)
class Fault:
    """A broken table: how it is broken, who asks for it, what sync says, and how people mend what sync refuses."""

    name: str
    table: str
    broken: tuple[str, ...]
    asked: tuple[str, ...]
    """Addresses, with a method unless it is GET."""
    said: str
    mended: tuple[str, ...] = ()
    """Nothing where sync mends it."""

    def __str__(self) -> str:
        return self.name


SESSIONS = ("dimension text", "stolen_at timestamp", "ttl_seconds int")
FAULTS = (
    Fault(
        "a missing index",
        "articles",
        ("DROP INDEX articles_tags_idx",),
        ("/api/articles?tag=tides", "/mind?tag=tides"),
        "articles: index articles_tags_idx: it is missing; added",
    ),
    Fault(
        "an index of another column under its name",
        "user_registrations",
        (
            "DROP INDEX user_registrations_dimension_idx",
            "CREATE INDEX user_registrations_dimension_idx ON user_registrations (display_name)",
        ),
        ("/api/users?dimension=Dimension-6", "/registry?dimension=Dimension-6"),
        "user_registrations: index user_registrations_dimension_idx: found user_registrations.display_name, "
        "expected user_registrations.dimension",
        ("DROP INDEX user_registrations_dimension_idx",),
    ),
    Fault(
        "a missing column",
        "user_registrations",
        ("ALTER TABLE user_registrations DROP display_name",),
        ("/api/users", "/registry", "POST /api/users?username=new&email=new@x.example&display_name=New&dimension=D"),
        "user_registrations: column display_name: found no such column, expected text; added; "
        "rows written before have no value in it, and are left out until they do",
    ),
    Fault(
        "a column of another type",
        "sessions",
        (
            "DROP TABLE sessions",
            f'CREATE TABLE sessions ("token" text PRIMARY KEY, memory int, {", ".join(SESSIONS)})',
        ),
        ("POST /api/sessions?token=T1&memory=first",),
        "sessions: column memory: found int, expected text",
        ("DROP TABLE sessions",),
    ),
    Fault(
        "a column of another type, in rows",
        "user_registrations",
        (
            "DROP TABLE user_registrations",
            "CREATE TABLE user_registrations (username text PRIMARY KEY, email text, display_name text, "
            "dimension text, registered_at text, user_id uuid)",
            f"INSERT INTO user_registrations (username, registered_at, user_id) VALUES ('a', 'yesterday', {NOBODY})",
        ),
        ("/api/users", "/api/users/a", "/registry"),
        "user_registrations: column registered_at: found text, expected timestamp",
        ("DROP TABLE user_registrations",),
    ),
    Fault(
        "a table of somebody else",
        "sessions",
        ("DROP TABLE sessions", "CREATE TABLE sessions (id uuid PRIMARY KEY, price decimal)"),
        ("/api/sessions", "/vault", "POST /api/sessions?token=T1&memory=first", "DELETE /api/sessions/T1"),
        "sessions: column token: found no such column, expected text, partition key 1",
        ("DROP TABLE sessions",),
    ),
    Fault(
        "another key",
        "user_profiles",
        (
            "DROP TABLE user_profiles",
            "CREATE TABLE user_profiles (username text PRIMARY KEY, user_id uuid, bio text, status text, version int, "
            "updated_at timestamp)",
        ),
        (f"/api/profiles/{NOBODY}", f"/registry/profile?user_id={NOBODY}"),
        "user_profiles: column user_id: found uuid, expected uuid, partition key 1",
        ("DROP TABLE user_profiles",),
    ),
    Fault(
        "another clustering order",
        "readings",
        (
            "DROP TABLE readings",
            "CREATE TABLE readings (sensor_id text, metric text, day date, at timestamp, id uuid, value double, "
            "unit text, PRIMARY KEY ((sensor_id, metric, day), at, id))",
        ),
        (),
        "readings: column at: found timestamp, clustering key 1 ASC, expected timestamp, clustering key 1 DESC",
        ("DROP TABLE readings",),
    ),
    Fault(
        "a field of a user-defined type renamed",
        "articles",
        ("ALTER TYPE article_author RENAME email TO mail",),
        ("/api/articles", "/mind"),
        "articles: type article_author, field email: found mail, expected email",
        ("ALTER TYPE article_author RENAME mail TO email",),
    ),
    Fault(
        "counters that are numbers",
        "votes",
        ("DROP TABLE votes", "CREATE TABLE votes (topic text PRIMARY KEY, up int, down int)"),
        ("POST /api/votes/tea?direction=up",),
        "votes: column up: found int, expected counter",
        ("DROP TABLE votes",),
    ),
    Fault(
        "a counter that is missing",
        "page_views",
        (
            "DROP TABLE page_views",
            "CREATE TABLE page_views (page text, day date, views counter, PRIMARY KEY (page, day)) "
            "WITH CLUSTERING ORDER BY (day DESC)",
        ),
        ("POST /api/pages/tea/views?visitors=1",),
        "page_views: column visitors: found no such column, expected counter; added",
    ),
    Fault(
        "a missing view",
        "products_by_brand",
        ("DROP MATERIALIZED VIEW products_by_brand",),
        ("/views/by-brand?brand=Acme", "/mirror?brand=Acme"),
        "",
    ),
    Fault(
        "a table where a view belongs",
        "products_by_brand",
        (
            "DROP MATERIALIZED VIEW products_by_brand",
            "CREATE TABLE products_by_brand (id uuid PRIMARY KEY)",
        ),
        ("/views/by-brand?brand=Acme",),
        "products_by_brand: found a table, expected a view",
        ("DROP TABLE products_by_brand",),
    ),
    Fault(
        "a missing table",
        "votes",
        ("DROP TABLE votes",),
        ("/api/votes", "/tally", "POST /api/votes/tea?direction=up"),
        "",
    ),
)


@dataclass
class Demo:
    """A project that is being served, with all its tables, and its database."""

    project: Project
    framework: str
    client: httpx.Client
    session: Session

    @property
    def sync(self) -> list[str]:
        """The command that the answers name."""
        package = self.project.folder.name
        return ["manage.py", "sync_cassandra"] if self.framework == "django" else ["-m", f"{package}.schema"]

    def run_sync(self) -> subprocess.CompletedProcess[str]:
        """Bring the tables up to date."""
        command = [".venv/bin/python", *self.sync]
        environment = self.project.environment
        return subprocess.run(
            command, cwd=self.project.folder, env=environment, capture_output=True, text=True, check=False
        )

    def ask(self, address: str, accept: str = "application/json") -> httpx.Response:
        """Send a request: GET unless the address begins with a method."""
        method, _, path = address.rpartition(" ")
        return self.client.request(method or "GET", path, headers={"Accept": accept})

    def is_answered(self, address: str) -> bool:
        """Return True unless the answer to a request is an error of the server."""
        return self.ask(address).status_code < 500

    def columns(self) -> list[str]:
        """What the database says of all tables."""
        cql = "SELECT * FROM system_schema.columns WHERE keyspace_name = %s"
        return sorted(map(str, self.session.execute(cql, [self.session.keyspace])))


@pytest.fixture(scope="module", params=in_one_process("schema faults", FRAMEWORKS))
def demo(
    request: pytest.FixtureRequest,
    database: str,
    project: Callable[..., Project],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Demo]:
    """A project with every feature, served, with a little data."""
    built = project(database, request.param, FEATURES).in_keyspace(f"faults_{request.param}")
    built.share_packages()
    built.run("seed.py", "--count", "3")
    log = tmp_path_factory.mktemp("faults") / "server.log"
    with (
        built.served(log) as address,
        httpx.Client(base_url=address, timeout=30) as client,
        connected(database) as session,
    ):
        session.set_keyspace(built.environment["SCYLLA_KEYSPACE"])
        yield Demo(built, request.param, client, session)


def check_unavailable(demo: Demo, fault: Fault, address: str) -> None:
    """Check that an answer, as JSON and as a page, names the table and the command, and is no outage."""
    for accept in ("application/json", "text/html"):
        answer = demo.ask(address, accept)
        assert answer.status_code == 503, f"{address}: {answer.status_code} {answer.text}"
        assert fault.table in answer.text, answer.text
        assert " ".join(demo.sync) in answer.text, answer.text
        assert answer.headers["Retry-After"]
        assert "unavailable" not in answer.text and "not available" not in answer.text


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_table_that_differs(demo: Demo, fault: Fault) -> None:
    for cql in fault.broken:
        demo.session.execute(cql)
    for address in fault.asked:
        check_unavailable(demo, fault, address)
    for address in ("/", *(address for address in fault.asked if address.startswith("/"))):
        assert demo.ask(address, "text/html").status_code in {200, 503}
    if fault.mended:
        before = demo.columns()
        done = demo.run_sync()
        assert done.returncode == 2, done.stdout + done.stderr
        assert fault.said in done.stderr.splitlines()
        assert demo.columns() == before, "nothing may be changed"
        for cql in fault.mended:
            demo.session.execute(cql)
    done = demo.run_sync()
    assert (done.returncode, done.stderr) == (0, "")
    assert fault.mended or not fault.said or any(line.startswith(fault.said) for line in done.stdout.splitlines())
    for address in fault.asked:
        wait_until(partial(demo.is_answered, address), 10, f"{address} without a restart")
    assert demo.ask("/", "text/html").status_code == 200


def test_all_differences_of_all_tables_are_said_at_once(demo: Demo) -> None:
    chosen = [fault for fault in FAULTS if fault.name in {"another clustering order", "counters that are numbers"}]
    for fault in chosen:
        for cql in fault.broken:
            demo.session.execute(cql)
    done = demo.run_sync()
    assert done.returncode == 2
    assert {fault.said for fault in chosen} <= set(done.stderr.splitlines())
    assert done.stderr.splitlines()[0] == "Some tables are not as this version expects; nothing was changed."
    for fault in chosen:
        for cql in fault.mended:
            demo.session.execute(cql)
    assert demo.run_sync().returncode == 0


def test_what_no_model_names_stays_and_options_follow_the_model(demo: Demo) -> None:
    demo.session.execute("CREATE TABLE IF NOT EXISTS of_another_tool (id uuid PRIMARY KEY)")
    demo.session.execute("ALTER TABLE products ADD of_a_newer_version text")
    demo.session.execute("ALTER TABLE sessions WITH default_time_to_live = 60")
    done = demo.run_sync()
    assert done.returncode == 0, done.stderr
    assert "sessions: default_time_to_live was 60, and is 30 now" in done.stdout.splitlines()
    assert {"of_another_tool", "of_a_newer_version"} <= set(str(demo.columns()).split("'"))
    assert demo.ask("/products").status_code == 200


IMPORT = uuid_from_time(datetime(2026, 1, 5, tzinfo=UTC))
ROWS = {
    "sessions": (
        "UPDATE sessions SET memory = 'ghost' WHERE \"token\" = 'ghost'",
        "/api/sessions",
        "/api/sessions/ghost",
        "/vault",
    ),
    "import_reports": (
        "BEGIN BATCH INSERT INTO import_days (calendar, day) VALUES ('imports', '2026-01-05'); "
        "INSERT INTO import_reports (day, id, fingerprint, file, mode, status, total, rows, written, replaced, "
        "rejected_rows, batches, seconds, started_at, updated_at) VALUES "
        f"('2026-01-05', {IMPORT}, 'f', 'f', 'sideways', 'done', 1, 1, 1, 0, 0, 1, 1, 0, 0); APPLY BATCH",
        "/api/imports",
        f"/api/imports/{IMPORT}",
        "/cargo",
    ),
    "products": (
        f"UPDATE products SET brand = 'ghost' WHERE id = {NOBODY}",
        "/products",
        f"/products/{NOBODY}",
        "/mirror",
    ),
    "articles": (
        f"UPDATE articles SET title = 'ghost' WHERE id = {NOBODY}",
        "/api/articles",
        f"/api/articles/{NOBODY}",
        "/mind",
    ),
    "contents": (
        f"UPDATE contents SET kind = 'video' WHERE id = {NOBODY}",
        "/api/content",
        f"/api/content/{NOBODY}",
        "/press",
    ),
    "user_registrations": (
        "UPDATE user_registrations SET email = 'ghost@x.example' WHERE username = 'ghost'",
        "/api/users",
        "/api/users/ghost",
        "/registry",
    ),
}
"""For each table: a statement that leaves a row which cannot be read, the list, the row, the page."""
KEYS = {
    "sessions": "\"token\" = 'ghost'",
    "import_reports": f"day = '2026-01-05' AND id = {IMPORT}",
    "user_registrations": "username = 'ghost'",
}


@pytest.mark.parametrize("table", ROWS)
def test_a_row_that_cannot_be_read(demo: Demo, table: str) -> None:
    broken, several, alone, page = ROWS[table]
    before = demo.ask(several)
    assert before.status_code == 200 and "X-Left-Out" not in before.headers
    demo.session.execute(broken)
    answer = demo.ask(several)
    assert answer.status_code == 200
    assert answer.headers["X-Left-Out"] == "1"
    if table != "sessions":  # which fade
        assert answer.json() == before.json()
    shown = demo.ask(page, "text/html")
    assert shown.status_code == 200
    assert "1 row that could not be read" in shown.text
    assert demo.ask("/", "text/html").status_code == 200
    answer = demo.ask(alone)
    assert answer.status_code == 503
    assert table in answer.text and "cannot be read" in answer.text
    demo.session.execute(f"DELETE FROM {table} WHERE {KEYS.get(table, f'id = {NOBODY}')}")
    assert "X-Left-Out" not in demo.ask(several).headers


def test_a_keyspace_that_is_gone(demo: Demo) -> None:
    demo.session.execute(f"DROP KEYSPACE {demo.session.keyspace}")
    for address in ("/api/sessions", "/vault", "/products", "POST /api/votes/tea?direction=up"):
        answer = demo.ask(address)
        assert answer.status_code == 503, answer.text
        assert " ".join(demo.sync) in answer.text
    health = demo.ask("/health")
    assert health.status_code == 503
    assert health.json()["status"] == "unhealthy"
    assert "sessions" in health.json()["database"] and " ".join(demo.sync) in health.json()["database"]
    assert demo.run_sync().returncode == 0
    for address in ("/api/sessions", "/vault", "/products", "POST /api/votes/tea?direction=up", "/health", "/"):
        assert demo.ask(address).status_code < 300, address
