"""The Tally Storm as its users meet it: over HTTP, with a look into the database, and with a database that stalls."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cassandra.cluster import NoHostAvailable

import conftest
from conftest import Select, Submit
from tests.wire import Wire

from ..db import cql_log
from ..errors import OutcomeUnknown
from . import service, storm
from .models import PageViews, Votes
from .schemas import PageList, ViewsCount, VoteCast, today

HOME = conftest.PAGES["counters"]

CLIENTS = 32
"""How many requests are in flight at once."""


def count(client: httpx.Client, page: str, **query: int) -> dict[str, Any]:
    """Count views and return the day's counters."""
    answer = client.post(f"/api/pages/{page}/views", params=query)
    assert answer.status_code == 200, answer.text
    day: dict[str, Any] = answer.json()
    return day


def vote(client: httpx.Client, topic: str, direction: str, method: str = "POST") -> dict[str, Any]:
    """Cast a vote, or take one back, and return the topic's counters."""
    answer = client.request(method, f"/api/votes/{topic}", params={"direction": direction})
    assert answer.status_code == 200, answer.text
    votes: dict[str, Any] = answer.json()
    return votes


def at_once(times: int, request: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Send this many requests, CLIENTS at a time, and return their answers."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        return list(threads.map(request, range(times)))


def unique(word: str) -> str:
    """Return a name that no other test uses."""
    return f"{word}-{uuid4().hex[:8]}"


@pytest.mark.usefixtures("empty_tables")
def test_the_published_commands(client: httpx.Client) -> None:
    answer = client.post("/api/pages/weather-vane/views")
    assert answer.status_code == 200
    assert answer.json().items() >= {"page": "weather-vane", "views": 1, "visitors": 0}.items()
    day = client.post("/api/pages/weather-vane/views?count=10&visitors=4").json()
    assert (day["views"], day["visitors"]) == (11, 4)
    assert client.get("/api/pages/weather-vane?days=7").json()[0] == day
    total = {name: day[name] for name in ("page", "views", "visitors")}
    assert client.get("/api/pages?limit=5").json() == [total]

    url, votes = "/api/votes/tea-or-thunder?direction=up", {"topic": "tea-or-thunder", "up": 1, "down": 0}
    answer = client.post(url)
    assert (answer.status_code, answer.json()) == (200, votes)
    assert client.get("/api/votes").json() == [votes]
    answer = client.delete(url)
    assert (answer.status_code, answer.json()) == (200, {**votes, "up": 0})


def test_of_five_hundred_views_at_once_none_is_lost(client: httpx.Client, select: Select) -> None:
    page = unique("crowded")
    answers = at_once(500, lambda _: client.post(f"/api/pages/{page}/views?visitors=1"))
    assert {answer.status_code for answer in answers} == {200}
    assert max(answer.json()["views"] for answer in answers) == 500
    rows = select("SELECT views, visitors FROM page_views WHERE page = ?", page)
    assert rows == [{"views": 500, "visitors": 500}]


async def test_a_counter_that_was_never_touched_reads_0(client: httpx.Client, select: Select) -> None:
    page, topic = unique("quiet"), unique("quiet")
    assert count(client, page)["visitors"] == 0
    assert client.get(f"/api/pages/{page}").json()[0]["visitors"] == 0
    vote(client, topic, "up")
    assert select("SELECT visitors FROM page_views WHERE page = ?", page) == [{"visitors": None}]
    assert select("SELECT down FROM votes WHERE topic = ?", topic) == [{"down": None}]
    row = await PageViews.get(page=page, day=today())
    assert (row.day, row.views, row.visitors) == (today(), 1, 0)
    votes = await Votes.get(topic=topic)
    assert (votes.up, votes.down) == (1, 0)


@pytest.mark.usefixtures("keyspace")
def test_a_step_that_is_not_confirmed_is_answered_504_and_sent_once(wire: Wire, tmp_path: Path) -> None:
    page, topic = unique("stalled"), unique("stalled")
    with (
        conftest.serving(tmp_path / "server.log", **wire.environment, SCYLLA_REQUEST_TIMEOUT="3") as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        conftest.wait_until(lambda: conftest.answers(address), 60, lambda: "the database does not answer")
        # The statements must be prepared before the wire stalls.
        assert count(client, page)["views"] == vote(client, topic, "up")["up"] == 1
        wire.stall()
        steps = [f"/api/pages/{page}/views", f"/api/votes/{topic}?direction=up"]
        answers = at_once(2, lambda number: client.post(steps[number]))
        wire.resume()
        for answer in answers:
            assert (answer.status_code, answer.json()) == (504, {"detail": {"error": "outcome_unknown"}})
        conftest.wait_until(lambda: conftest.answers(address), 60, lambda: "the wire stays stalled")
        # What was held back passes the wire first: these count the first step, perhaps the stalled one, and their own.
        assert count(client, page)["views"] in {2, 3}
        assert vote(client, topic, "up")["up"] in {2, 3}


async def test_a_failed_read_after_a_step_does_not_ask_to_count_again(
    keyspace: str, monkeypatch: pytest.MonkeyPatch, select: Select
) -> None:
    async def fail(**_: object) -> None:
        raise NoHostAvailable("nobody answers", {})

    page, topic = unique("unread"), unique("unread")
    monkeypatch.setattr(PageViews, "find_one", fail)
    monkeypatch.setattr(Votes, "find_one", fail)
    with pytest.raises(OutcomeUnknown):
        await service.count_views(page, ViewsCount())
    with pytest.raises(OutcomeUnknown):
        await service.cast_vote(topic, VoteCast(direction="up"))
    assert select("SELECT views FROM page_views WHERE page = ?", page) == [{"views": 1}]
    assert select("SELECT up FROM votes WHERE topic = ?", topic) == [{"up": 1}]


def test_views_are_counted_for_today_in_utc(client: httpx.Client, select: Select) -> None:
    before = today()
    day = date.fromisoformat(count(client, unique("punctual"))["day"])
    assert before <= day <= today()


def test_the_tables_hold_counters_and_the_newest_day_first(keyspace: str, select: Select) -> None:
    of_table = "SELECT * FROM system_schema.columns WHERE keyspace_name = ? AND table_name = 'page_views'"
    columns = {row["column_name"]: row for row in select(of_table, keyspace)}
    assert (columns["day"]["type"], columns["day"]["clustering_order"]) == ("date", "desc")
    assert columns["views"]["type"] == columns["visitors"]["type"] == "counter"


@pytest.mark.usefixtures("empty_tables")
def test_the_ranking_is_sorted_by_views_and_pages_without_loss(client: httpx.Client, select: Select) -> None:
    for page, views in {"a": 5, "b": 9, "c": 5, "d": 1, "e": 30, "f": 9, "g": 2}.items():
        count(client, page, count=views)
    select("UPDATE page_totals SET views = views + 4, visitors = visitors + 3 WHERE page = 'd'")
    assert [(total["page"], total["views"]) for total in conftest.walk(client, "/api/pages?limit=2")] == [
        ("e", 30),
        ("b", 9),
        ("f", 9),
        ("a", 5),
        ("c", 5),
        ("d", 5),
        ("g", 2),
    ]
    assert client.get("/api/pages?limit=7").links == {}
    assert client.get("/api/pages?cursor=5-c").json()[0] == {"page": "d", "views": 5, "visitors": 3}
    assert client.get("/api/pages?cursor=0-zzz").json() == []


@pytest.mark.usefixtures("empty_tables")
async def test_the_totals_are_those_of_all_days(client: httpx.Client) -> None:
    for ago in range(40):
        await service.add_views(f"p{ago % 2}", today() - timedelta(days=ago), ViewsCount(count=2))
    count(client, "p0", count=3, visitors=1)
    totals = {"p0": (43, 1), "p1": (40, 0)}
    assert client.get("/api/pages").json() == [
        {"page": page, "views": views, "visitors": visitors} for page, (views, visitors) in totals.items()
    ]
    for page, (views, _) in totals.items():
        assert sum(day["views"] for day in client.get(f"/api/pages/{page}?days=3660").json()) == views


@pytest.mark.usefixtures("empty_tables")
def test_a_ranking_of_a_part_of_the_pages_says_so(client: httpx.Client, select: Select) -> None:
    def view(number: int) -> None:
        select("UPDATE page_totals SET views = views + 1 WHERE page = ?", f"p{number}")

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(view, range(service.MAX_RANKED)))
    assert "x-counted-over" not in client.get("/api/pages").headers
    assert "more pages than are ranked" not in client.get(HOME).text
    view(service.MAX_RANKED)
    answer = client.get("/api/pages", params={"limit": 500})
    assert answer.headers["x-counted-over"] == str(service.MAX_RANKED)
    assert client.get(answer.links["next"]["url"]).headers["x-counted-over"] == str(service.MAX_RANKED)
    assert len(conftest.walk(client, "/api/pages", limit=500)) == service.MAX_RANKED
    assert "more pages than are ranked" in client.get(HOME).text
    described = client.get("/openapi.json").json()["paths"]["/api/pages"]["get"]["responses"]["200"]["headers"]
    assert described.keys() == {"Link", "X-Counted-Over", "X-Left-Out"}


async def test_a_view_is_one_statement_for_the_day_and_the_totals(keyspace: str) -> None:
    cql_log.start()
    await service.add_views(unique("once"), today(), ViewsCount(count=2, visitors=1))
    (statement,) = cql_log.statements()
    assert statement.cql.startswith("BEGIN COUNTER BATCH UPDATE")
    assert statement.cql.count("UPDATE") == 2


def test_a_page_is_listed_day_by_day_within_the_days_asked_for(client: httpx.Client, select: Select) -> None:
    page = unique("old")
    for ago in (0, 1, 29, 30, 400):
        day = today() - timedelta(days=ago)
        select("UPDATE page_views SET views = views + ? WHERE page = ? AND day = ?", ago + 1, page, day)

    def listed(query: str) -> list[int]:
        return [day["views"] - 1 for day in conftest.walk(client, f"/api/pages/{page}?{query}")]

    assert listed("") == [0, 1, 29]
    assert listed("days=31") == [0, 1, 29, 30]
    assert listed("days=1") == [0]
    assert listed("days=3660&limit=2") == [0, 1, 29, 30, 400]
    assert listed(f"cursor={today() - timedelta(days=29)}") == []


def test_a_page_that_was_never_viewed_is_404_and_one_without_recent_views_is_empty(
    client: httpx.Client, select: Select
) -> None:
    page = unique("forgotten")
    assert client.get(f"/api/pages/{page}").status_code == 404
    select("UPDATE page_views SET views = views + 1 WHERE page = ? AND day = '2020-02-29'", page)
    answer = client.get(f"/api/pages/{page}")
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.usefixtures("empty_tables")
def test_the_topics_page_without_loss(client: httpx.Client) -> None:
    for number in range(7):
        vote(client, f"topic-{number}", "down")
    topics = [item["topic"] for item in conftest.walk(client, "/api/votes?limit=2")]
    assert sorted(topics) == [f"topic-{number}" for number in range(7)]


def test_votes_are_not_shown_below_zero_however_many_are_taken_back(client: httpx.Client, select: Select) -> None:
    topic = unique("contested")
    vote(client, topic, "up")
    answers = at_once(CLIENTS, lambda _: client.delete(f"/api/votes/{topic}?direction=up"))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["up"] for answer in answers} <= {0, 1}
    (raw,) = select("SELECT up FROM votes WHERE topic = ?", topic)
    assert raw["up"] <= 0
    # As if another request's step had come between a read and its write.
    select("UPDATE votes SET up = up - 2 WHERE topic = ?", topic)
    assert vote(client, topic, "up", "DELETE") == {"topic": topic, "up": 0, "down": 0}
    assert {"topic": topic, "up": 0, "down": 0} in conftest.walk(client, "/api/votes?limit=500")
    assert select("SELECT up FROM votes WHERE topic = ?", topic) == [{"up": raw["up"] - 2}]


