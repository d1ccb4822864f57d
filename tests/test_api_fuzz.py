"""Tier 5: generated and hand-picked bad input for every framework, and what all operations and pages have in common."""

import json
import random
import re
import socket
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse
from itertools import chain, cycle, product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE
from tests.conftest import Project, free_port, wait_until
from tests.load import TRAFFIC

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("api")]

Serve = Callable[[str], str]


@pytest.fixture(scope="module")
def demo(database: str, project: Callable[..., Project]) -> Callable[[str], Project]:
    """Sets up a project with every feature, its tables filled: demo(framework) returns it, the same each time."""

    @cache
    def set_up(framework: str) -> Project:
        demo = project(database, framework, FEATURES).in_keyspace(f"fuzz_{framework}")
        demo.set_up()
        demo.make("seed", "ARGS=--count 20")
        return demo

    return set_up


@pytest.fixture(scope="module")
def serve(demo: Callable[[str], Project], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves such a project: serve(framework) returns its address, the same each time."""
    with ExitStack() as servers:

        @cache
        def start(framework: str) -> str:
            return servers.enter_context(demo(framework).served(tmp_path_factory.mktemp("log") / f"{framework}.log"))

        yield start


@pytest.fixture(scope="module", params=FRAMEWORKS)
def address(request: pytest.FixtureRequest, serve: Serve) -> str:
    """The address of one framework's server."""
    return serve(request.param)


def read_document(address: str) -> dict[str, Any]:
    """Return what a server publishes at /openapi.json."""
    return httpx.get(f"{address}/openapi.json", timeout=30).json()


# --- Hand-picked input ---

VALUES = {
    "nothing": "",
    "a space": "%20",
    "NUL": "%00",
    "control characters": "%01%1f%7f",
    "a lone surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "half an escape": "%",
    "a line break": "%0D%0AX-Injected:%20yes",
    "emoji": quote("😀" * 20),
    "right to left": quote("\u202e"),
    "infinity": "1e400",
    "not a number": "NaN",
    "a huge integer": "9" * 5000,
    "more than 32 bits": "4294967297",
    "a negative one": "-1",
    "an underscore": "1_000",
    "Arabic digits": quote("٣"),
    "very long": "x" * 30_000,
    "CQL": quote("'; DROP TABLE sessions; --"),
    "another folder": "..%2f..%2fetc%2fpasswd",
    "brackets": "[]",
}


def file_form(content: bytes, name: str) -> bytes:
    """Return a form with a file; its boundary is x."""
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return b"--x\r\n" + disposition.encode("latin-1") + content + b"\r\n--x--\r\n"


NESTED = b"[" * 10_000 + b"]" * 10_000
BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "null": b"null",
    "a list": b"[]",
    "a string": b'"text"',
    "JSON in a string": b'"{}"',
    "bytes": bytes(range(256)),
    "a byte order mark": "\ufeff{}".encode(),
    "NUL": b'{"name": "\\u0000"}',
    "a lone surrogate": b'{"name": "\\ud800", "\\udfff": 1}',
    "no UTF-8": b'{"name": "\xff"}',
    "infinity": b'{"price": 1e400}',
    "not a number": b'{"price": NaN}',
    "a huge integer": b'{"price": ' + b"9" * 5000 + b"}",
    "a name twice": b'{"name": "a", "name": "b"}',
    "nested lists": NESTED,
    "nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nested deep inside": b'{"name": ' + NESTED + b"}",
    "a form": b"name=%00&name=%ff&=&&",
    "a file of bytes": file_form(bytes(range(256)), "a.csv"),
    "a file with an odd name": file_form(b"[null, [], {}, 1]", '..\\..\\"\xff.json'),
    "a file without a name": file_form(b"a,b\n1,2\n", ""),
    "half a multipart form": b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n',
}
FORM_TYPES = [
    b"application/x-www-form-urlencoded",
    b"multipart/form-data",
    b"multipart/form-data; boundary=x",
]
JSON_TYPE = b"application/json"
CONTENT_TYPES = [
    *FORM_TYPES,
    JSON_TYPE,
    b"application/json; charset=utf-16",
    b"application/json; charset=nonsense",
    b"text/csv",
    b"text/plain",
    b"\xff",
]
METHODS = [b"HEAD", b"OPTIONS", b"TRACE", b"PATCH", b"PROPFIND", b"NONSENSE", b"get"]
HEADERS = {
    "an overlong one": b"X-Long: " + b"x" * 100_000,
    "too many": b"\r\n".join(b"X-%d: 1" % number for number in range(300)),
    "a negative length": b"Content-Length: -1",
    "a length in words": b"Content-Length: ten",
    "too long a body": b"Content-Length: 9999999",
    "a body in chunks of nothing": b"Transfer-Encoding: chunked\r\n\r\n0",
    "an unknown encoding": b"Content-Encoding: nonsense",
    "no UTF-8": b"Accept: text/html\xff",
    "a broken cookie": b"Cookie: csrftoken=\xff; ;; =",
    "an odd origin": b"Origin: null",
    "an upgrade": b"Connection: Upgrade\r\nUpgrade: websocket",
    "a range": b"Range: bytes=5-1",
}
SUFFIXES = [b"/", b"//", b"/..%2f", b"/%2e%2e/", b"/..;/", b"%00", b"/%ff", b"/%", b"?", b"?%ff%00=%ff", b"?;;&&=&=x&"]
GOOD_VALUES = {"uuid": str(uuid.uuid1()), "date": "2026-01-01", "date-time": "2026-01-01T00:00:00Z", "integer": "1"}


