"""What the project does whatever its features: the frame of every answer, settings, a missing database, the seed."""

import csv
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html.parser import HTMLParser
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from click.testing import CliRunner

import conftest
import seed
from everything_flask import schema
from everything_flask.config import Settings, get_settings
from everything_flask.db.documents import MaterializedView
from everything_flask.web.security import MAX_BODY

PAGES = ["/docs", "/", *conftest.PAGES.values()]
FEATURE = "ttl"
"""The one that stands for all where one is enough."""

BROWSER = {"Accept": "text/html"}
FAILED = 2
"""The exit code of a command that one sentence explains."""

Document = dict[str, Any]
Rows = Callable[[], dict[str, int]]
Offline = tuple[httpx.Client, str]


# --- Helpers ---------------------------------------------------------------------------------------------------------


def only_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line by which a command explained its failure."""
    assert (done.returncode, done.stdout) == (FAILED, ""), done.stdout + done.stderr
    (sentence,) = done.stderr.splitlines()
    return sentence


def nowhere() -> dict[str, str]:
    """Return the environment for a database that does not exist, and no patience."""
    return {"SCYLLA_HOSTS": f"127.0.0.1:{conftest.free_port()}", "SCYLLA_CONNECT_WAIT": "0"}


def raw(address: str, head: str, *body: bytes) -> tuple[int, str]:
    """Send a request as it is, past a client's good manners; return the answer's status and text."""
    url = urlsplit(address)
    start = f"{head}\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode("latin-1")
    with socket.create_connection((url.hostname, url.port), timeout=15) as connection:
        # A server may answer and hang up before it has read everything.
        with suppress(ConnectionError):
            for part in (start, *body):
                connection.sendall(part)
        answer = HTTPResponse(connection)
        answer.begin()
        text = b""
        with suppress(ConnectionError):
            text = answer.read()
    return answer.status, text.decode("utf-8", "replace")


def operations(document: Document, *methods: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (method, path, description) of the JSON API's operations."""
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if not methods or method in methods
    ]


def resolve(document: Document, described: dict[str, Any]) -> dict[str, Any]:
    """Follow a schema's reference."""
    while "$ref" in described:
        described = document["components"]["schemas"][described["$ref"].rsplit("/", 1)[1]]
    return described


def made_up(document: Document, described: dict[str, Any]) -> Any:
    """Return a value that has a schema's type, and often is valid."""
    described = resolve(document, described)
    if "anyOf" in described or "oneOf" in described:
        return made_up(document, (described.get("anyOf") or described["oneOf"])[0])
    if "const" in described or "enum" in described:
        return described.get("const") or described["enum"][0]
    match described.get("type"):
        case "object":
            fields = described.get("properties", {})
            return {name: made_up(document, fields[name]) for name in described.get("required", [])}
        case "array":
            return [made_up(document, described.get("items", {}))]
        case "integer" | "number":
            return described.get("minimum", 1)
        case "boolean":
            return True
    return "10000000-0000-4000-8000-000000000000" if described.get("format") == "uuid" else "somebody"