def test_taking_back_where_nobody_voted_writes_nothing(client: httpx.Client, select: Select) -> None:
    topic = unique("unheard")
    assert vote(client, topic, "down", "DELETE") == {"topic": topic, "up": 0, "down": 0}
    assert select("SELECT topic FROM votes WHERE topic = ?", topic) == []


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "/api/pages/refused/views?count=0"),
        ("POST", "/api/pages/refused/views?count=1001"),
        ("POST", "/api/pages/refused/views?count=many"),
        ("POST", "/api/pages/refused/views?count=1.5"),
        ("POST", "/api/pages/refused/views?visitors=-1"),
        ("POST", "/api/pages/refused/views?count=1000&visitors=1001"),
        ("POST", "/api/pages/refused/views?count=2&visitors=3"),
        ("POST", "/api/pages/refused/views?visitors=2"),
        ("POST", "/api/pages/refused/views?day=2020-01-01"),
        ("POST", "/api/pages/two%20words/views"),
        ("POST", "/api/pages/nul%00/views"),
        ("POST", f"/api/pages/{'x' * 65}/views"),
        ("POST", "/api/votes/refused"),
        ("POST", "/api/votes/refused?direction=sideways"),
        ("POST", "/api/votes/refused?direction=views"),
        ("POST", "/api/votes/refused?direction=up&count=2"),
        ("POST", "/api/votes/-refused?direction=up"),
        ("DELETE", "/api/votes/refused"),
        ("DELETE", "/api/votes/refused?direction=UP"),
    ],
)
def test_bad_input_is_refused_and_counts_nothing(client: httpx.Client, select: Select, method: str, url: str) -> None:
    refused(client.request(method, url))
    assert select("SELECT page FROM page_views WHERE page = 'refused'") == []
    assert select("SELECT topic FROM votes WHERE topic = 'refused'") == []


