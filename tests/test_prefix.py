"""Tier 4: under a path prefix and behind reverse proxies, every page, form, asset and Link has the right address."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE
from tests.conftest import Project, in_one_process

pytestmark = pytest.mark.slow

PREFIX = "/demo"
PAGES = {entry["page"] for entry in TEMPLATE["registry"]["default"].values()}
ADDRESSES = {"action", "data-url", "href", "hx-get", "hx-post", "src"}
"""The attributes that hold an address."""
SHAPES = 2
"""Pages of one shape that are opened: their addresses differ only in the values of the query string."""
BROWSER = {"Accept": "text/html"}

ASGI = """
import os, uvicorn
from fastapi import FastAPI
from main import app

site = FastAPI()
site.mount("/demo", app)
uvicorn.run(site, port=int(os.environ["PORT"]), proxy_headers=False)
"""
WSGI = """
import os
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server
from {module} import {name} as app

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

def site(environ, start_response):
    if not environ["PATH_INFO"].startswith("/demo/"):
        start_response("404 Not Found", [])
        return [b""]
    environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/demo", environ["PATH_INFO"].removeprefix("/demo")
    return app(environ, start_response)

make_server("127.0.0.1", int(os.environ["PORT"]), site, Server).serve_forever()
"""
ROOT_PATH = """
import os, uvicorn
uvicorn.run("main:app", port=int(os.environ["PORT"]), root_path="/demo", proxy_headers=False)
"""


@pytest.fixture(scope="module", params=in_one_process("prefix", FRAMEWORKS))
def demo(request: pytest.FixtureRequest, database: str, project: Callable[..., Project]) -> Project:
    """A project with every feature, its tables filled."""
    demo = project(database, request.param, FEATURES).in_keyspace(f"prefix_{request.param}")
    demo.set_up()
    demo.run("seed.py", "--count", "5")
    return demo


@pytest.fixture(scope="module")
def mounted(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the project inside another application, at the prefix."""
    package = demo.folder.name
    program = {
        "fastapi": ASGI,
        "flask": WSGI.format(module="main", name="app"),
        "django": WSGI.format(module=f"{package}.wsgi", name="application"),
    }[package.partition("_")[0]]
    with (
        demo.served(tmp_path_factory.mktemp("mounted") / "log", "-c", program) as address,
        httpx.Client(base_url=address, headers=BROWSER, timeout=30) as client,
    ):
        yield client


# --- What a page holds -----------------------------------------------------------------------------------------------


