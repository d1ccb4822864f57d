"""Tier 1: features are plain Python, and the macros turn it into other frameworks' Python exactly as they promise."""

import re
from collections.abc import Iterator
from functools import cache
from io import StringIO
from itertools import product
from keyword import iskeyword
from pathlib import Path
from tokenize import OP, TokenInfo, generate_tokens
from typing import Any

import pytest
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE
from tools.render import ROOT
from tools.sources import FRAMING, body_of, framed_sources

PACKAGE = ROOT / "template" / "<<demo_name>>"
JINJA = SandboxedEnvironment(
    loader=FileSystemLoader(ROOT),
    extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    **{**TEMPLATE["_envops"], "undefined": StrictUndefined},
)
"""Jinja as copier sets it up for the template."""
NAME = "<<demo_name>>"
"""What the tests of a project import its package by; it is the only thing of the template in their Python."""
DELIMITERS = re.compile(r"<<|<%|%>|<#|#>")
ONE_LINERS = {
    "apps.py.jinja": "<% import 'includes/django/app.jinja' as app with context %>\n<< app.config('{}') >>\n",
    "urls.py.jinja": "<% import 'includes/django/app.jinja' as app with context %>\n<< app.urls('{}') >>\n",
}
"""The files of a feature that a macro writes whole."""
DECLARED = {"README.md.jinja", "routes.py.jinja"}
"""The files of a feature that are declarations or prose."""


def named(path: Path) -> str:
    """Return a name for a source in the list of tests."""
    return path.relative_to(ROOT).as_posix()


SOURCES = framed_sources()
each_source = pytest.mark.parametrize("source", SOURCES, ids=named)
each_page = pytest.mark.parametrize(("framework", "feature"), list(product(FRAMEWORKS, FEATURES)))


def python_of(source: Path) -> str:
    """Return the Python of a framed source, with a name for the package where it may have one."""
    return body_of(source) if PACKAGE in source.parents else body_of(source).replace(NAME, "thedemo")


def rendered(text: str, **context: Any) -> str:
    """Render a text of the template."""
    return JINJA.from_string(text).render(context)


# --- Plain Python ----------------------------------------------------------------------------------------------------


def files_of(feature: str) -> Iterator[Path]:
    """Yield the files of a feature."""
    return (path for path in (PACKAGE / feature).rglob("*") if path.is_file() and "__pycache__" not in path.parts)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_holds_jinja_only_in_its_framing_lines_and_declarations(feature: str) -> None:
    for path in files_of(feature):
        if path.suffix == ".jinja" and path.name not in DECLARED:
            text = path.read_text(encoding="utf-8")
            assert text == ONE_LINERS.get(path.name, "").format(feature) or FRAMING.fullmatch(text), named(path)


@each_source
def test_there_is_no_jinja_between_the_framing_lines(source: Path) -> None:
    assert not DELIMITERS.search(python_of(source))


@pytest.mark.parametrize("feature", FEATURES)
def test_pages_are_framed_with_the_name_of_their_feature(feature: str) -> None:
    framings = {path.name: FRAMING.fullmatch(path.read_text(encoding="utf-8")) for path in files_of(feature)}
    assert {name: found["feature"] for name, found in framings.items() if found and found["kind"] == "pages"} == {
        "pages.py.jinja": feature
    }


# --- Without async and await -----------------------------------------------------------------------------------------


def without_await(source: str) -> str:
    """Return Python for asyncio without its async and await, by tokens; strings and comments are single tokens."""
    tokens = list(generate_tokens(StringIO(source).readline))
    cuts: dict[tuple[int, int], tuple[int, str]] = {}
    """The length of what is replaced, and by what, by its row and column."""
    for index, token in enumerate(tokens):
        if token.string in {"async", "await"}:
            cuts[token.start] = len(token.string) + 1, ""
        if [name.string for name in tokens[index : index + 3]] == ["coodie", ".", "aio"]:
            cuts[tokens[index + 2].start] = len("aio"), "sync"
        if token.string == "(" and is_only_for_await(tokens, index):
            cuts[token.start] = cuts[tokens[closing(tokens, index)].start] = 1, ""
    lines = source.splitlines(keepends=True)
    for (row, column), (length, instead) in sorted(cuts.items(), reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + instead + line[column + length :]
    return "".join(lines)


def is_only_for_await(tokens: list[TokenInfo], opening: int) -> bool:
    """Return True if parentheses group an await of only names, calls and subscripts, which needs none without it."""
    before = tokens[opening - 1]
    is_call = before.string in {")", "]"} or is_name(before)
    if is_call or tokens[opening + 1].string != "await":
        return False
    return ends_primary(tokens, opening + 2) == closing(tokens, opening)


def is_name(token: TokenInfo) -> bool:
    """Return True if a token is a name."""
    return token.string.isidentifier() and not iskeyword(token.string)


def ends_primary(tokens: list[TokenInfo], index: int) -> int:
    """Return the index after a name and its attributes, calls and subscripts."""
    index += 1
    while (token := tokens[index]).type == OP and token.string in {".", "(", "["}:
        index = index + 2 if token.string == "." else closing(tokens, index) + 1
    return index


def closing(tokens: list[TokenInfo], opening: int) -> int:
    """Return the index of the bracket that closes another."""
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].type == OP:
            depth += (tokens[index].string in {"(", "[", "{"}) - (tokens[index].string in {")", "]", "}"})
        if depth == 0:
            return index
    raise ValueError("nothing closes it")