@pytest.mark.parametrize(
    "url",
    [
        "/api/pages?limit=0",
        "/api/pages?limit=501",
        "/api/pages?cursor=made-up",
        "/api/pages?cursor=7",
        "/api/pages?cursor=-7-home",
        "/api/pages?cursor=12345678901234567890-home",
        "/api/pages?days=30",
        "/api/pages/home?days=0",
        "/api/pages/home?days=3661",
        "/api/pages/home?cursor=yesterday",
        "/api/pages/home?cursor=0",
        "/api/pages/home?cursor=2026-02-30",
        "/api/pages/two%20words",
        "/api/votes?cursor=two%20words",
        "/api/votes?limit=x",
    ],
)
def test_a_made_up_address_is_refused(client: httpx.Client, url: str) -> None:
    refused(client.get(url))


def refused(answer: httpx.Response) -> None:
    """Check for 422 in the common shape."""
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["detail"])


def test_any_day_continues_a_list(client: httpx.Client) -> None:
    page = unique("timeless")
    count(client, page)
    assert client.get(f"/api/pages/{page}?cursor=0001-01-01").json() == []
    assert len(client.get(f"/api/pages/{page}?cursor=9999-12-31").json()) == 1
    assert client.get("/api/pages?cursor=9999999999999999999-home").json() == client.get("/api/pages").json()


