"""What does not depend on the features: the frame of every answer, settings, a missing database, the seed."""

import csv
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

import conftest
import seed
from iot_platform import schema
from iot_platform.config import get_settings
from iot_platform.db.documents import MaterializedView

FEATURE, PAGE = next(iter(conftest.PAGES.items()))
"""The one that stands for all where one is enough, and its page."""
PAGES = sorted({"/", *conftest.PAGES.values()})
JSON, BROWSER = "application/json", "text/html"
FAILED = 2
"""The exit code of a command that fails with one sentence."""

Rows = Callable[[], dict[str, int]]


def only_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line in which a command explains its failure."""
    assert (done.returncode, done.stdout) == (FAILED, ""), done.stdout + done.stderr
    (sentence,) = done.stderr.splitlines()
    return sentence


# --- Every answer ----------------------------------------------------------------------------------------------------


def test_health_names_the_keyspace(client: httpx.Client, keyspace: str) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "healthy", "database": "connected", "keyspace": keyspace}


@pytest.mark.parametrize("page", [*PAGES, "/docs"])
def test_a_page_finds_its_style_and_scripts(client: httpx.Client, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(BROWSER)
    assets = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', answer.text)
    assert any(".css" in asset for asset in assets)
    for asset in assets:
        # make setup copies the scripts of vendor/.
        assert "/vendor/" in asset or client.get(asset).status_code == 200, asset


@pytest.mark.parametrize("path", [PAGE, "/docs", "/health", "/openapi.json", "/static/app.css", "/nothing"])
@pytest.mark.parametrize("accept", [JSON, BROWSER])
def test_every_answer_has_the_security_headers(client: httpx.Client, path: str, accept: str) -> None:
    headers = client.get(path, headers={"Accept": accept}).headers
    directives = [directive.split() for directive in headers["content-security-policy"].split(";")]
    policy = {name: sources for name, *sources in directives}
    assert policy.get("script-src", policy["default-src"]) == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/nothing-here", "/static/nothing.css", "/docs/nothing"])
def test_an_unknown_address_is_404_in_the_form_that_was_asked_for(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json().keys() == {"detail"}
    page = client.get(path, headers={"Accept": BROWSER})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith(BROWSER)
    assert "Not found" in page.text


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Sec-Fetch-Site", "same-site", 403),
        ("Sec-Fetch-Site", "same-origin", 405),
        ("Origin", "https://elsewhere.example", 403),
        ("Origin", "null", 403),
        ("Origin", "", 405),
    ],
)
def test_only_the_projects_own_pages_may_change_anything(server: str, header: str, value: str, status: int) -> None:
    answer = httpx.post(f"{server}/health", headers={header: value or server})
    assert answer.status_code == status
    assert answer.json().keys() == {"detail"}


def test_a_form_of_another_site_is_refused(client: httpx.Client) -> None:
    actions = re.findall(r'<form action="([^"]+)" method="post"', client.get(PAGE).text)
    assert actions
    for action in actions:
        assert client.post(action, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403, action


# --- Settings --------------------------------------------------------------------------------------------------------

BAD_SETTINGS = [
    ("SCYLLA_KEYSPACE", "my-keyspace; DROP"),
    ("SCYLLA_KEYSPACE", "system"),
    ("SCYLLA_HOSTS", "127.0.0.1:99999"),
    ("SCYLLA_HOSTS", " , "),
    ("SCYLLA_PORT", "65536"),
    ("SCYLLA_REPLICATION", "dc1:3,dc2"),
    ("SCYLLA_CONSISTENCY", "SOME"),
    ("SCYLLA_SSL_CA", __file__),
    ("SCYLLA_REQUEST_TIMEOUT", "0.001"),
    ("TRUSTED_PROXIES", "127.0.0.1, nginx"),
    ("ALLOWED_HOSTS", "demo.example:8000"),
    ("ALLOWED_HOSTS", "https://demo.example"),
]


@pytest.mark.parametrize(("variable", "value"), BAD_SETTINGS)
def test_a_bad_setting_is_one_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as end:
        get_settings.__wrapped__()
    (sentence,) = capsys.readouterr().err.splitlines()
    assert end.value.code == FAILED
    assert variable in sentence


def test_a_command_with_a_bad_setting_ends_with_its_sentence() -> None:
    variable, value = BAD_SETTINGS[0]
    assert variable in only_sentence(conftest.run(conftest.SYNC, **{variable: value}))


# --- No database -----------------------------------------------------------------------------------------------------


def nowhere() -> dict[str, str]:
    """Return an environment whose database does not exist, and in which commands do not wait for it."""
    return {"SCYLLA_HOSTS": f"127.0.0.1:{conftest.free_port()}", "SCYLLA_CONNECT_WAIT": "0"}


@pytest.mark.parametrize("command", [conftest.SYNC, ["seed.py", "--count", "1"]], ids=" ".join)
def test_a_command_says_where_no_database_answers(command: list[str]) -> None:
    env = nowhere()
    assert env["SCYLLA_HOSTS"] in only_sentence(conftest.run(command, **env))


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server without a database; an answer that takes longer than six seconds fails its test."""
    env = nowhere()
    log = tmp_path_factory.mktemp("offline") / "server.log"
    with conftest.serving(log, **env) as address, httpx.Client(base_url=address, timeout=6) as client:
        yield client
    assert env["SCYLLA_HOSTS"] in log.read_text(), "the log must tell the operator which address does not answer"


