"""HTTP itself: which hosts are answered, how long a body may be, what caches may keep, how many errors are listed."""

import re
from http.client import HTTPConnection

import httpx
import pytest

import conftest
from materialized_views.config import Settings
from materialized_views.web import assets, hosts, problems
from materialized_views.web.security import MAX_BODY

PAGE = next(iter(conftest.PAGES.values()))
ADDRESSES = [PAGE, "/docs", "/health", "/openapi.json", "/static/app.css", "/nothing"]
JSON, BROWSER = "application/json", "text/html"
HTML_TYPE = {"Accept": BROWSER}


def ask(server: str, method: str, path: str, *headers: tuple[str, str], host: str | None = None) -> httpx.Response:
    """Send a request with these headers as they are, and no body."""
    netloc = httpx.URL(server).netloc.decode()
    connection = HTTPConnection(netloc, timeout=15)
    connection.putrequest(method, path, skip_host=True)
    for name, value in [("Host", netloc if host is None else host), *headers]:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())


# --- Hosts -----------------------------------------------------------------------------------------------------------

OURS = ["127.0.0.1", "127.8.9.1:1", "localhost", "LOCALHOST:80", "localhost.", "[::1]", "[0:0:0:0:0:0:0:1]:8000"]
FOREIGN = ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.1", "0.0.0.0"]
MALFORMED = [
    *("", "a b", "localhost, evil.example", "localhost:", "localhost:http", "[::1", "user@localhost", "localhost/"),
    *("2130706433", ".", "local..host", "\xff", f"{'a' * 64}.example"),
]


@pytest.mark.parametrize("host", OURS)
def test_this_machine_is_answered_under_each_of_its_names(server: str, host: str) -> None:
    assert ask(server, "GET", "/health", host=host).status_code == 200


@pytest.mark.parametrize("host", [*FOREIGN, *MALFORMED])
@pytest.mark.parametrize("accept", [JSON, BROWSER])
def test_a_foreign_host_is_refused(server: str, host: str, accept: str) -> None:
    answer = ask(server, "GET", PAGE, ("Accept", accept), host=host)
    assert (answer.status_code, answer.headers.get("link")) == (400, None)
    assert "ALLOWED_HOSTS" in answer.text


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_a_foreign_host_is_refused_everywhere(server: str, method: str, path: str) -> None:
    # What a page under a name of its own for our address would send.
    headers = [("Origin", "http://evil.example"), ("Sec-Fetch-Site", "same-origin")]
    assert ask(server, method, path, *headers, host="evil.example").status_code == 400


@pytest.mark.parametrize("path", ["/health", "/static/app.css"])
def test_a_target_that_names_a_host_is_no_way_around(server: str, path: str) -> None:
    assert ask(server, "GET", f"http://evil.example{path}").status_code in {400, 404}


def test_a_request_names_one_host(server: str) -> None:
    netloc = httpx.URL(server).netloc.decode()
    assert ask(server, "GET", "/health", ("Host", "evil.example")).status_code == 400
    connection = HTTPConnection(netloc, timeout=15)
    connection.putrequest("GET", "/health", skip_host=True)
    connection.endheaders()
    assert connection.getresponse().status == 400


@pytest.mark.parametrize(
    ("listening", "allowed", "host", "is_ours"),
    [
        ("192.0.2.7", "", "192.0.2.7:8000", True),
        ("192.0.2.7", "", "localhost", True),
        ("192.0.2.7", "", "192.0.2.8", False),
        ("localhost", "", "LOCALHOST", True),
        ("Demo.Example", "", "demo.example", True),
        ("Demo.Example", "other.example", "www.demo.example", False),
        ("x86_64-conda-linux-gnu", "", "demo.example", False),
        ("2001:DB8::0:1", "", "[2001:db8::1]:8000", True),
        ("0.0.0.0", "", "0.0.0.0", False),
        ("::", "", "[::]", False),
        ("0.0.0.0", "192.0.2.7, demo.example", "192.0.2.7", True),
        ("127.0.0.1", "demo.example", "DEMO.example.:443", True),
        ("127.0.0.1", "demo.example", "www.demo.example", False),
        ("127.0.0.1", ".demo.example", "demo.example", True),
        ("127.0.0.1", ".demo.example", "a.www.demo.example", True),
        ("127.0.0.1", ".demo.example", "evildemo.example", False),
        ("127.0.0.1", "[2001:db8::1]", "[2001:DB8:0::1]", True),
        ("127.0.0.1", "*", "anything.example", True),
        ("127.0.0.1", "*", "any thing", False),
    ],
)
def test_host_and_allowed_hosts_name_what_else_is_answered(
    monkeypatch: pytest.MonkeyPatch, listening: str, allowed: str, host: str, is_ours: bool
) -> None:
    monkeypatch.setenv("HOST", listening)
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)
    monkeypatch.setattr(hosts, "get_settings", Settings)
    assert hosts.is_ours(host) == is_ours


# --- Bodies ----------------------------------------------------------------------------------------------------------

TOO_MUCH = str(MAX_BODY + 1)