@dataclass(frozen=True)
class Reply:
    """An answer; no status if the server closed the connection instead."""

    status: int | None
    body: bytes = b""


def send(
    address: str, method: bytes, target: bytes, *headers: bytes, body: bytes = b"", pieces: Sequence[bytes] = ()
) -> Reply:
    """Send a request that no HTTP client would send; a server may answer and hang up before it has every piece."""
    host = urlsplit(address)
    lines = [b" ".join([method, target, b"HTTP/1.1"]), b"Host: " + host.netloc.encode(), b"Connection: close", *headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    with socket.create_connection((str(host.hostname), host.port), timeout=30) as connection:
        with suppress(ConnectionError):
            for piece in (b"\r\n".join(lines) + b"\r\n\r\n" + body, *pieces):
                connection.sendall(piece)
        try:
            answer = HTTPResponse(connection, method=method.decode().upper())
            answer.begin()
            return Reply(answer.status, answer.read())
        except (ConnectionError, HTTPException):
            return Reply(None)


@dataclass(frozen=True)
class Operation:
    """An operation as /openapi.json describes it."""

    method: str
    path: str
    parameters: list[dict[str, Any]]
    takes: tuple[str, ...]
    """The content types of its body; none where it has no body."""

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    def target(self, value: str = "", name: str = "", more: str = "") -> bytes:
        """Return its address with what it requires, one parameter of this name and value, and more parameters."""
        path, query = self.path, []
        for parameter in self.parameters:
            chosen = value if parameter["name"] == name else good_value(parameter["schema"])
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", chosen)
            elif parameter["required"] or parameter["name"] == name:
                query.append(f"{parameter['name']}={chosen}")
        return "?".join([path, "&".join([*query, *([more] if more else [])])]).encode()


def operations(document: dict[str, Any]) -> list[Operation]:
    """Return every operation of a document, in an order that does not depend on the framework."""
    found = [
        Operation(
            method, path, operation.get("parameters", []), tuple(operation.get("requestBody", {}).get("content", {}))
        )
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return sorted(found, key=lambda operation: operation.label)


def good_value(schema: dict[str, Any]) -> str:
    """Return a value that fits a parameter's schema."""
    schema = next(option for option in schema.get("anyOf", [schema]) if option["type"] != "null")
    if "@" in schema.get("pattern", ""):
        return "a%40example.com"
    return schema["enum"][0] if "enum" in schema else GOOD_VALUES.get(schema.get("format", schema["type"]), "a")


def check(replies: dict[str, Reply]) -> None:
    """Check that every request was answered, and not with a server error."""
    wrong = {what: reply for what, reply in replies.items() if reply.status is None or reply.status >= 500}
    assert not wrong, "\n".join(f"{what}: {reply}" for what, reply in wrong.items())


@dataclass(frozen=True)
class Request:
    """A request that no server should be troubled by."""

    what: str
    method: str
    target: bytes
    headers: tuple[bytes, ...] = ()
    body: bytes = b""
    about: str = ""
    """The parameter, or the body, about which all frameworks must say the same; nothing where they need not."""


def odd_parameters(operation: Operation) -> Iterator[Request]:
    """Yield requests with each parameter of an operation as it should not be, and with one that is unknown."""
    for parameter in operation.parameters:
        name = parameter["name"]
        for what, value in VALUES.items():
            label = f"{operation.label}: {what} as {name}"
            yield Request(label, operation.method, operation.target(value, name), about=name)
        if parameter["in"] == "query":
            good, bad = good_value(parameter["schema"]), "%00"
            for first, last in ((good, bad), (bad, good)):
                twice = operation.target(first, name, more=f"{name}={last}")
                yield Request(f"{operation.label}: {name} as {first}, {last}", operation.method, twice, about=name)
    yield Request(f"{operation.label}: unknown", operation.method, operation.target(more="unknown=1"))


def odd_bodies(operations: list[Operation]) -> Iterator[Request]:
    """Yield requests with bodies as they should not be.

    What a content type does is up to the framework, which reads all operations with such a body in one way: so one
    operation of each way gets every body in every content type, the others get them as JSON.
    """
    read: set[tuple[str, tuple[str, ...]]] = set()
    for operation in operations:
        bodies = BODIES if operation.takes else {"bytes": BODIES["bytes"], "nested lists": NESTED}
        way = operation.method, operation.takes
        for kind in [JSON_TYPE] if way in read else CONTENT_TYPES:
            for what, body in bodies.items():
                label, header = f"{operation.label}: {what} as {kind!r}", b"Content-Type: " + kind
                about = "body" if operation.takes and kind == JSON_TYPE else ""
                yield Request(label, operation.method, operation.target(), (header,), body, about)
        read.add(way)


@pytest.fixture(scope="module")
def replies(serve: Serve) -> Callable[[str], dict[Request, Reply]]:
    """Sends a framework's server all these requests, once: replies(framework) returns what it answered."""

    @cache
    def ask(framework: str) -> dict[Request, Reply]:
        address = serve(framework)
        described = operations(read_document(address))
        requests = [*chain.from_iterable(map(odd_parameters, described)), *odd_bodies(described)]
        return {
            request: send(address, request.method.upper().encode(), request.target, *request.headers, body=request.body)
            for request in requests
        }

    return ask


Replies = Callable[[str], dict[Request, Reply]]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_parameter_or_body_is_a_server_error(replies: Replies, framework: str) -> None:
    check({request.what: reply for request, reply in replies(framework).items()})


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_unknown_parameter_is_refused(serve: Serve, replies: Replies, framework: str) -> None:
    statuses = {request.what: reply.status for request, reply in replies(framework).items()}
    for operation in operations(read_document(serve(framework))):
        if operation.parameters and all(parameter["in"] == "query" for parameter in operation.parameters):
            assert statuses[f"{operation.label}: unknown"] == 422


def test_json_that_is_sent_as_something_else_is_told_the_header(address: str) -> None:
    described = operations(read_document(address))
    only_json = [operation for operation in described if operation.takes == (JSON_TYPE.decode(),)]
    assert only_json
    for operation in only_json:
        # curl -d says that it sends a form.
        for kind in (*FORM_TYPES, b"text/plain", b"text/csv", None):
            headers = [] if kind is None else [b"Content-Type: " + kind]
            reply = send(address, operation.method.upper().encode(), operation.target(), *headers, body=b"[]")
            (error,) = json.loads(reply.body)["detail"]
            assert (reply.status, error["loc"]) == (422, ["body"]), operation.label
            assert "the header Content-Type: application/json" in error["msg"], f"{operation.label} as {kind!r}"


def test_no_method_header_or_path_is_a_server_error(address: str) -> None:
    replies = {}
    for operation in operations(read_document(address)):
        target = operation.target()
        for method in METHODS:
            replies[f"{method!r} {operation.path}"] = send(address, method, target)
        for suffix in SUFFIXES:
            replies[f"{operation.path} and {suffix!r}"] = send(address, b"GET", target.partition(b"?")[0] + suffix)
    lists = [traffic.list.encode() for traffic in TRAFFIC.values()]
    for target in (b"/", lists[0], b"/nothing-here", b"/static/app.css"):
        for what, header in HEADERS.items():
            for method in (b"GET", b"POST"):
                reply = send(address, method, target, header)
                if what == "an overlong one" and reply.status is None:
                    reply = Reply(431)  # uvicorn hangs up while such a header is still being sent
                replies[f"{method!r} {target!r}: {what}"] = reply
    check(replies)


def test_no_form_is_a_server_error(address: str) -> None:
    replies = {}
    with httpx.Client(base_url=address, timeout=30) as client:
        for page in reversed(PAGES):  # the start page, which has no form and so gives no token, is the last
            # As with bodies: a framework reads all forms in one way, and those with a file in another.
            for action, kinds in {page: FORM_TYPES, **forms(client.get(page).text)}.items():
                # Without the token that Django gave, nothing but its check would be tried.
                token = (client.cookies.get("csrftoken") or "").encode()
                known = [b"Cookie: csrftoken=" + token, b"X-CSRFToken: " + token]
                for kind in kinds:
                    for what, body in BODIES.items():
                        reply = send(address, b"POST", action.encode(), b"Content-Type: " + kind, *known, body=body)
                        replies[f"POST {action}: {what} as {kind!r}"] = reply
    assert len({label.partition(":")[0] for label in replies}) > len(FEATURES)
    assert not [what for what, reply in replies.items() if reply.status == 403]
    check(replies)


def forms(page: str) -> dict[str, list[bytes]]:
    """Return where the forms of a page are sent, and as what."""
    tags = re.findall(r"<form\b[^>]*>", page)
    actions = {action[1]: tag for tag in tags if (action := re.search(r'\baction="([^"]+)"', tag))}
    return {action: FORM_TYPES if "multipart" in tag else FORM_TYPES[:1] for action, tag in actions.items()}


def test_no_address_is_a_server_error(address: str) -> None:
    targets = [f"{start}{junk}".encode() for start in ("/", "/static/", "/?", "/?q=") for junk in VALUES.values()]
    targets += [b"//", b"//elsewhere.example/", b"/?" + b"&=" * 500, b"/static/", b"/" * 100, b"*", b"/health?\xff\x80"]
    replies = {
        f"{target[:80]!r} as {accept!r}": send(address, b"GET", target, b"Accept: " + accept)
        for target in targets
        for accept in (JSON_TYPE, b"text/html")
    }
    for length in (20_000, 70_000):
        replies[f"an address of {length} characters"] = send(address, b"GET", b"/?q=" + b"x" * length)
    check(replies)


@pytest.mark.parametrize("path", [b"/../../config.py", b"/%2e%2e/%2e%2e/config.py", b"/..%2f..%2fconfig.py"])
def test_static_files_end_at_their_folder(address: str, path: bytes) -> None:
    reply = send(address, b"GET", b"/static" + path)
    assert reply.status in {400, 404}
    assert b"SCYLLA" not in reply.body


# --- What all operations and pages have in common ---

PAGES = ["/", *(entry["page"] for entry in TEMPLATE["registry"]["default"].values())]
UNSAFE = {"post", "put", "patch", "delete"}
PIECE = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
OVER_THE_LIMIT = 20 * 16 + 1
"""How many pieces no form and no body may have."""
TELLING = re.compile(r"127\.0\.0\.1|NoHost|cassandra|scylla|cluster|refused|Errno|Traceback", re.IGNORECASE)


def form_targets(address: str) -> dict[str, list[bytes]]:
    """Return where all forms are sent, and as what."""
    pages = [httpx.get(f"{address}{page}", timeout=30).text for page in PAGES]
    return dict(chain.from_iterable(forms(page).items() for page in pages))


def test_every_operation_documents_its_errors_in_one_shape(address: str) -> None:
    document = read_document(address)
    assert document["openapi"].startswith("3.1.")
    for what, operation in described(document).items():
        shapes = {
            status: answer["content"]["application/json"]["schema"]["properties"]
            for status, answer in operation["responses"].items()
            if status in {"422", "503", "504"}
        }
        assert shapes.keys() == {"422", "503", "504"}, what
        if what == "get /health":
            assert shapes.pop("503").keys() == {"status", "database", "keyspace"}
        error = shapes.pop("422")["detail"]["items"]["properties"]
        assert error.keys() == {"loc", "msg", "type"}, what
        for shape in shapes.values():
            assert shape.keys() == {"detail"}, what
            assert {kind["type"] for kind in shape["detail"]["anyOf"]} == {"string", "object"}, what


def test_a_wrong_method_is_405_and_names_the_right_ones(address: str) -> None:
    for path, item in read_document(address)["paths"].items():
        right = {method.upper() for method in item}
        wrong = next(method for method in ("DELETE", "PATCH", "PUT", "POST") if method not in right)
        answer = httpx.request(wrong, f"{address}{path}")
        assert answer.status_code == 405, f"{wrong} {path}"
        assert right <= set(re.split(r",\s*", answer.headers["allow"])), f"{wrong} {path}"
        assert answer.json().keys() == {"detail"}


def test_nothing_can_be_changed_from_another_site(address: str) -> None:
    targets = [(operation.method, operation.target().decode()) for operation in operations(read_document(address))]
    unsafe = [target for target in targets if target[0] in UNSAFE]
    foreign = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}]
    own = [{"Sec-Fetch-Site": "same-origin"}, {"Origin": address}]
    with httpx.Client(base_url=address, timeout=30) as client:
        for method, target in [*unsafe, *(("post", action) for action in form_targets(address))]:
            for headers in [*foreign, {"Origin": "https://elsewhere.example"}]:
                answer = client.request(method, target, headers=headers)
                assert (answer.status_code, answer.json().keys()) == (403, {"detail"}), f"{method} {target} {headers}"
        for method, target in unsafe:
            for headers in own:
                assert client.request(method, target, headers=headers).status_code != 403, f"{method} {target}"