def test_without_a_database_health_is_503_with_the_same_keys(offline: httpx.Client, keyspace: str) -> None:
    answer = offline.get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unhealthy", "database": "disconnected", "keyspace": keyspace}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("accept", [JSON, BROWSER])
def test_without_a_database_a_page_asks_to_retry(offline: httpx.Client, page: str, accept: str) -> None:
    answer = offline.get(page, headers={"Accept": accept})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"].startswith(accept)
    assert "The database is not available right now." in answer.text


@pytest.mark.parametrize(
    ("path", "status"), [("/docs", 200), ("/openapi.json", 200), ("/static/app.css", 200), ("/nothing-here", 404)]
)
def test_without_a_database_what_needs_none_still_answers(offline: httpx.Client, path: str, status: int) -> None:
    assert offline.get(path).status_code == status


# --- The seed --------------------------------------------------------------------------------------------------------


@pytest.fixture
def rows(select: conftest.Select, empty_tables: None) -> Rows:
    """Counts the rows of each table, which are empty at first."""
    tables = {model.table_name() for model in schema.MODELS if not issubclass(model, MaterializedView)}
    return lambda: {table: select(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"] for table in tables}


def written(done: subprocess.CompletedProcess[str], feature: str) -> int:
    """Return the number of written rows in the summary."""
    row = re.search(rf"^\W*{feature}\W+([\d,]+)\W+[\d,]+\W+[\d,]+\W*$", done.stdout, re.MULTILINE)
    assert row, done.stdout + done.stderr
    return int(row[1].replace(",", ""))


def test_the_seed_explains_its_options() -> None:
    done = CliRunner().invoke(seed.main, ["--help"])
    assert done.exit_code == 0
    assert all(option in done.stdout for option in ("--count", "--feed", "--random-seed"))


@pytest.mark.parametrize("separator", [",", " ", " , ", ",\t"])
def test_the_seed_takes_features_with_commas_or_blanks(separator: str) -> None:
    def chosen(features: str) -> list[str]:
        names: list[str] = seed.main.make_context("seed.py", ["--features", features]).params["names"]
        return names

    assert chosen(separator.join(reversed(seed.FEATURES))) == list(seed.FEATURES)
    assert chosen(f"{separator}{FEATURE}{separator}") == [FEATURE]
    assert chosen(separator) == list(seed.FEATURES)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--count", "0"],
        ["--count", "1000001"],
        ["--count", "some"],
        ["--feed", "missing.csv"],
        ["--random-seed", "x"],
        ["--unknown"],
        ["--features", "nothing"],
        ["--features", f"{FEATURE},nothing"],
    ],
    ids=" ".join,
)
def test_the_seed_refuses_senseless_options(arguments: list[str]) -> None:
    done = CliRunner().invoke(seed.main, arguments)
    assert (done.exit_code, done.stdout) == (FAILED, "")
    assert len(re.findall(r"^Error: ", done.stderr, re.MULTILINE)) == 1