@pytest.mark.usefixtures("empty_tables")
def test_the_page_without_views_and_votes(client: httpx.Client) -> None:
    page = client.get(HOME).text
    assert "No views yet" in page and "Nothing to vote on yet" in page


@pytest.mark.usefixtures("empty_tables")
def test_the_page_counts_and_charts_without_javascript(client: httpx.Client, submit: Submit) -> None:
    answer = submit(HOME, "/tally/count", page="charted", count="7", visitors="5")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?page=charted")
    count(client, "busier", count=1000)
    page = client.get(answer.headers["location"]).text
    assert "charted: 7 views in 30 days" in page
    assert 'class="chart"' in page and "Views of charted per day" in page
    table = page.split('id="days"')[1].split("</table>")[0]
    days = re.findall(r'<time datetime="([^"]+)">', table)
    assert days == [(today() - timedelta(days=ago)).isoformat() for ago in range(30)]
    assert re.findall(r'<td class="number">(.*?)</td>', table)[:4] == ["7", "5", "0", "0"]
    assert "busier: 1,000 views in 30 days" in client.get(HOME).text, "the most viewed, where none is chosen"
    assert submit(HOME, "/tally/count", page="busier").status_code == 303
    assert client.get("/api/pages/busier").json()[0]["views"] == 1001


@pytest.mark.usefixtures("empty_tables")
def test_the_page_votes_and_takes_back_without_javascript(client: httpx.Client, submit: Submit) -> None:
    count(client, "kept", count=2)
    count(client, "first", count=3)
    answer = submit(f"{HOME}?page=kept", "/tally/vote", topic="tea-or-thunder", direction="up")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?page=kept"), "what was shown stays shown"
    vote(client, "tea-or-thunder", "down")
    assert "1 for, 1 against" in client.get(HOME).text
    answer = submit(f"{HOME}?page=kept", "/tally/take-back", direction="up")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?page=kept")
    assert "0 for, 1 against" in client.get(HOME).text