def request_for(document: Document, method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a request for an operation, with what it requires."""
    query = {}
    for parameter in operation.get("parameters", []):
        value = made_up(document, parameter["schema"])
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(value)))
        elif parameter.get("required"):
            query[parameter["name"]] = value
    request = {"method": method, "url": path, "params": query}
    if "requestBody" in operation:
        request["json"] = made_up(document, operation["requestBody"]["content"]["application/json"]["schema"])
    return request


class Html(HTMLParser):
    """Collects what a page links to and posts to, and what its Content-Security-Policy would block."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.actions: list[str] = []
        self.blocked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        link = attributes.get("src") or (tag == "link" and attributes.get("href"))
        if link:
            self.links.append(link)
        if tag == "form" and (attributes.get("method") or "get").lower() == "post":
            self.actions.append(attributes["action"] or "")
        inline = tag == "style" or (tag == "script" and "src" not in attributes)
        if inline or any(name == "style" or name.startswith("on") for name in attributes):
            self.blocked.append(self.get_starttag_text() or tag)


@pytest.fixture(scope="module")
def document(server: str) -> Document:
    """The OpenAPI document."""
    document: Document = httpx.get(f"{server}/openapi.json").json()
    return document


@pytest.fixture
def rows(select: conftest.Select) -> Rows:
    """Counts the rows of each table."""
    tables = {model.table_name() for model in schema.MODELS if not issubclass(model, MaterializedView)}
    return lambda: {table: select(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"] for table in tables}


# --- Addresses that every project has --------------------------------------------------------------------------------


def test_health_names_the_keyspace(client: httpx.Client, keyspace: str) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "connected", "keyspace": keyspace}


def test_every_operation_documents_its_errors_in_one_shape(document: Document) -> None:
    assert document["openapi"].startswith("3.1.")
    for method, path, operation in operations(document):
        for status in ("422", "503", "504"):
            described = operation["responses"].get(status)
            assert described, f"{method} {path} does not document {status}"
            shape = resolve(document, described["content"]["application/json"]["schema"])
            if (path, status) == ("/health", "503"):
                assert shape["properties"].keys() == {"status", "database", "keyspace"}
                continue
            assert shape["properties"].keys() == {"detail"}, f"{method} {path} {status}"
            detail = shape["properties"]["detail"]
            if status == "422":
                error = resolve(document, detail["items"])
                assert error["properties"].keys() == {"loc", "msg", "type"}, f"{method} {path}"
            else:
                assert {kind["type"] for kind in detail["anyOf"]} == {"string", "object"}, f"{method} {path} {status}"


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_html_that_their_own_policy_allows(client: httpx.Client, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    html = Html(answer.text)
    assert html.blocked == []
    assert html.links, "a page has at least its stylesheet"
    for link in html.links:
        assert link.startswith("/static/"), "nothing is fetched from elsewhere"
        # make setup copies the scripts of vendor/.
        assert "/vendor/" in link or client.get(link).status_code == 200, link


@pytest.mark.parametrize("path", [*PAGES, "/health", "/openapi.json", "/static/app.css", "/nothing", "/static/nothing"])
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_every_answer_has_the_security_headers(client: httpx.Client, path: str, accept: str) -> None:
    headers = client.get(path, headers={"Accept": accept}).headers
    directives = [directive.split() for directive in headers["content-security-policy"].split(";")]
    policy = {name: sources for name, *sources in directives}
    assert policy.get("script-src", policy["default-src"]) == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert headers["x-content-type-options"] == "nosniff"


# --- Requests that lead nowhere --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing-here", "/static/nothing.css", "/docs/nothing", "/..;/"])
def test_an_unknown_address_is_404_in_the_form_that_was_asked_for(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json().keys() == {"detail"}
    page = client.get(path, headers=BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "Not found" in page.text and Html(page.text).links


def test_a_wrong_method_is_405_and_names_the_right_ones(client: httpx.Client, document: Document) -> None:
    for path, item in document["paths"].items():
        right = {method.upper() for method in item}
        wrong = next(method for method in ("DELETE", "PATCH", "PUT", "POST") if method not in right)
        answer = client.request(wrong, path)
        assert answer.status_code == 405, f"{wrong} {path}"
        assert right <= set(re.split(r",\s*", answer.headers["allow"])), f"{wrong} {path}"
        assert answer.json().keys() == {"detail"}


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_requests_from_other_sites_change_nothing(
    client: httpx.Client, document: Document, rows: Rows, headers: dict[str, str]
) -> None:
    unsafe = operations(document, "post", "put", "patch", "delete")
    requests = [request_for(document, *operation) for operation in unsafe]
    forms = [action for page in conftest.PAGES.values() for action in Html(client.get(page).text).actions]
    requests += [{"method": "POST", "url": action} for action in forms]
    assert requests
    for request in requests:
        answer = client.request(**request, headers=headers)
        assert answer.status_code == 403, request
        assert answer.json().keys() == {"detail"}
    assert set(rows().values()) == {0}


@pytest.mark.parametrize("header", ["Sec-Fetch-Site", "Origin"])
def test_requests_of_the_projects_own_pages_pass(
    client: httpx.Client, document: Document, server: str, header: str
) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Origin": server}[header]
    for operation in operations(document, "post", "put", "patch", "delete"):
        request = request_for(document, *operation)
        assert client.request(**request, headers={header: own}).status_code != 403, request


# --- Requests that ask too much --------------------------------------------------------------------------------------


def test_a_body_over_the_limit_is_413(server: str) -> None:
    head = f"POST /health HTTP/1.1\r\nContent-Length: {MAX_BODY + 1}"
    status, text = raw(server, head, b"x" * (MAX_BODY + 1))
    assert status == 413
    assert json.loads(text).keys() == {"detail"}


def test_a_body_without_a_declared_length_is_not_read_without_limit(
    client: httpx.Client, server: str, document: Document
) -> None:
    forms = [action for page in conftest.PAGES.values() for action in Html(client.get(page).text).actions]
    bodies = [path for _, path, operation in operations(document, "post") if "requestBody" in operation]
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    for target, kind in [(action, "x-www-form-urlencoded") for action in forms] + [(path, "json") for path in bodies]:
        head = f"POST {target} HTTP/1.1\r\nContent-Type: application/{kind}\r\nTransfer-Encoding: chunked"
        status, _ = raw(server, head, *[piece] * (MAX_BODY // 65_536 + 1))
        # Some servers leave such a body unread: the request then lacks its CSRF token, or what its schema requires.
        assert status in {403, 411, 413, 422}, target


JUNK = ["%", "%zz", "%ff%fe", "%00", "%2e%2e%2f", "%F0%9F%92%A9", "..", "'\";--", "9" * 40, "-1", "a" * 5_000]


def test_no_input_in_an_address_is_a_server_error(server: str, document: Document) -> None:
    targets = [address + junk for address in ("/", "/static/", "/?", "/?q=") for junk in JUNK]
    targets += ["//", "//elsewhere.example/", "/?" + "&=" * 500, "/static/", "/" + "/" * 100, "*", "/health?\xff\x80"]
    for path in document["paths"]:
        targets += [junk.join(re.split(r"\{\w+\}", path)) for junk in JUNK if "{" in path]
    for _, path, operation in operations(document, "get"):
        names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
        bare = re.sub(r"\{\w+\}", "x", path)
        targets += [f"{bare}?{name}={junk}" for name in names for junk in JUNK]
        targets += [f"{bare}?" + "&".join(f"{name}=1" for name in [*names, *names, "unknown[]"])]
    for target in targets:
        for accept in ("application/json", "text/html"):
            status, text = raw(server, f"GET {target} HTTP/1.1\r\nAccept: {accept}")
            assert status < 500, f"{target[:100]}: {text[:1000]}"


@pytest.mark.parametrize("length", [20_000, 70_000, 300_000])
def test_no_length_of_an_address_is_a_server_error(server: str, length: int) -> None:
    status, _ = raw(server, f"GET /?q={'x' * length} HTTP/1.1")
    assert status in {200, 400, 414, 431}


@pytest.mark.parametrize(
    "path", ["/static/../../config.py", "/static/%2e%2e/%2e%2e/config.py", "/static/..%2f..%2fconfig.py"]
)
def test_static_files_end_at_their_folder(server: str, path: str) -> None:
    status, text = raw(server, f"GET {path} HTTP/1.1")
    assert 400 <= status < 500
    assert "SCYLLA" not in text


@pytest.mark.parametrize("length", ["-1", "many", "1, 2", "0x10", "\xb2"])
def test_a_senseless_content_length_is_refused(server: str, document: Document, length: str) -> None:
    bodies = [path for _, path, operation in operations(document, "post") if "requestBody" in operation]
    for target in ["/health", *(re.sub(r"\{\w+\}", "x", path) for path in bodies)]:
        status, _ = raw(server, f"POST {target} HTTP/1.1\r\nContent-Length: {length}")
        assert 400 <= status < 500, target


# --- Settings --------------------------------------------------------------------------------------------------------

BAD_SETTINGS = [
    ("SCYLLA_KEYSPACE", "my-keyspace; DROP"),
    ("SCYLLA_KEYSPACE", "system"),
    ("SCYLLA_KEYSPACE", "k" * 49),
    ("SCYLLA_HOSTS", "127.0.0.1:nine"),
    ("SCYLLA_HOSTS", "127.0.0.1:99999"),
    ("SCYLLA_HOSTS", " , "),
    ("SCYLLA_PORT", "ninety"),
    ("SCYLLA_PORT", "65536"),
    ("SCYLLA_REPLICATION", "three"),
    ("SCYLLA_REPLICATION", "dc1:3,dc2"),
    ("SCYLLA_CONSISTENCY", "MOST"),
]


@pytest.fixture
def fresh_settings() -> Iterator[None]:
    """Let the settings be read again, and once more after the test."""
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.usefixtures("fresh_settings")
@pytest.mark.parametrize(("variable", "value"), BAD_SETTINGS)
def test_a_bad_setting_is_one_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as end:
        get_settings()
    (sentence,) = capsys.readouterr().err.splitlines()
    assert end.value.code == FAILED
    assert variable in sentence


def test_a_command_with_a_bad_setting_ends_with_its_sentence() -> None:
    variable, value = BAD_SETTINGS[0]
    assert variable in only_sentence(conftest.run(conftest.SYNC, **{variable: value}))


def test_each_variable_is_accepted_under_both_prefixes(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "HOSTS": ("hosts", "10.0.0.1:9142, [::1]", "10.0.0.2"),
        "PORT": ("db_port", 9143, 9144),
        "KEYSPACE": ("keyspace", "by_cassandra", "by_scylla"),
        "USERNAME": ("username", "cass", "scyl"),
        "PASSWORD": ("password", "c", "s"),
        "DATACENTER": ("datacenter", "dc1", "dc2"),
        "REPLICATION": ("replication", "dc1:3,dc2:3", "2"),
        "CONSISTENCY": ("consistency", "ONE", "QUORUM"),
        "SSL_CA": ("ssl_ca", Path("Makefile"), Path("seed.py")),
    }
    for name, (_, cassandra, _) in values.items():
        monkeypatch.delenv(f"SCYLLA_{name}", raising=False)
        monkeypatch.setenv(f"CASSANDRA_{name}", str(cassandra))
    settings = Settings()
    assert {name: getattr(settings, field) for name, (field, *_) in values.items()} == {
        name: cassandra for name, (_, cassandra, _) in values.items()
    }
    assert settings.contact_points == [("10.0.0.1", 9142), ("::1", 9143)]
    for name, (_, _, scylla) in values.items():
        monkeypatch.setenv(f"SCYLLA_{name}", str(scylla))
    settings = Settings()
    assert {name: getattr(settings, field) for name, (field, *_) in values.items()} == {
        name: scylla for name, (_, _, scylla) in values.items()
    }
    assert "password" not in repr(settings)


# --- No database -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [conftest.SYNC, ["seed.py", "--count", "1"]], ids=" ".join)
def test_a_command_says_where_no_database_answers(command: list[str]) -> None:
    env = nowhere()
    assert env["SCYLLA_HOSTS"] in only_sentence(conftest.run(command, **env))


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offline]:
    """A client of a server without a database, and the port where that server looks for one."""
    env = nowhere()
    log = tmp_path_factory.mktemp("offline") / "server.log"
    # An answer that takes longer than this fails its test.
    with conftest.serving(log, **env) as address, httpx.Client(base_url=address, timeout=6) as client:
        yield client, env["SCYLLA_HOSTS"].rpartition(":")[2]
    assert env["SCYLLA_HOSTS"] in log.read_text(), "the operator must read where no database answers"


def test_without_a_database_health_is_503_with_the_same_keys(offline: Offline, keyspace: str) -> None:
    client, _ = offline
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "disconnected", "keyspace": keyspace}


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_without_a_database_answers_ask_to_retry_and_name_no_host(
    offline: Offline, document: Document, accept: str
) -> None:
    client, port = offline
    reads = [operation for operation in operations(document, "get") if operation[1] != "/health"]
    assert reads
    pages = [{"method": "GET", "url": page} for page in conftest.PAGES.values()]
    for request in [*(request_for(document, *read) for read in reads), *pages]:
        answer = client.request(**request, headers={"Accept": accept})
        assert answer.status_code == 503, request
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"].startswith(accept)
        shown = answer.text.partition("<main")[2].partition("</main>")[0] or answer.json()["detail"]
        assert "database" in shown
        for word in (port, "127.0.0.1", "NoHost", "cassandra", "scylla", "cluster", "refused", "Errno", "Traceback"):
            assert word.lower() not in shown.lower(), f"{request} says {word}"


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/static/app.css"])
def test_without_a_database_what_needs_none_still_answers(offline: Offline, path: str) -> None:
    client, _ = offline
    assert client.get(path).status_code == 200


# --- Under the hood --------------------------------------------------------------------------------------------------

PANEL = 'id="hood"'


def test_the_panel_is_off_with_show_cql_0(client: httpx.Client, keyspace: str, tmp_path: Path) -> None:
    with conftest.serving(tmp_path / "server.log", SHOW_CQL="0") as address:
        for page in conftest.PAGES.values():
            assert PANEL in client.get(page).text
            conftest.wait_until(lambda: conftest.answers(address), 30, lambda: "the server did not answer")
            hidden = httpx.get(f"{address}{page}")
            assert hidden.status_code == 200
            assert PANEL not in hidden.text and "SELECT" not in hidden.text


# --- The seed --------------------------------------------------------------------------------------------------------


def written(done: subprocess.CompletedProcess[str], feature: str) -> int:
    """Return how many rows the summary says were written."""
    row = re.search(rf"^\W*{feature}\W+([\d,]+)\W+[\d,]+\W+[\d,]+\W*$", done.stdout, re.MULTILINE)
    assert row, done.stdout + done.stderr
    return int(row[1].replace(",", ""))


def test_the_seed_explains_its_options() -> None:
    done = CliRunner().invoke(seed.main, ["--help"])
    assert done.exit_code == 0
    assert all(option in done.stdout for option in ("--count", "--feed", "--random-seed"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--count", "0"],
        ["--count", "1000001"],
        ["--count", "some"],
        ["--features", "nothing"],
        ["--features", f"{FEATURE},nothing"],
        ["--feed", "missing.csv"],
        ["--random-seed", "x"],
        ["--unknown"],
    ],
    ids=" ".join,
)
def test_the_seed_refuses_senseless_options(arguments: list[str]) -> None:
    done = CliRunner().invoke(seed.main, arguments)
    assert done.exit_code == FAILED
    assert done.stdout == ""
    assert len(re.findall(r"^Error: ", done.stderr, re.MULTILINE)) == 1


@pytest.mark.usefixtures("empty_tables")
def test_the_same_random_seed_writes_the_same_rows(rows: Rows) -> None:
    command = ["seed.py", "--count", "3", "--random-seed", "7"]
    first = conftest.run(command)
    assert first.returncode == 0, first.stdout + first.stderr
    after_first = rows()
    for feature in conftest.SEEDS:
        assert written(first, feature) >= 3
    assert max(after_first.values()) >= 3
    assert conftest.run(command).returncode == 0
    assert rows() == after_first


def spoil(sample: Path, folder: Path) -> tuple[Path, int, int]:
    """Write a sample feed anew, its first record broken; return the feed, that line's number, and the good records."""
    text = sample.read_text(encoding="utf-8")
    feed = folder / sample.name
    if sample.suffix == ".json":
        records = json.loads(text)
        feed.write_text(json.dumps([{}, *records]), encoding="utf-8")
        return feed, 1, len(records)
    header, rest = text.split("\n", 1)
    feed.write_text(f"{header}\n{',' * header.count(',')}\n{rest}", encoding="utf-8")
    return feed, 2, len(list(csv.DictReader(text.splitlines())))


@pytest.mark.usefixtures("empty_tables")
def test_a_bad_line_of_a_feed_is_named_and_the_others_are_written(tmp_path: Path, rows: Rows) -> None:
    (sample,) = (Path(schema.__file__).parent / FEATURE).glob("sample.*")
    feed, line, good = spoil(sample, tmp_path)
    done = conftest.run([*conftest.SEEDS[FEATURE], "--feed", str(feed)])
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"^line {line}: \w+: \w+", done.stdout, re.MULTILINE), done.stdout
    assert written(done, FEATURE) == good
    assert sum(rows().values()) >= good


def test_a_feed_that_cannot_be_read_is_one_sentence(keyspace: str, tmp_path: Path) -> None:
    feeds = {"binary.csv": bytes(range(256)), "rows.txt": b"a,b\n1,2\n", "broken.json": b'[{"a": 1'}
    for name, content in feeds.items():
        (tmp_path / name).write_bytes(content)
    with ThreadPoolExecutor() as threads:
        commands = [[*conftest.SEEDS[FEATURE], "--feed", str(tmp_path / name)] for name in feeds]
        for name, done in zip(feeds, threads.map(conftest.run, commands), strict=True):
            assert done.returncode == FAILED, name
            assert len([line for line in done.stdout.splitlines() if name in line]) == 1, done.stdout
            assert done.stderr == ""
