"""Tier 5: texts of other people: no character of Unicode breaks an answer, and none turns the rest of a page around."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
import pytest

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE
from tests.conftest import Project
from tests.load import TRAFFIC

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("texts")]

PAGES = [entry["page"] for entry in TEMPLATE["registry"]["default"].values()]
Serve = Callable[[str], str]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def serve(database: str, project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves a project with every feature: serve(framework) returns its address, the same each time."""
    with ExitStack() as servers:

        @cache
        def start(framework: str) -> str:
            demo = project(database, framework, FEATURES).in_keyspace(f"texts_{framework}")
            demo.set_up()
            demo.make("seed", "ARGS=--count 3")
            return servers.enter_context(demo.served(tmp_path_factory.mktemp("log") / f"{framework}.log"))

        yield start


def operations(address: str) -> Iterator[tuple[str, str, Json]]:
    """Yield the method, the path and the description of every operation, without references to other places."""
    document = httpx.get(f"{address}/openapi.json", timeout=30).json()

    def resolved(node: Any) -> Any:
        if isinstance(node, list):
            return [resolved(item) for item in node]
        if isinstance(node, dict) and "$ref" in node:
            return resolved(document["components"]["schemas"][node["$ref"].rpartition("/")[2]])
        return {key: resolved(value) for key, value in node.items()} if isinstance(node, dict) else node

    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, resolved(operation)


# --- Characters ------------------------------------------------------------------------------------------------------