def test_the_same_random_seed_writes_the_same_rows(rows: Rows) -> None:
    command = ["seed.py", "--count", "3", "--random-seed", "7"]
    first = conftest.run(command)
    assert first.returncode == 0, first.stdout + first.stderr
    after_first = rows()
    assert all(written(first, feature) >= 3 for feature in conftest.PAGES)
    assert max(after_first.values()) >= 3
    assert conftest.run(command).returncode == 0
    assert rows() == after_first


def spoil(sample: Path, folder: Path) -> tuple[Path, int, int]:
    """Write a sample feed with a broken first record; return the feed, that line's number and the number of others."""
    text = sample.read_text(encoding="utf-8")
    feed = folder / sample.name
    if sample.suffix == ".json":
        records = json.loads(text)
        feed.write_text(json.dumps([{}, *records]), encoding="utf-8")
        return feed, 1, len(records)
    header, rest = text.split("\n", 1)
    feed.write_text(f"{header}\n?{',' * header.count(',')}\n{rest}", encoding="utf-8")
    return feed, 2, len(list(csv.DictReader(text.splitlines())))


def test_a_bad_line_of_a_feed_is_named_and_the_others_are_written(tmp_path: Path, rows: Rows) -> None:
    (sample,) = (Path(schema.__file__).parent / FEATURE).glob("sample.*")
    feed, line, good = spoil(sample, tmp_path)
    done = conftest.run([*conftest.SEEDS[FEATURE], "--feed", str(feed)])
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"^line {line}: \w+: \w+", done.stdout, re.MULTILINE), done.stdout
    assert written(done, FEATURE) == good
    assert sum(rows().values()) >= good


ODD: list[object] = [
    *(None, "", " ", "\0", "\ud800", "\u202e", "x" * 100_000, "=1+1", "٣", "9" * 5_000),
    *(True, -1, 0, 2**31, 2**63, 10**400, -(10**400), 1e308, -0.0, "NaN", "-Infinity", "1e400", "1e-400"),
    *([], {}, [[]], [{}], {"a": {"\ud800": 1}}, [None] * 10_000, "b'x'", "00000000-0000-0000-0000-000000000000"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2099-12-31T23:59:59-00:01", "2024-02-30", 253402300800),
]
"""Values that hardly any field takes."""


@pytest.mark.usefixtures("empty_tables")
def test_odd_values_from_a_compressed_pipe_are_rejected_and_named() -> None:
    (sample,) = (Path(schema.__file__).parent / FEATURE).glob("sample.*")
    text = sample.read_text(encoding="utf-8")
    found, *_ = json.loads(text) if sample.suffix == ".json" else csv.DictReader(text.splitlines())
    first = {field: value for field, value in found.items() if value}
    records = [{**first, field: value} for field in (*first, "\ud800") for value in ODD]
    done = subprocess.run(
        [sys.executable, *conftest.SEEDS[FEATURE], "--feed", "-"],
        cwd=conftest.PROJECT,
        env={**os.environ, "COLUMNS": "500"},
        input=gzip.compress(json.dumps([*records, *ODD]).encode()),
        capture_output=True,
        timeout=conftest.RUN_TIMEOUT,
    )
    output = done.stdout.decode()
    assert (done.returncode, done.stderr) == (1, b""), output + done.stderr.decode()
    named = re.findall(r"^line \d+: .+: .+", output, re.MULTILINE)
    assert len(named) >= len(first) + len(ODD)
    assert re.search(rf"^\W*{FEATURE}\W.*\W{len(named):,}\W*$", output, re.MULTILINE), "as many as the table says"


def test_a_feed_that_cannot_be_read_is_one_sentence(keyspace: str, tmp_path: Path) -> None:
    feeds = {"binary.csv": bytes(range(256)), "rows.txt": b"a,b\n1,2\n", "broken.json": b'[{"a": 1'}
    for name, content in feeds.items():
        (tmp_path / name).write_bytes(content)
    with ThreadPoolExecutor() as threads:
        commands = [[*conftest.SEEDS[FEATURE], "--feed", str(tmp_path / name)] for name in feeds]
        for name, done in zip(feeds, threads.map(conftest.run, commands), strict=True):
            assert (done.returncode, done.stderr) == (FAILED, ""), name
            assert len([line for line in done.stdout.splitlines() if name in line]) == 1, done.stdout
