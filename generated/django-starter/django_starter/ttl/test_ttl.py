"""The memory vault as its users meet it: over HTTP, with a look into the database."""

import re
import time
from typing import Any

import httpx
import pytest

import conftest

from ..db import cql_log
from . import service
from .schemas import SessionList

HOME = conftest.PAGES["ttl"]


def steal(client: httpx.Client, **query: str | int) -> dict[str, Any]:
    """Steal a memory and return it."""
    answer = client.post("/api/sessions", params={"memory": "A test", **query})
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session


def test_the_published_commands(client: httpx.Client) -> None:
    answer = client.post("/api/sessions?token=TEST1234&memory=My+secret&ttl=30")
    assert answer.status_code == 201
    session = answer.json()
    assert session.items() >= {"token": "TEST1234", "memory": "My secret", "dimension": "Dimension-4"}.items()
    assert session["ttl_seconds"] == session["remaining_ttl"] == 30
    assert session["stolen_at"].endswith("Z")
    assert client.get("/api/sessions/TEST1234").json()["memory"] == "My secret"
    assert "TEST1234" in [session["token"] for session in client.get("/api/sessions").json()]
    assert client.delete("/api/sessions/TEST1234").status_code == 204
    assert client.get("/api/sessions/TEST1234").status_code == 404
    assert client.delete("/api/sessions/TEST1234").status_code == 404


def test_a_memory_fades_in_the_database_without_a_delete(client: httpx.Client, select: conftest.Select) -> None:
    token = steal(client, token="FLEETING", ttl=4)["token"]
    by_token = 'SELECT memory FROM sessions WHERE "token" = ?'
    assert select(by_token, token)
    deadline = time.monotonic() + 20
    while select(by_token, token) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert select(by_token, token) == []
    assert client.get(f"/api/sessions/{token}").status_code == 404


def test_the_table_itself_has_a_default_ttl(keyspace: str, select: conftest.Select) -> None:
    tables = "SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'sessions'"
    assert select(tables, keyspace) == [{"default_time_to_live": 30}]


def test_without_a_token_one_is_made_and_the_default_ttl_is_30(client: httpx.Client) -> None:
    first, second = steal(client), steal(client)
    assert first["token"] != second["token"]
    assert first["ttl_seconds"] == 30


def test_the_same_token_replaces_the_row_and_restarts_its_time(client: httpx.Client, select: conftest.Select) -> None:
    steal(client, token="AGAIN", memory="one", ttl=50, dimension="Dimension-1")
    steal(client, token="AGAIN", memory="two", ttl=5000)
    (row,) = select(
        "SELECT TTL(memory) AS a, TTL(dimension) AS b, TTL(stolen_at) AS c, TTL(ttl_seconds) AS d, memory, dimension "
        "FROM sessions WHERE \"token\" = 'AGAIN'"
    )
    assert (row["memory"], row["dimension"]) == ("two", "Dimension-4")
    assert min(row["a"], row["b"], row["c"], row["d"]) > 4900, "every column must have the new TTL"


@pytest.mark.usefixtures("empty_tables")
def test_the_list_pages_without_loss_and_the_vault_shows_what_fades_first(client: httpx.Client) -> None:
    for number, ttl in enumerate([900, 300, 1500, 600, 1200, 300, 2100]):
        steal(client, token=f"T{number}", ttl=ttl)
    seen = conftest.walk(client, "/api/sessions?limit=3")
    assert sorted(session["token"] for session in seen) == [f"T{number}" for number in range(7)]
    assert all(0 < session["remaining_ttl"] <= session["ttl_seconds"] for session in seen)
    page = client.get(HOME).text
    assert [token[1] for token in re.findall(r"<code>(T\d)</code>", page)] == list("1530426")


@pytest.mark.usefixtures("empty_tables")
def test_a_page_of_the_list_is_one_statement_that_reads_no_more_than_it_shows(client: httpx.Client) -> None:
    for number in range(20):
        steal(client, token=f"T{number}")
    cursor = None
    for rows in (9, 9, 4):
        cql_log.start()
        page = service.list_sessions(SessionList(limit=8, cursor=cursor))
        assert [statement.rows for statement in cql_log.statements()] == [rows]
        cursor = page.cursor
    assert cursor is None


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"memory": "   "},
        {"memory": "x" * 501},
        {"memory": "nul \0 byte"},
        {"memory": "x", "ttl": 0},
        {"memory": "x", "ttl": 86_401},
        {"memory": "x", "ttl": "soon"},
        {"memory": "x", "token": "with/slash"},
        {"memory": "x", "token": ".."},
        {"memory": "x", "unknown": "field"},
    ],
)
def test_bad_input_is_refused_and_writes_nothing(
    client: httpx.Client, select: conftest.Select, query: dict[str, str | int]
) -> None:
    before = select("SELECT COUNT(*) AS n FROM sessions")
    answer = client.post("/api/sessions", params=query)
    assert answer.status_code == 422
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["detail"])
    assert select("SELECT COUNT(*) AS n FROM sessions")[0]["n"] <= before[0]["n"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=..", "cursor=made%20up", "page=2"])
def test_a_made_up_page_is_refused(client: httpx.Client, query: str) -> None:
    assert client.get(f"/api/sessions?{query}").status_code == 422


def test_the_page_steals_shows_and_forgets_without_javascript(client: httpx.Client, submit: conftest.Submit) -> None:
    token, memory = "PAGE-1", "<b>bold</b> & sharp"
    answer = submit(HOME, "/vault/steal", token=token, memory=memory, ttl="60")
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    page = client.get(HOME).text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; sharp" in page and memory not in page
    assert submit(HOME, "/vault/forget", token=token).status_code == 303
    assert client.get(f"/api/sessions/{token}").status_code == 404


def test_the_page_shows_a_refused_form_again_with_what_was_typed(submit: conftest.Submit) -> None:
    answer = submit(HOME, "/vault/steal", memory="kept as typed", ttl="0")
    assert answer.status_code == 422
    assert 'value="kept as typed"' in answer.text
    assert "greater than or equal to 1" in answer.text


def test_the_panel_shows_the_model_and_the_cql_of_the_page(client: httpx.Client, submit: conftest.Submit) -> None:
    submit(HOME, "/vault/steal", memory="seen under the hood", ttl="60")
    page = client.get(HOME).text
    _, _, panel = page.partition('id="hood"')
    assert "class Session(Document)" in panel
    assert "TTL(memory) AS remaining_ttl" in panel and "LOCAL_QUORUM" in panel
    assert "INSERT" not in panel and "seen under the hood" not in panel, "what somebody else has stolen"