def test_a_body_over_the_limit_is_413_and_not_waited_for(server: str) -> None:
    answer = ask(server, "POST", "/health", ("Content-Length", TOO_MUCH))
    assert answer.status_code == 413
    assert answer.json() == {"detail": "The request is larger than 1 MiB."}


@pytest.mark.parametrize(
    "lengths",
    [
        *([TOO_MUCH.zfill(width)] for width in (8, 19, 20, 40)),
        *([digits] for digits in ("9" * 18, "9" * 30, "9" * 5000, "0" * 5000 + TOO_MUCH)),
        *([f" {TOO_MUCH}"], [f"{TOO_MUCH}\t"], [f"+{TOO_MUCH}"], ["1_048_577"], ["0x100001"], ["1e9"], ["-1"], [""]),
        *([f"1, {TOO_MUCH}"], ["1", TOO_MUCH], [TOO_MUCH, "1"], [TOO_MUCH, TOO_MUCH]),
    ],
)
def test_no_spelling_of_its_length_lets_a_body_pass(server: str, lengths: list[str]) -> None:
    answer = ask(server, "POST", "/health", *(("Content-Length", length) for length in lengths))
    # A server may take no length for none, and one of two for the only one: then it reads no more than that.
    is_read = lengths in ([""], ["1", TOO_MUCH], [TOO_MUCH, "1"])
    assert answer.status_code in ({400, 405, 413} if is_read else {400, 413})


# --- Caches ----------------------------------------------------------------------------------------------------------

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("accept", [JSON, BROWSER])
def test_no_cache_keeps_anything_but_static_files(client: httpx.Client, path: str, accept: str) -> None:
    answer = client.get(path, headers={"Accept": accept})
    assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")


def test_a_browser_keeps_a_static_file_until_it_changes(client: httpx.Client) -> None:
    addresses = re.findall(r'(?:href|src)="([^"]*/static/[^"]+)"', client.get(PAGE).text)
    # make setup copies those of vendor/.
    own = [address for address in addresses if "/vendor/" not in address]
    assert own
    for address in own:
        answer = client.get(address)
        assert answer.headers["cache-control"] == FOR_EVER, address
        path, _, version = address.partition("?v=")
        assert version
        for other in (path, f"{path}?v=", f"{path}?v={version[::-1]}", f"{path}?v={version}&v=", f"{path}?x={version}"):
            assert client.get(other).headers["cache-control"] == "no-cache", other
        since = {"If-Modified-Since": answer.headers["last-modified"]}
        again = client.get(address, headers=since)
        assert (again.status_code, again.headers["cache-control"]) == (304, FOR_EVER)


def test_nothing_is_kept_of_a_static_file_that_is_not_there(client: httpx.Client) -> None:
    for path in ("/static/nothing.css", "/static/nothing.css?v=None", "/static/../config.py", "/static//etc/hosts"):
        answer = client.get(path)
        assert (answer.status_code // 100, answer.headers["cache-control"]) == (4, "no-store"), path
    assert assets.address_of("nothing.css") == "/static/nothing.css"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/static/nothing.css", {}, 404),
        ("DELETE", "/health", {}, 405),
        ("POST", "/health", {"Origin": "https://elsewhere.example"}, 403),
        ("GET", "/health", {"Host": "evil.example"}, 400),
        ("POST", "/health", {"Content-Length": TOO_MUCH}, 413),
    ],
)
def test_an_error_differs_by_what_is_accepted(
    server: str, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    host = headers.pop("Host", None)
    for accept in (JSON, BROWSER):
        answer = ask(server, method, path, *headers.items(), ("Accept", accept), host=host)
        assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")
        assert "accept" in answer.headers["vary"].lower()
        assert answer.headers["content-type"].startswith(accept)


# --- Error lists -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unknown", "more"), [(20, 0), (21, 1), (90, 70)])
def test_twenty_errors_are_listed_and_the_others_counted(client: httpx.Client, unknown: int, more: int) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    path = next(path for path, item in paths.items() if "get" in item and "{" not in path and "health" not in path)
    url = f"{path}?{'&'.join(f'u{number}=' for number in range(unknown))}"
    answer = client.get(url)
    assert answer.status_code == 422
    body = answer.json()
    # A list may want a parameter of its own.
    assert len(body["detail"]) == problems.MAX_ERRORS or unknown == 20
    assert body.get("more", 0) in {more, more + 1}
    page = client.get(url, headers=HTML_TYPE).text
    assert ("and 7" in page and " more" in page) == (more == 70)


def test_a_flood_of_unknown_fields_is_one_error(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    path = next(path for path, item in paths.items() if "get" in item and "{" not in path and "health" not in path)
    answer = client.get(f"{path}?{'&'.join(f'u{number}=' for number in range(900))}")
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert "fields" in error["msg"]


# --- Forms -----------------------------------------------------------------------------------------------------------


def test_the_forms_of_a_page_share_one_token(client: httpx.Client) -> None:
    for page in conftest.PAGES.values():
        text = client.get(page).text
        tokens = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        assert len(set(tokens)) <= 1, page
        assert not tokens or len(tokens) == text.count('method="post"'), page