FRAMED = "<% import 'includes/python.jinja' as python with context %>\n<% call python.source() %>\n{}<% endcall %>\n"


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("async def f() -> None:\n    await g()\n", "def f() -> None:\n    g()\n"),
        ("async with a, b:\n    pass\n", "with a, b:\n    pass\n"),
        ("x = [y async for y in z]\n", "x = [y for y in z]\n"),
        ("x = (await f(a, g(b))).items\n", "x = f(a, g(b)).items\n"),
        ("assert not (await a.f())[0]\n", "assert not a.f()[0]\n"),
        ("x = f(await g(a))\n", "x = f(g(a))\n"),
        ("x = (await f(a) or 1).real\n", "x = (f(a) or 1).real\n"),
        ("from coodie.aio import execute_raw\n", "from coodie.sync import execute_raw\n"),
        ("import coodie.aio\n\nx: coodie.aio.QuerySet\n", "import coodie.sync\n\nx: coodie.sync.QuerySet\n"),
        ("awaited = no_async = 1\n", "awaited = no_async = 1\n"),
    ],
)
def test_projects_that_are_not_asynchronous_drop_async_and_await(written: str, becomes: str) -> None:
    assert without_await(written) == becomes
    assert rendered(FRAMED.format(written), asynchronous=False) == becomes


@pytest.mark.parametrize(
    "source",
    [
        'x = "Please await the end."\n',
        'x = f"{await f()}"\n',
        "# An async function.\n",
        '"""What an async function does."""\n',
        "# as coodie.aio does\n",
        'x = "coodie.aio"\n',
    ],
)
def test_a_text_or_comment_that_the_macro_would_change_is_noticed(source: str) -> None:
    assert without_await(source) == source
    assert rendered(FRAMED.format(source), asynchronous=False) != source


@each_source
def test_the_macro_removes_async_and_await_and_nothing_else(source: Path) -> None:
    body = python_of(source)
    assert rendered(FRAMED.format(body), asynchronous=True) == body
    assert rendered(FRAMED.format(body), asynchronous=False) == without_await(body)


# --- Pages -----------------------------------------------------------------------------------------------------------


@cache
def rules_of(framework: str) -> list[dict[str, Any]]:
    """Return the rules that turn FastAPI's pages into a framework's."""
    return vars(JINJA.get_template(f"includes/{framework}/pages.jinja").module)["rules"]


def applied(rule: dict[str, Any], text: str, feature: str) -> str:
    """Return a text after a rule has been applied."""
    return JINJA.filters["regex_replace"](text, rule["pattern"], rule["becomes"].replace("FEATURE", feature))


RULES = [(framework, number) for framework in FRAMEWORKS for number in range(len(rules_of(framework)))]
each_rule = pytest.mark.parametrize(
    ("framework", "rule"),
    [pytest.param(name, rules_of(name)[number], id=f"{name}-{number}") for name, number in RULES],
)


def test_every_framework_but_the_first_has_rules() -> None:
    assert {framework for framework, _ in RULES} == set(FRAMEWORKS[1:])


@each_rule
def test_a_rule_has_a_sentence_and_does_what_its_example_shows(framework: str, rule: dict[str, Any]) -> None:
    assert rule.keys() == {"says", "pattern", "becomes", "example"}
    assert re.fullmatch(r"[A-Z][^\n]*\.", rule["says"])
    written, becomes = (text.replace("FEATURE", "ttl") for text in rule["example"])
    assert applied(rule, written, "ttl") == becomes != written


@each_rule
def test_a_rule_is_used(framework: str, rule: dict[str, Any]) -> None:
    rules = rules_of(framework)
    before = rules[: rules.index(rule)]
    assert any(ruled(feature, before) != ruled(feature, [*before, rule]) for feature in FEATURES)


def ruled(feature: str, rules: list[dict[str, Any]]) -> str:
    """Return the pages of a feature after some rules have been applied."""
    text = body_of(PACKAGE / feature / "pages.py.jinja")
    for rule in rules:
        text = applied(rule, text, feature)
    return text


@each_page
def test_pages_are_what_the_rules_make_of_them_and_no_await_is_left(framework: str, feature: str) -> None:
    source = JINJA.get_template((PACKAGE / feature / "pages.py.jinja").relative_to(ROOT).as_posix())
    context = {"framework": framework, "single": False, "asynchronous": framework == "fastapi"}
    text = ruled(feature, rules_of(framework))
    expected = text if framework == "fastapi" else without_await(text)
    assert source.render(context, registry=TEMPLATE["registry"]["default"]) == expected


@each_page
def test_no_word_of_fastapi_is_left_in_the_pages_of_another_framework(framework: str, feature: str) -> None:
    left = re.findall(r"fastapi|\brouter\b|\bResponse\b|query_params", ruled(feature, rules_of(framework)))
    assert bool(left) == (framework == "fastapi"), left