def test_the_page_shows_a_refused_form_again_with_what_was_typed(submit: Submit) -> None:
    answer = submit(HOME, "/tally/count", page="kept.as-typed", count="3", visitors="4")
    assert answer.status_code == 422
    assert 'value="kept.as-typed"' in answer.text
    assert "more visitors than views" in answer.text
    answer = submit(HOME, "/tally/vote", topic="no spaces", direction="up")
    assert answer.status_code == 422
    assert 'value="no spaces"' in answer.text
    assert 'aria-describedby="topic-error"' in answer.text


@pytest.mark.parametrize("query", [{"page": "two words"}, {"pages_cursor": "x"}, {"topics_cursor": "-"}])
def test_the_page_refuses_a_made_up_address(client: httpx.Client, query: dict[str, str]) -> None:
    assert client.get(HOME, params=query).status_code == 422


def test_the_page_of_a_page_that_was_never_viewed_is_404(client: httpx.Client) -> None:
    count(client, unique("seen"))
    assert client.get(HOME, params={"page": unique("unseen")}).status_code == 404


@pytest.mark.usefixtures("empty_tables")
def test_the_page_leads_to_all_pages_and_topics_and_refreshes_at_their_beginning(client: httpx.Client) -> None:
    for number in range(storm.RANKED + 1):
        count(client, f"page-{number:02d}")
    for number in range(storm.TOPICS + 1):
        vote(client, f"topic-{number:02d}", "up")
    first = client.get(HOME).text
    assert 'hx-trigger="every 5s"' in first
    for name, word in (("pages_cursor", "page"), ("topics_cursor", "topic")):
        (link,) = re.findall(rf'href="([^"]*{name}=[^"]*)"', first)
        further = client.get(link.replace("&amp;", "&")).text
        assert 'hx-trigger="every 5s"' not in further
        shown = [set(re.findall(rf'id="(?:view|up)-({word}-\d\d)"', text)) for text in (first, further)]
        assert len(shown[1]) == 1 and not shown[0] & shown[1]


def test_the_panel_shows_the_models_and_the_cql_of_the_page(
    client: httpx.Client, submit: Submit, keyspace: str
) -> None:
    submit(HOME, "/tally/count", page="under-the-hood", count="3", visitors="2")
    page = client.get(HOME).text
    _, _, panel = page.partition('id="hood"')
    assert "class PageViews(CounterDocument)" in panel
    assert f"FROM {keyspace}.page_views" in panel and "LOCAL_QUORUM" in panel
    assert "UPDATE" not in panel, "what somebody else has counted"


async def totals() -> tuple[int, int, int]:
    """Return how many pages there are, and their views and visitors."""
    pages = (await service.list_pages(PageList(limit=500))).items
    return len(pages), sum(total.views for total in pages), sum(total.visitors for total in pages)


@pytest.mark.usefixtures("empty_tables")
async def test_the_seed_counts_what_it_says_and_only_once_where_that_is_asked_for() -> None:
    command = [*conftest.SEEDS["counters"], "--pages", "12", "--count", "90"]
    assert conftest.run([*command, "--views-once"]).returncode == 0
    pages, views, visitors = await totals()
    assert (pages, views) == (12, 90)
    assert 0 < visitors < views
    again = conftest.run([*command, "--views-once"])
    assert (again.returncode, await totals()) == (0, (pages, views, visitors))
    assert "nothing is added" in again.stdout
    assert conftest.run(command).returncode == 0
    assert await totals() == (pages, 2 * views, 2 * visitors)


@pytest.mark.usefixtures("empty_tables")
async def test_a_feed_names_days_that_have_come(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text(f"page,day,count,visitors\nhome,,5,2\nhome,2020-02-29,7,\nhome,{today() + timedelta(days=2)},1,1\n")
    done = conftest.run([*conftest.SEEDS["counters"], "--feed", str(feed)])
    assert done.returncode == 1
    assert "line 4: day: this day has not come yet" in done.stdout
    assert await totals() == (1, 12, 2)
