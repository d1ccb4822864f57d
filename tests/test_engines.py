"""Tier 1 and 4: projects use what both engines have; docs/engines.md, images and workflows agree about the versions."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.combinations import FEATURES, FRAMEWORKS, PRESETS
from tests.conftest import Project, connected
from tests.constructs import ROWS, SCHEMA, constructs, read, unknown
from tests.statements import Statements
from tools.environments import inherited
from tools.render import GENERATED, ROOT

ENGINES = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
TABLE = re.findall(
    r"^\| ([\w -]+) \| `.+ \| (\d{4}\.\d) \| \[.+\]\(https://docs\.scylladb\.com/.+\) \|$", ENGINES, re.M
)
"""Each construct, and the first version of ScyllaDB that takes it on tablets."""
OLDEST = max(version for _, version in TABLE)
"""The first version of ScyllaDB that takes everything."""
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "scylla.yml").read_text(encoding="utf-8"))
OWN_WORKFLOW = ROOT / "template" / ".github" / "workflows" / "ci.yml"
KEYSPACE, CREATE = "CREATE KEYSPACE IF NOT EXISTS k WITH replication =", "CREATE TABLE IF NOT EXISTS k.t"


# --- The table -------------------------------------------------------------------------------------------------------


def test_the_table_has_each_construct_that_statements_are_searched_for() -> None:
    assert [construct for construct, _ in TABLE] == [*SCHEMA, *ROWS]


@pytest.mark.parametrize(
    ("cql", "expected"),
    [
        (f"{KEYSPACE} {{'class': 'NetworkTopologyStrategy', 'dc-1.a': 3, 'dc2': 1}}", {"keyspace"}),
        (
            f'{CREATE} ("a" text, "b" map<text, int>, PRIMARY KEY ("a"))',
            {"table", "native type", "collection or frozen value"},
        ),
        (f'{CREATE} ("n" counter, PRIMARY KEY ("a"))', {"table", "counter"}),
        (
            'INSERT INTO k.t ("a") VALUES (?) IF NOT EXISTS USING TTL ?',
            {"read or write", "lightweight transaction", "TTL"},
        ),
        ('UPDATE k.t SET "a" = ? WHERE "b" = ? IF "c" IN ?', {"read or write", "lightweight transaction"}),
        ('DELETE "m"[?] FROM k.t WHERE "a" = ?', {"read or write", "change in place"}),
        ('UPDATE k.t SET "l" = ? + "l", "s" = "s" - ? WHERE "a" = ?', {"read or write", "change in place"}),
        ('BEGIN UNLOGGED BATCH 2 x INSERT INTO k.t ("a") VALUES (?); APPLY BATCH', {"read or write", "batch"}),
        ('SELECT TTL(a) AS b FROM k.t WHERE token("a") > ? LIMIT ?', {"read or write", "TTL", "token"}),
        ("SELECT * FROM system_schema.views WHERE keyspace_name = ?", {"description of the tables"}),
    ],
)
def test_the_constructs_of_a_statement_are_found(cql: str, expected: set[str]) -> None:
    assert read(cql) == (expected, "")


@pytest.mark.parametrize(
    ("cql", "rest"),
    [
        (f"{KEYSPACE} {{'class': 'SimpleStrategy', 'replication_factor': 1}}", None),
        (f'{CREATE} ("a" text, PRIMARY KEY ("a")) WITH gc_grace_seconds = 5', "WITH gc_grace_seconds = 5"),
        (f"{CREATE} (\"a\" text) WITH default_time_to_live = 5 AND comment = 'a'", "AND comment = 'a'"),
        (f'{CREATE} ("a" duration)', '"a" duration)'),
        (f'{CREATE} ("a" text, "b" set<inet>)', '"b" set<inet>)'),
        (f'{CREATE} ("a" list<frozen<map<text, vector<float, 3>>>>)', '"a" list<frozen<map<text, vector<float, 3>>>>)'),
        ("CREATE CUSTOM INDEX IF NOT EXISTS i ON k.t (\"a\") USING 'vector_index'", None),
        ("SELECT * FROM k.t WHERE a = ? ALLOW FILTERING", "ALLOW FILTERING"),
        ("SELECT * FROM k.t limit 5", "t limit 5"),
        ("SELECT * FROM k.t ORDER BY v ANN OF ?", "ANN OF ?"),
        ("SELECT * FROM k.t BYPASS CACHE", "BYPASS CACHE"),
        ("SELECT cast(a AS text) FROM k.t", "cast(a AS text) FROM k.t"),
        ("UPDATE k.t USING TIMEOUT 5s SET a = ?", "USING TIMEOUT 5s SET a = ?"),
        ("TRUNCATE k.t", None),
        ("BATCH", None),
    ],
)
def test_a_statement_with_another_construct_is_unknown(cql: str, rest: str | None) -> None:
    assert unknown([cql]) == [f"{rest or cql} <- {cql}"]


# --- The versions ----------------------------------------------------------------------------------------------------


def test_the_images_are_the_oldest_that_takes_everything() -> None:
    images = {
        version
        for path in (ROOT / "template").rglob("*")
        if path.is_file()
        for version in re.findall(r"scylladb/scylla:(\S+)", path.read_text(encoding="utf-8", errors="ignore"))
    }
    assert images == {OLDEST}
    (job,) = WORKFLOW["jobs"].values()
    assert job["strategy"]["matrix"]["version"] == [OLDEST, "latest"]
    assert f"**ScyllaDB {OLDEST} or newer.**" in ENGINES


@pytest.mark.parametrize("readme", ["README.md", "template/README.md.jinja"])
def test_the_readmes_say_which_versions_the_code_is_written_for(readme: str) -> None:
    text = " ".join((ROOT / readme).read_text(encoding="utf-8").split())
    assert f"ScyllaDB {OLDEST} or newer" in text


@pytest.mark.parametrize("file", ["README.md", *(f"template/{name}.jinja" for name in ("README.md", "compose.yaml"))])
def test_what_has_never_run_is_called_untried(file: str) -> None:
    paragraphs = re.split(r"\n\n|\n(?=\|)", (ROOT / file).read_text(encoding="utf-8"))
    mentions = [paragraph for paragraph in paragraphs if re.search(r"DB=docker|macOS", paragraph)]
    assert mentions
    assert [mention for mention in mentions if "untried" not in mention] == []


# --- The workflows ---------------------------------------------------------------------------------------------------


def test_the_workflow_runs_the_suites_of_all_features_in_each_framework(tmp_path: Path) -> None:
    (job,) = WORKFLOW["jobs"].values()
    (command,) = [step["run"] for step in job["steps"] if step.get("run", "").startswith("make")]
    make, target, arguments = shlex.split(command)
    assert (make, target) == ("make", "test")
    selected = shlex.split(arguments.removeprefix("ARGS="))
    collect = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", *selected]
    environment = {**os.environ, "TEST_WORK_DIR": str(tmp_path)}
    done = subprocess.run(collect, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    collected = re.findall(r"::test_a_preset_passes_its_own_tests\[(.+)\]", done.stdout)
    everything = [name for name, (_, features) in PRESETS.items() if list(features) == FEATURES]
    assert sorted(collected) == sorted(everything), done.stdout + done.stderr
    assert {PRESETS[name][0] for name in collected} == set(FRAMEWORKS)
    assert done.stdout.count("::") == len(collected)


@pytest.mark.parametrize(("database", "started"), [("embedded", "cassandra.py"), ("docker", "docker compose up")])
def test_the_workflow_of_a_project_tests_it_on_both_databases(database: str, started: str) -> None:
    (job,) = yaml.safe_load(OWN_WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    assert database in job["strategy"]["matrix"]["database"]
    command = job["steps"][-1]["run"].replace("${{ matrix.database }}", database)
    show = [*shlex.split(command), "--dry-run"]
    folder = GENERATED / "everything-flask"
    shown = subprocess.run(show, cwd=folder, env=inherited(), capture_output=True, text=True, check=True).stdout
    assert started in shown and "-m mypy" in shown and "-m pytest" in shown


# --- What is sent ----------------------------------------------------------------------------------------------------

CHANGED = [
    "ALTER TABLE cargo_items DROP destination",
    "ALTER TABLE sessions WITH default_time_to_live = 5",
    "DROP TABLE argus_runs",
    "DROP TYPE argus_package",
    "CREATE TYPE argus_package (name text)",
]
"""What makes a table, an option and a type otherwise than the models declare them, so that they are altered."""


@pytest.mark.slow
def test_bringing_the_tables_up_to_date_takes_only_known_constructs(
    database: str, project: Callable[..., Project], tmp_path: Path
) -> None:
    # Django's commands are watched like its server.
    demo = project(database, "django", FEATURES).in_keyspace("engines")
    demo.share_packages()
    statements = Statements(tmp_path / "statements")
    demo = demo.changed(**statements.environment)
    demo.run("manage.py", "sync_cassandra")
    keyspace = demo.environment["SCYLLA_KEYSPACE"]
    with connected(database) as session:
        session.set_keyspace(keyspace)
        for cql in CHANGED:
            session.execute(cql)
        demo.run("manage.py", "sync_cassandra")
        session.execute(f"DROP KEYSPACE {keyspace}")
    texts = statements.texts()
    assert unknown(texts) == []
    assert set(SCHEMA) <= constructs(texts), "docs/engines.md lists what nothing uses"
    assert any(cql.startswith("ALTER TABLE") for cql in texts) and any(cql.startswith("ALTER TYPE") for cql in texts)