def test_the_inspector_shows_nothing_that_somebody_else_wrote(address: str) -> None:
    written = {f"secret-{feature}-{uuid.uuid4().hex[:8]}": traffic for feature, traffic in TRAFFIC.items()}
    with httpx.Client(base_url=address, timeout=30) as client:
        for name, traffic in written.items():
            assert client.request("POST", **traffic.write(name)).status_code == 201
        for page in PAGES:
            shown, _, panel = client.get(page).text.partition('id="hood"')
            assert panel
            for name in written:
                assert name in shown or name not in panel, f"{page} shows {name}"


def test_a_senseless_length_is_refused(address: str) -> None:
    bodies = [operation for operation in operations(read_document(address)) if operation.method == "post"]
    for target in [b"/health", *(operation.target() for operation in bodies)]:
        for length in (b"-1", b"many", b"1, 2", b"0x10", b"\xb2"):
            reply = send(address, b"POST", target, b"Content-Length: " + length)
            assert reply.status is not None and 400 <= reply.status < 500, f"{length!r} for {target!r}"


def test_no_body_is_read_without_limit(address: str) -> None:
    bodies = [operation for operation in operations(read_document(address)) if operation.takes]
    targets = {operation.target(): operation.takes[0].encode() for operation in bodies if operation.method == "post"}
    targets |= {action.encode(): kinds[0] for action, kinds in form_targets(address).items()}
    for target, kind in targets.items():
        chunked = [b"Content-Type: " + kind, b"Transfer-Encoding: chunked"]
        reply = send(address, b"POST", target, *chunked, pieces=[PIECE] * OVER_THE_LIMIT)
        # Django takes no body without a length, a search takes none at all, and Starlette no large field of a form.
        assert reply.status in {405, 411, 413} or b"exceeded maximum size" in reply.body, target


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_without_a_database_every_read_asks_to_retry_and_names_no_host(
    demo: Callable[[str], Project], framework: str, tmp_path: Path
) -> None:
    nowhere = {"SCYLLA_HOSTS": f"127.0.0.1:{free_port()}", "SCYLLA_CONNECT_WAIT": "0"}
    with demo(framework).served(tmp_path / "log", **nowhere) as address:
        reads = [operation for operation in operations(read_document(address)) if operation.method == "get"]
        targets = {*PAGES, *(read.target().decode() for read in reads if read.path != "/health")}
        requests = list(product((JSON_TYPE.decode(), "text/html"), targets))

        def ask(request: tuple[str, str]) -> httpx.Response:
            return httpx.get(f"{address}{request[1]}", headers={"Accept": request[0]}, timeout=15)

        with ThreadPoolExecutor(24) as pool:
            for (accept, target), answer in zip(requests, pool.map(ask, requests), strict=True):
                assert answer.status_code == 503, target
                assert int(answer.headers["retry-after"]) > 0
                assert answer.headers["content-type"].startswith(accept)
                shown = answer.text.partition("<main")[2].partition("</main>")[0] or answer.json()["detail"]
                assert "database" in shown and not TELLING.search(shown), f"{target}: {shown}"


