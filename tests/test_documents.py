"""Tier 1: what the tests of documents rest on: commands are found, false ones fail, links lead somewhere."""

import os
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.combinations import FEATURES, FRAMEWORKS
from tests.documents import find_lines, lines_of_block
from tests.reader import Reader
from tools.render import ROOT

DOCUMENTS = sorted(str(path.relative_to(ROOT)) for pattern in ("*.md", "docs/*.md") for path in ROOT.glob(pattern))

# --- Lines -----------------------------------------------------------------------------------------------------------


class Shop(BaseHTTPRequestHandler):
    """Answers any POST with a tea, any GET with a list of them that goes on, and knows no other address."""

    def do_POST(self) -> None:
        """Answer with what was made."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201, '{"id": 7, "name": "Zénith", "hot": true}')

    def do_GET(self) -> None:
        """Answer with a list."""
        self.answer(200 if self.path == "/teas" else 404, '[{"id": 7}]')

    def answer(self, status: int, body: str) -> None:
        """Send an answer."""
        self.send_response(status)
        if status == 200:
            self.send_header("Link", '</teas?cursor=7>; rel="next"')
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader in an empty folder, whose server is a Shop."""
    reader = Reader(tmp_path, dict(os.environ), tmp_path / "scratch")
    with ThreadingHTTPServer(("127.0.0.1", int(reader.port)), Shop) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield reader
        server.shutdown()


TEAS = "curl http://127.0.0.1:8000/teas"


@pytest.mark.parametrize(
    "text",
    [
        f"{TEAS}  # the teas; a Link header leads on",
        f'{TEAS}  # [{{"id":7}}]; again: 200',
        f'{TEAS} -d name=Zénith  # 201 {{"id":...,"name":"Zénith",...}}',
        f'{TEAS} -d name=Zénith\n# 201 {{"id":7,\n#  "name":"Zénith","hot":true}}\n# again: 201',
        'shop=http://127.0.0.1:8000 word="two words"\ncurl "$shop/coffees"  # 404\ntest "$word" = "two words"',
        "mkdir sub\ncd sub\ntouch here\nls  # prose: anything\nls | cat\n# here",
    ],
)
def test_true_lines_pass(text: str, reader: Reader) -> None:
    reader.read(lines_of_block(f"{text}\n", "a.md", 1))


@pytest.mark.parametrize(
    "text",
    [
        "curl http://127.0.0.1:8000/coffees",
        f"{TEAS}  # 404",
        f"{TEAS}; false",
        f'{TEAS}  # [{{"id":8}}]',
        f"{TEAS}  # 200; again: 404",
        f'{TEAS} -d name=Zénith  # 201 {{"id":7,"name":"Zénith"}}',
        f'{TEAS} -d name=Zénith  # 201 {{"id":',
        f"{TEAS} -d name=Zénith  # a Link header leads on",
        f"{TEAS} -d name=Zénith  # {{...,}}",
        "make nothing",
        "a-program-that-nobody-has",
        "cd nowhere",
        'echo "never closed',
        "seq 3 | tail -1\n# 4",
        "echo 'Traceback (most recent call last)'",
    ],
)
def test_a_broken_line_fails(text: str, reader: Reader) -> None:
    with pytest.raises(AssertionError, match=r"a\.md:1|a\.md:2"):
        reader.read(lines_of_block(f"{text}\n", "a.md", 1))


def test_lines_are_found_wherever_a_document_has_them() -> None:
    document = """
Run `make one`, or `PORT=8080 make
two`, `.venv/bin/python -m three`; see `make`, `maker two`, <http://127.0.0.1:8000/four> and <https://example.org>.

```sh
make five ARGS="# no comment"  # a comment
curl 'http://127.0.0.1:8000/six#anchor' \\
  -d '{"several":
    "lines"}'
# 201
```

```python
make = "no command"
```
"""
    found = {line.command: (line.place, line.beside, line.below) for line in find_lines(document, "a.md")}
    assert found == {
        "make one": ("a.md:2", "", ()),
        "PORT=8080 make two": ("a.md:2", "", ()),
        ".venv/bin/python -m three": ("a.md:3", "", ()),
        "curl 'http://127.0.0.1:8000/four'": ("a.md:3", "", ()),
        'make five ARGS="# no comment"': ("a.md:6", "a comment", ()),
        "curl 'http://127.0.0.1:8000/six#anchor' \\\n  -d '{\"several\":\n    \"lines\"}'": ("a.md:7", "", ("201",)),
    }


@pytest.mark.parametrize("language", ["", "console", "text"])
def test_a_block_with_commands_says_so(language: str) -> None:
    with pytest.raises(AssertionError, match=r"a\.md:1"):
        list(find_lines(f"```{language}\nmake one\n```\n", "a.md"))


@pytest.mark.parametrize(
    "document",
    [
        "```console\n$ make one\n```\n",
        "- a list\n\n  ```sh\n  make one\n  ```\n",
        "> ```sh\n> make one\n> ```\n",
        "~~~sh\nmake one\n~~~\n",
        "````sh\nmake one\n````\n",
        "```sh title=shell\nmake one\n```\n",
        "```sh\r\nmake one\r\n```\r\n",
    ],
)
def test_no_block_is_passed_over(document: str) -> None:
    with pytest.raises(AssertionError, match=r"a\.md:"):
        list(find_lines(document, "a.md"))


# --- Links -----------------------------------------------------------------------------------------------------------

LINKED = re.compile(r'\]\(([^)\s]+)\)|<img src="([^"]+)"')
REFERENCES = ("https://cassandra.apache.org/doc/", "https://docs.scylladb.com/")


def broken_links(document: Path) -> list[str]:
    """Return the links of a document, those to other sites apart, that lead to no file or to no heading of one."""
    text = document.read_text(encoding="utf-8")
    links = [link or image for link, image in LINKED.findall(text) if not (link or image).startswith("http")]
    return [link for link in links if not is_there(document, *link.partition("#")[::2])]


def is_there(document: Path, path: str, heading: str) -> bool:
    """Return True if a file beside a document is there, and has a heading that GitHub gives this name."""
    target = document.parent / path if path else document
    if not heading:
        return target.exists()
    headings = re.findall(r"^#+ (.*)", target.read_text(encoding="utf-8"), re.MULTILINE)
    return heading in {re.sub(r"[^\w\- ]", "", text).strip().lower().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("document", [*DOCUMENTS, "generated/README.md"])
def test_the_links_of_a_document_lead_somewhere(document: str) -> None:
    assert broken_links(ROOT / document) == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_links_of_a_projects_readme_lead_somewhere(framework: str, rendering: Callable[..., Path]) -> None:
    assert broken_links(rendering((framework, tuple(FEATURES))) / "README.md") == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text('# A b!\n[a](a.md) [b](#a-b) [c](a.md#c) [d](d.md) <img src="e.png">\n', encoding="utf-8")
    assert broken_links(document) == ["a.md#c", "d.md", "e.png"]


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_links_the_documentation_of_both_engines(feature: str) -> None:
    text = (ROOT / "tools" / "features" / feature / "README.md.jinja").read_text(encoding="utf-8")
    assert [site for site in REFERENCES if site not in text] == []