DIGITS = "٣३𝟛Ⅷ²①\U00011f51\U0001e4f1\U0001ccf1\U00010d41"
"""Digits and numbers, some of them of a Unicode that is newer than Python's."""
LETTERS = "éßıǅªʰ中\U0001e4d0\U000110d0"
BLANKS = "\u0085\u00a0\u1680\u180e\u2002\u200b\u2028\u2029\u202f\u205f\u3000\u115f\u2800\u3164\ufeff\uffa0"
FORMATS = "\u00ad\u061c\u200d\u200e\u202e\u2066\u2069\ufff9\U000e0041"
SEPARATORS = "\u2010\u2013\u2215\u2044\uff0d\uff0e\uff20\ufe52\u0660"
OTHERS = "\x01\x1b\x7f\u0378\ud7fb\ue000\ufffe\U0010ffff"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_character_is_a_server_error(serve: Serve, framework: str) -> None:
    address, wrong, refused = serve(framework), [], 0
    with httpx.Client(base_url=address, timeout=30) as client:
        for label, target in requests(client):
            answer = client.get(target)
            refused += answer.status_code == 422
            if answer.status_code >= 500:
                wrong.append(f"{label}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert refused > 1000


def requests(client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Yield what is tried, and its address, for every text that a GET takes."""
    for method, path, operation in operations(str(client.base_url)):
        if method == "get" and path != "/health":
            parameters = operation.get("parameters", [])
            for parameter in parameters:
                if accepts_text(parameter["schema"]):
                    for value in values(client, path, parameter):
                        yield f"{path}: {value!a} as {parameter['name']}", target(path, parameters, parameter, value)


def accepts_text(schema: Json) -> bool:
    """Return True if a parameter is a text that is not one of a few."""
    return any(option.get("type") == "string" and "enum" not in option for option in schema.get("anyOf", [schema]))


def values(client: httpx.Client, path: str, parameter: Json) -> Iterator[str]:
    """Yield every character alone, and in the first places of a real cursor where it may be mistaken for another."""
    patterns = ["{}"]
    if parameter["name"] == "cursor" and "{" not in path:
        known = next((traffic.list for traffic in TRAFFIC.values() if traffic.list.startswith(path)), path)
        following = client.get(known, params={"limit": 1}).links.get("next", {}).get("url", "")
        cursor = httpx.URL(following).params.get("cursor", "") if following else ""
        places = list(re.finditer("[0-9:.-]", cursor))[:3]
        patterns += ["{}-a", *(cursor[: place.start()] + "{}" + cursor[place.end() :] for place in places)]
    for character in DIGITS + LETTERS + BLANKS + FORMATS + SEPARATORS + OTHERS:
        for pattern in patterns:
            yield pattern.replace("{}", character)


def target(path: str, parameters: list[Json], chosen: Json, value: str) -> str:
    """Return an address with this value of a parameter, and good values of those that it requires besides."""
    query = []
    for parameter in parameters:
        text = quote(value if parameter is chosen else str(made_up(parameter["schema"], "a")), safe="")
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", text)
        elif parameter is chosen or parameter.get("required"):
            query.append(f"{parameter['name']}={text}")
    return f"{path}?{'&'.join(query)}"


# --- Pages -----------------------------------------------------------------------------------------------------------

TURNED = "\u202eturned"
"""A text that runs from right to left, as does the rest of its line unless it stands in a <bdi>."""
SAMPLES = {
    "uuid": str(uuid.uuid1()),
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "uri": "https://a.example",
}


def made_up(schema: Json, text: str) -> Any:
    """Return a value that fits a schema, with this text wherever any text fits."""
    for options in (schema.get("anyOf"), schema.get("oneOf")):
        if options:
            return made_up(next(option for option in options if option.get("type") != "null"), text)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            needed = {
                name: field for name, field in schema.get("properties", {}).items() if is_free(schema, name, field)
            }
            filled = {name: made_up(field, text) for name, field in needed.items()}
            more = schema.get("additionalProperties")
            return filled | ({text: made_up(more, text)} if isinstance(more, dict) else {})
        case "array":
            return [made_up(schema["items"], text)]
        case "integer" | "number":
            return schema.get("default", int(schema.get("minimum", 1)))
        case "string" if "pattern" in schema:
            return "turned@example.org" if "@" in schema["pattern"] else plain(text, schema["pattern"])
        case "string":
            return SAMPLES.get(schema.get("format", ""), text)
    return None


def plain(text: str, pattern: str) -> str:
    """Return a text that fits a pattern: itself if it does, else a word."""
    return text if re.search(pattern, text) else "turned"


def is_free(schema: Json, name: str, field: Json) -> bool:
    """Return True unless a field may be left out and names another row."""
    return name in schema.get("required", []) or "uuid" not in str(field)


def bodies(schema: Json) -> list[Any]:
    """Return a body that fits a schema, or one for each kind of a union."""
    return [made_up(option, TURNED) for option in schema.get("oneOf", [schema])]


APART = {"bdi", "option", "pre", "script", "style", "text", "textarea", "title"}
"""The elements whose text turns nothing around them; a <text> is one of SVG."""


class Texts(HTMLParser):
    """The texts of a page that stand in no <bdi> or control, and the addresses that it links to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.depth = 0
        self.loose: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag in APART
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in APART

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.loose.append(data)


def test_a_text_that_turns_its_line_around_turns_nothing_else(serve: Serve) -> None:
    """The pages are the same in every framework, so one shows them all."""
    with httpx.Client(base_url=serve(FRAMEWORKS[0]), timeout=30, headers={"Accept": "text/html"}) as client:
        written = [answer for answer in write_everywhere(client) if answer.status_code in {200, 201}]
        assert len(written) > len(FEATURES)
        silent = set()
        for page in PAGES:
            html = client.get(page).text
            seen = {page: html}
            for link in Texts(html).links:
                address = urlsplit(urljoin(page, link))
                if not address.netloc and address.path not in {*PAGES, "/docs"} and "/api/" not in address.path:
                    seen.setdefault(link, client.get(link).text)
            for address, text in seen.items():
                assert not [loose for loose in Texts(text).loose if TURNED in loose], address
            silent |= set() if any(TURNED in text for text in seen.values()) else {page}
        assert len(silent) < len(PAGES) / 2, silent  # some take only names that fit in an address


def write_everywhere(client: httpx.Client) -> Iterator[httpx.Response]:
    """Send to every operation that writes what it asks for, with turned texts; those about a certain row find none."""
    for method, path, operation in operations(str(client.base_url)):
        if method == "post":
            parameters = operation.get("parameters", [])
            named = {parameter["name"]: made_up(parameter["schema"], TURNED) for parameter in parameters}
            address = path
            for name in re.findall(r"{(\w+)}", path):
                address = address.replace(f"{{{name}}}", quote(str(named.pop(name))))
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                for body in bodies(content["application/json"]["schema"]):
                    yield client.post(address, params=named, json=body, headers={"Accept": "*/*"})
            else:
                yield client.post(address, params=named, headers={"Accept": "*/*"})