class Form:
    """A form as a visitor would send it: with its values, and the shortest valid one where a value is required."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.action = attributes["action"]
        self.is_post = attributes.get("method") == "post"
        self.fields: dict[str, str] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.asks = False
        """True if it has something to fill in."""

    @property
    def kind(self) -> tuple[str, ...]:
        """What the forms of several rows have in common."""
        return (self.action, *sorted({*self.fields, *self.files}))

    def fill(self, tag: str, attributes: dict[str, str]) -> None:
        """Fill in one control; of several buttons the first is pressed."""
        name, kind = attributes.get("name", ""), attributes.get("type", tag)
        self.asks |= kind not in {"hidden", "button"}
        if kind == "file":
            self.files[name] = ("records.json", b"[{}]")
        elif name and name not in self.fields:
            least = valid(name, kind, attributes) if "required" in attributes else ""
            self.fields[name] = attributes.get("value") or least

    def send(self, client: httpx.Client, **headers: str) -> httpx.Response:
        """Send it like a browser without JavaScript."""
        if not self.is_post:
            return client.get(self.action, params=self.fields, headers=headers)
        return client.post(self.action, data=self.fields, files=self.files or None, headers=headers)


def valid(name: str, kind: str, attributes: dict[str, str]) -> str:
    """Return a valid value for a required control of this name and kind."""
    if kind == "number":
        return attributes.get("min", "1")
    if kind == "url":
        return "https://press.example/1"
    return "somebody@press.example" if "email" in name else "words"


class Page(HTMLParser):
    """The addresses and forms of a page; each must begin with the prefix."""

    def __init__(self, answer: httpx.Response, prefix: str = PREFIX) -> None:
        super().__init__()
        self.url, self.prefix = answer.request.url, prefix
        self.path = self.url.path if self.url.path.startswith(prefix) else prefix + self.url.path
        self.links: set[str] = set()
        self.forms: list[Form] = []
        self._select = ""
        assert self.url.netloc.decode() not in answer.text, f"{self.url} holds its own host"
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"an attribute twice on {self.url}: {self.get_starttag_text()}"
        for name in ADDRESSES & attributes.keys():
            self.check(attributes[name], is_followed=name not in {"action", "hx-post"})
        if tag == "form":
            self.forms.append(Form(attributes))
        elif tag == "select":
            self._select = attributes["name"]
        elif tag == "option" and ("selected" in attributes or self._select not in self.forms[-1].fields):
            self.forms[-1].fields[self._select] = attributes["value"]
        elif tag in {"input", "textarea", "button"} and self.forms:
            self.forms[-1].fill(tag, attributes)

    def check(self, address: str, is_followed: bool) -> None:
        """Check an address, and keep it if it leads to another page of ours."""
        if address.startswith("#") or str(urlsplit(address).hostname).endswith(".example"):  # such as a podcast's
            return
        assert not urlsplit(address).netloc, f"{address} on {self.url} names a host"
        path = urljoin(self.path, address)
        assert path.startswith(f"{self.prefix}/"), f"{address} on {self.url} leaves the prefix"
        if is_followed:
            self.links.add(path.partition("#")[0])


def shape(address: str) -> tuple[str, ...]:
    """Return the path and the names of the query string, without ids."""
    url = httpx.URL(address)
    return re.sub(r"[0-9a-f-]{36}", "id", url.path), *sorted(url.params)


def crawl(client: httpx.Client, start: str) -> tuple[set[str], list[Form]]:
    """Follow all links from a page; return the paths that were opened, and a form of each kind."""
    waiting, shapes, opened = [start], Counter[tuple[str, ...]](), set[str]()
    forms: dict[tuple[str, ...], Form] = {}
    while waiting:
        address = waiting.pop(0)
        if address in opened or shapes[shape(address)] == SHAPES:
            continue
        shapes[shape(address)] += 1
        opened.add(address)
        answer = client.get(address)
        assert answer.status_code < 400, f"{address}: {answer.status_code}"
        if answer.headers["content-type"].startswith("text/html"):
            page = Page(answer)
            waiting += sorted(page.links)
            forms = {form.kind: form for form in page.forms} | forms
    return {urlsplit(address).path for address in opened}, list(forms.values())


def wrong(answer: httpx.Response) -> list[str]:
    """Return what is wrong with a form according to the page."""
    return re.findall(r'<p class="wrong"[^>]*>([^<]*)', answer.text)


# --- A prefix --------------------------------------------------------------------------------------------------------


def test_every_page_and_form_keeps_to_the_prefix(mounted: httpx.Client) -> None:
    paths, forms = crawl(mounted, f"{PREFIX}/")
    assert {f"{PREFIX}{page}" for page in {*PAGES, "/docs", "/openapi.json", "/static/app.css"}} <= paths
    assert {form.action.split("/")[2] for form in forms if form.is_post} == {page.strip("/") for page in PAGES}
    # Last come those that remove a row: they ask for nothing, and send only its key.
    for form in sorted(forms, key=lambda form: (not form.asks, -len(form.fields))):
        answer = form.send(mounted)
        # A search may find nothing.
        assert answer.status_code in ({200, 303, 409} if form.is_post else {200, 404}), (
            f"{form.kind}: {answer.status_code} {wrong(answer)}"
        )
        if answer.status_code == 303:
            target = answer.headers["location"]
            assert target.startswith(f"{PREFIX}/"), target
            assert mounted.get(target).status_code == 200, f"{form.kind} leads to {target}"


def test_an_error_leads_back_to_the_start_under_the_prefix(mounted: httpx.Client) -> None:
    answer = mounted.get(f"{PREFIX}/nowhere")
    assert answer.status_code == 404
    assert f"{PREFIX}/" in Page(answer).links


def test_the_api_keeps_to_the_prefix(mounted: httpx.Client) -> None:
    document = mounted.get(f"{PREFIX}/openapi.json").json()
    assert document["servers"] == [{"url": PREFIX}]
    followed = 0
    for path, item in document["paths"].items():
        names = {parameter["name"] for parameter in item.get("get", {}).get("parameters", [])}
        if "limit" not in names or "{" in path:
            continue
        answer = mounted.get(f"{PREFIX}{path}", params={"limit": 1})
        if "next" in answer.links:
            target = answer.links["next"]["url"]
            assert target.startswith(f"{PREFIX}{path}?"), target
            assert mounted.get(target).status_code == 200
            followed += 1
    assert followed >= len(FEATURES) // 2


@pytest.mark.parametrize("demo", in_one_process("prefix", ["fastapi", "django"]), indirect=True, scope="module")
def test_a_server_may_be_told_the_prefix_that_a_proxy_takes_off(demo: Project, tmp_path: Path) -> None:
    command = [] if (demo.folder / "manage.py").exists() else ["-c", ROOT_PATH]
    with demo.served(tmp_path / "log", *command, FORCE_SCRIPT_NAME=PREFIX) as address:
        pages = [Page(httpx.get(f"{address}{path}", headers=BROWSER)) for path in ("/", "/docs")]
        for link in set[str]().union(*(page.links for page in pages)):
            answer = httpx.get(f"{address}{link.removeprefix(PREFIX)}", headers=BROWSER)
            assert answer.status_code == 200, link


# --- Proxies ---------------------------------------------------------------------------------------------------------

PAGE, ACTION = "/vault", "/vault/steal"
MADE_UP = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
}
SAID: dict[str, tuple[list[tuple[str, str]], str, str]] = {
    "one proxy": (
        [("For", "203.0.113.9"), ("Proto", "https"), ("Host", "demo.example"), ("Prefix", "/demo")],
        "/demo",
        "https://demo.example",
    ),
    "three proxies, one behind the other": (
        [
            ("For", "2001:db8::9, fd00::5, ::ffff:10.0.0.6"),
            ("Proto", "https, http, http"),
            ("Host", "demo.example, inner.example, inner.example"),
            ("Prefix", "/demo, /inner"),
        ],
        "/demo/inner",
        "https://demo.example",
    ),
    "two proxies, of which the outer one speaks for both": (
        [("For", "203.0.113.9, 10.1.2.3"), ("Proto", "https"), ("Host", "demo.example"), ("Prefix", "/demo/")],
        "/demo",
        "https://demo.example",
    ),
    "a client that pretends to be a proxy": (
        [
            ("For", "10.1.2.3, 203.0.113.9"),
            ("Proto", "ftp, https"),
            ("Host", "evil.example, demo.example"),
            ("Prefix", "/evil, /demo"),
        ],
        "/demo",
        "https://demo.example",
    ),
    "a proxy that adds a line": (
        [("For", "10.1.2.3"), ("For", "203.0.113.9"), ("Host", "evil.example"), ("Host", "demo.example:8443")],
        "",
        "http://demo.example:8443",
    ),
    "a prefix that would be another host": (
        [("Host", "demo.example"), ("Prefix", "//evil.example")],
        "",
        "http://demo.example",
    ),
    "nothing at all": ([], "", ""),
}


@pytest.fixture(scope="module")
def proxied(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the project that plays its proxies."""
    environment = {
        "TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8, fd00::/8",
        "ALLOWED_HOSTS": "127.0.0.1,.example",
        "SHOW_CQL": "0",
    }
    with (
        demo.served(tmp_path_factory.mktemp("proxied") / "log", **environment) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield client


def steal(client: httpx.Client, page: Page, action: str, headers: list[tuple[str, str]]) -> httpx.Response:
    """Send the first form of the vault's page."""
    (form,) = [form for form in page.forms if form.action.endswith(ACTION)]
    return client.post(action, data=form.fields, headers=headers)


def test_the_panel_is_off_where_show_cql_is_0(mounted: httpx.Client, proxied: httpx.Client) -> None:
    for page in ("/", *PAGES):
        shown, hidden = mounted.get(f"{PREFIX}{page}").text, proxied.get(page, headers=BROWSER).text
        assert 'id="hood"' in shown and 'class="cql"' in shown, page
        assert 'id="hood"' not in hidden and 'class="cql"' not in hidden, page


@pytest.mark.parametrize("is_left_on", [False, True], ids=["taken off", "left on"])
@pytest.mark.parametrize("case", SAID)
def test_a_trusted_proxy_is_believed(proxied: httpx.Client, case: str, is_left_on: bool) -> None:
    headers, prefix, site = SAID[case]
    said = [("Accept", "text/html"), *((f"X-Forwarded-{name}", value) for name, value in headers)]
    own = prefix if is_left_on else ""
    page = Page(proxied.get(f"{own}{PAGE}", headers=said), prefix)
    origin = site or str(proxied.base_url).rstrip("/")
    answer = steal(proxied, page, f"{own}{ACTION}", [*said, ("Origin", origin)])
    assert (answer.status_code, answer.headers.get("location")) == (303, f"{prefix}{PAGE}"), answer.text
    for other in {"https://evil.example", "http://inner.example", "https://demo.example", "http://demo.example"} - {
        origin
    }:
        assert steal(proxied, page, f"{own}{ACTION}", [*said, ("Origin", other)]).status_code == 403, other


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (["demo.example"], 200),
        (["demo.test"], 400),
        (["demo.example.test"], 400),
        (["a b"], 400),
        (["demo.test, demo.example"], 200),
        (["demo.example, demo.test"], 400),
        (["demo.example", "demo.test"], 400),
    ],
    ids=str,
)
def test_the_host_that_a_proxy_names_is_the_one_that_counts(
    proxied: httpx.Client, hosts: list[str], status: int
) -> None:
    for path in ("/docs", "/static/app.css", "/health"):
        answer = proxied.get(path, headers=[("X-Forwarded-Host", host) for host in hosts])
        assert answer.status_code == status, path
        assert ("ALLOWED_HOSTS" in answer.text) == (status == 400), path


def test_nobody_else_is_believed(mounted: httpx.Client) -> None:
    page = Page(mounted.get(f"{PREFIX}{PAGE}", headers=MADE_UP))
    for origin in ("https://evil.example", f"https://{mounted.base_url.netloc.decode()}"):
        headers = [*MADE_UP.items(), ("Origin", origin)]
        assert steal(mounted, page, f"{PREFIX}{ACTION}", headers).status_code == 403, origin
    answer = steal(mounted, page, f"{PREFIX}{ACTION}", list(MADE_UP.items()))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}{PAGE}")