# --- The same in every framework ---


def test_all_frameworks_publish_the_same_api(serve: Serve) -> None:
    first, *others = [described(read_document(serve(framework))) for framework in FRAMEWORKS]
    for framework, other in zip(FRAMEWORKS[1:], others, strict=True):
        assert other.keys() == first.keys(), framework
        for operation in first:
            assert other[operation] == first[operation], f"{operation} of {framework}"


def described(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document's operations without titles, summaries, ids and references, which are only wording."""
    wording = {"title", "description", "summary", "operationId", "tags"}

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target = document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return plain(target)
        kept = {name: value for name, value in node.items() if name not in wording}
        return {name: plain(value) for name, value in kept.items() if (name, value) != ("default", None)}

    found = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            parts = plain(operation)
            parts["parameters"] = {(p["in"], p["name"]): p for p in parts.get("parameters", [])}
            found[f"{method} {path}"] = parts
    return found


def test_all_frameworks_refuse_the_same(replies: Replies) -> None:
    first, *others = FRAMEWORKS
    answers = {name: {asked.what: reply for asked, reply in replies(name).items()} for name in others}
    for request, reply in replies(first).items():
        if request.about:
            expected = refusal(reply, request.about)
            for framework in others:
                answer = refusal(answers[framework][request.what], request.about)
                assert answer == expected, f"{request.what}: {framework} says {answer}, {first} {expected}"


FOUND_OR_NOT = {200, 201, 204, 404, 409}
"""The answers to a request that the schema allows."""


def refusal(reply: Reply, field: str) -> tuple[int | None, list[list[str]]]:
    """Return the status of a refusal, and the location of what a schema refused in one parameter or in the body.

    Whether a valid request finds its row depends on what other tests wrote: then there is no status.
    Flask's validation stops at the path, but the others look at the query as well; hence only this one field.
    FastAPI alone says at which character JSON ends to be JSON; hence no numbers.
    """
    errors = json.loads(reply.body)["detail"] if reply.status == 422 else []
    locations = [[part for part in error["loc"] if isinstance(part, str)] for error in errors]
    status = None if reply.status in FOUND_OR_NOT else reply.status
    return status, sorted(location for location in locations if field in location)


# --- Cursors ---


@pytest.mark.parametrize(("feature", "framework"), list(zip(TRAFFIC, cycle(FRAMEWORKS))))
def test_made_up_cursors_leave_other_readers_alone(serve: Serve, feature: str, framework: str) -> None:
    address, traffic = serve(framework), TRAFFIC[feature]
    names = {f"paged-{uuid.uuid4().hex[:8]}-{number}" for number in range(40)}
    with httpx.Client(base_url=address, timeout=30) as client, ThreadPoolExecutor(8) as pool:
        for name in names:
            assert client.request("POST", **traffic.write(name)).status_code == 201
        wait_until(lambda: Counter(walk(client, traffic.list, names)).keys() == names, 30, "every row in the list")
        made_up = [pool.submit(client.get, traffic.list, params={"cursor": cursor}) for cursor in cursors(200)]
        for _ in range(5):
            seen = walk(client, traffic.list, names)
            assert sorted(seen) == sorted(names), "each row once"
        statuses = Counter(answer.result().status_code for answer in made_up)
    assert statuses.keys() <= {200, 422}
    assert statuses[422] >= 50, statuses  # if a cursor is a name, many of these are valid


def walk(client: httpx.Client, url: str, names: set[str]) -> list[str]:
    """Follow a list from page to page, and return which of these names are in it."""
    seen: list[str] = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        seen += [name for item in answer.json() for name in names.intersection(map(str, item.values()))]
        url = answer.links.get("next", {}).get("url", "")
    return seen


def cursors(number: int) -> Iterator[str]:
    """Yield forged cursors: random bytes, numbers, ids, names."""
    source = random.Random(1)
    for index in range(number):
        kind = index % 8
        if kind == 0:
            yield str(uuid.UUID(int=source.getrandbits(128)))
        elif kind == 1:
            yield f"{source.getrandbits(50)}-{source.getrandbits(20)}"
        elif kind == 2:
            yield "9" * source.randint(1, 40)
        elif kind == 3:
            yield source.choice(["", " ", "\0", "null", "0", "-1", "😀", "..", "'", "%00"])
        else:
            yield urlsafe_b64encode(source.randbytes(source.randint(1, 60))).decode()


# --- Generated input ---

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
]
"""Not positive_data_acceptance: JSON Schema cannot say that a price written as text is a number, or that a change
changes something, so the document allows some requests that are answered with 422."""
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = ["4xx"]  # also 413: too many items are refused by their size
"""


EXAMPLES = dict.fromkeys(FRAMEWORKS, 10) | {FRAMEWORKS[0]: 40}
"""How many requests are made up for each operation: most in the first framework, as all publish the same document."""


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_generated_requests_are_answered_as_documented(serve: Serve, framework: str, tmp_path: Path) -> None:
    """Schemathesis as a program: with this pytest, its plugin cannot read the schema from a fixture."""
    address = serve(framework)
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    options = {
        "--phases": "examples,coverage,fuzzing",
        "--max-examples": str(EXAMPLES[framework]),
        "--seed": "1",
        "--checks": ",".join(CHECKS),
    }
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/openapi.json", "--no-color"]
    command += ["--generation-deterministic", "--continue-on-failure", *chain.from_iterable(options.items())]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Tested: {len(operations(read_document(address)))}\n" in done.stdout, "every operation is reached"
