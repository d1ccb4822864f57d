"""The Tag Mind as its users see it, over HTTP, with a look at its models and into the database."""

import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import conftest
from conftest import Select, Submit

from ..db import cql_log
from . import mind, service
from .models import Article, Author, Event
from .schemas import ArticleCreate, ArticleList, ArticleUpdate, MetadataValue, MindQuery, NoteAdd, TagList, TagsAdd

HOME = conftest.PAGES["collections"]

ODILE = {"name": "Odile", "email": "odile@minds.example"}
TIDES = {"title": "On tides", "body": "They come back.", "author": ODILE}
JSON = {"Content-Type": "application/json"}

FULL = Article(
    title="Große Flut, 高潮 🌊",
    body="Line one.\nLine “two”, with ' and \\ and $$.",
    author=Author(name="Снежана Пятая", email="snezhana@minds.example"),
    tags={"зима", "déjà vu", "C++", "100 %?", "🌊"},
    notes=["b", "a", "b", "ключ"],
    metadata={"mood": "calm", "größe": "10 m", "empty?": "{}"},
    badges=frozenset({"rare", "höchst selten"}),
    history=[
        Event(at=datetime(1969, 12, 31, 23, 59, 59, 999000, UTC), action="thought"),
        Event(at=datetime(2026, 3, 29, 1, 30, 0, 1000, UTC), action="gedacht"),
    ],
)
EMPTY = Article(title="t", body="b", author=FULL.author, tags=[], notes=[], metadata={}, badges=[], history=[])


def insert(client: httpx.Client, **fields: object) -> dict[str, Any]:
    """Write an article and return it."""
    answer = client.post("/api/articles", json={**TIDES, **fields})
    assert answer.status_code == 201, answer.text
    article: dict[str, Any] = answer.json()
    return article


def at_once(times: int, request: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Send requests from as many threads and return their answers."""
    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(request, range(times)))


def until_known(request: Callable[[], httpx.Response]) -> httpx.Response:
    """Repeat a request while its outcome is unknown; only for changes that may be made twice."""
    for _ in range(10):
        answer = request()
        if answer.status_code != 504:
            break
    return answer


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def refused(answer: httpx.Response) -> None:
    """Check for 422 in the common shape."""
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["detail"])


def write(article: Article) -> Article:
    """Write a copy of an article, bypassing the service, and return it."""
    copy = article.model_copy(update={"id": uuid4()})
    assert copy.insert().applied
    return copy


def read(article_id: UUID | str) -> Article:
    """Read an article, bypassing the service."""
    return Article.get(id=UUID(str(article_id)))


def test_the_published_commands(client: httpx.Client) -> None:
    answer = client.post("/api/articles", json={**TIDES, "tags": ["tides"]})
    assert answer.status_code == 201
    article = answer.json()
    assert article == {
        **TIDES,
        "id": str(UUID(article["id"])),
        "tags": ["tides"],
        "notes": [],
        "metadata": {},
        "badges": [],
        "history": [{"at": article["history"][0]["at"], "action": "created"}],
    }
    assert article["history"][0]["at"].endswith("Z")
    url = f"/api/articles/{article['id']}"
    assert client.get(url).json() == article
    assert client.post(f"{url}/tags", json={"tags": ["moon", "déjà vu"]}).json()["tags"] == ["déjà vu", "moon", "tides"]
    assert client.delete(f"{url}/tags/moon").json()["tags"] == ["déjà vu", "tides"]
    assert client.delete(f"{url}/tags/moon").status_code == 404
    client.post(f"{url}/notes", json={"text": "Twice a day."})
    noted = client.post(f"{url}/notes", json={"text": "  Read this first. ", "at": "start"})
    assert (noted.status_code, noted.json()["notes"]) == (200, ["Read this first.", "Twice a day."])
    assert client.put(f"{url}/metadata/mood", json={"value": "calm"}).json()["metadata"] == {"mood": "calm"}
    assert article["id"] in [found["id"] for found in client.get("/api/articles?tag=tides&limit=500").json()]
    assert "tides" in [tag["tag"] for tag in client.get("/api/tags?limit=500").json()]

    replaced = client.put(url, json={**TIDES, "body": "They do not."}).json()
    assert (replaced["body"], replaced["tags"], replaced["metadata"]) == ("They do not.", [], {})
    assert replaced["notes"] == noted.json()["notes"]
    assert [event["action"] for event in replaced["history"]] == [
        "created",
        "tagged déjà vu, moon",
        "untagged moon",
        "note appended",
        "note prepended",
        "metadata mood set",
        "replaced",
    ]
    answer = client.delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(url).status_code == client.delete(url).status_code == 404


# --- What was written reads back equal -------------------------------------------------------------------------------


def test_the_table_has_the_collections_and_the_types(keyspace: str, select: Select) -> None:
    columns = "SELECT column_name, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = 'articles'"
    assert {row["column_name"]: row["type"] for row in select(columns, keyspace)} == {
        "id": "uuid",
        "title": "text",
        "body": "text",
        "author": "frozen<article_author>",
        "tags": "set<text>",
        "notes": "list<text>",
        "metadata": "map<text, text>",
        "badges": "frozen<set<text>>",
        "history": "list<frozen<article_event>>",
    }


@pytest.mark.usefixtures("keyspace")
@pytest.mark.parametrize("article", [FULL, EMPTY], ids=["full", "empty"])
def test_what_was_written_reads_back_equal_types_included(article: Article) -> None:
    written = write(article)
    found = read(written.id)
    assert found == written
    for name in Article.model_fields:
        assert type(getattr(found, name)) is type(getattr(written, name)), name
    for event in found.history:
        assert type(event) is Event and event.at.tzinfo is UTC
    assert type(found.author) is Author


def test_the_database_holds_what_was_written(select: Select) -> None:
    (row,) = select("SELECT * FROM articles WHERE id = ?", write(FULL).id)
    assert (set(row["tags"]), row["notes"], dict(row["metadata"])) == (FULL.tags, FULL.notes, FULL.metadata)
    assert set(row["badges"]) == FULL.badges
    assert (row["author"].name, row["author"].email) == (FULL.author.name, FULL.author.email)
    # The driver returns naive times, in UTC.
    assert [(event.at.replace(tzinfo=UTC), event.action) for event in row["history"]] == [
        (event.at, event.action) for event in FULL.history
    ]
    (row,) = select("SELECT * FROM articles WHERE id = ?", write(EMPTY).id)
    assert (row["tags"], row["notes"], row["metadata"], row["history"]) == (None, None, None, None)


@pytest.mark.parametrize("article", [FULL, EMPTY], ids=["full", "empty"])
def test_what_was_sent_comes_back_over_http(client: httpx.Client, article: Article) -> None:
    sent = article.model_dump(mode="json", exclude={"id", "history"})
    sent |= {"tags": sorted(article.tags), "badges": sorted(article.badges)}
    written = insert(client, **sent)
    assert written.items() >= sent.items()
    url = f"/api/articles/{written['id']}"
    assert client.get(url).json() == written
    other = insert(client, tags=["to be replaced"], metadata={"to be": "replaced"}, badges=["to be replaced"])
    replacement = {name: value for name, value in sent.items() if name != "notes"}
    replaced = client.put(f"/api/articles/{other['id']}", json=replacement)
    assert replaced.status_code == 200
    assert replaced.json().items() >= replacement.items()
    assert client.get(f"/api/articles/{other['id']}").json() == replaced.json()


@pytest.mark.parametrize("label", ["зима", "100 %?", "C++", "a b", "#1", "🌊", "%2F", "'; DROP", "x" * 40])
def test_every_label_fits_in_an_address(client: httpx.Client, label: str) -> None:
    url = f"/api/articles/{insert(client)['id']}"
    part = httpx.URL("/", params={"label": label}).query.decode().removeprefix("label=").replace("+", "%20")
    assert client.post(f"{url}/tags", json={"tags": [label]}).json()["tags"] == [label]
    assert client.get("/api/articles", params={"tag": label, "limit": 500}).status_code == 200
    assert client.delete(f"{url}/tags/{part}").json()["tags"] == []
    assert client.put(f"{url}/metadata/{part}", json={"value": label}).json()["metadata"] == {label: label}
    assert client.delete(f"{url}/metadata/{part}").json()["metadata"] == {}


# --- One operation each ----------------------------------------------------------------------------------------------


def test_fifty_additions_of_tags_at_once_all_survive(client: httpx.Client) -> None:
    url = f"/api/articles/{insert(client, tags=['first'])['id']}"

    def add(number: int) -> httpx.Response:
        return until_known(lambda: client.post(f"{url}/tags", json={"tags": [f"thought {number}"]}))

    assert statuses(at_once(50, add)) == {200: 50}
    article = client.get(url).json()
    thoughts = {f"thought {number}" for number in range(50)}
    assert set(article["tags"]) == {"first", *thoughts}
    events = {event["action"] for event in article["history"]}
    assert events == {"created", *(f"tagged {thought}" for thought in thoughts)}


def test_notes_from_both_ends_at_once_all_survive(client: httpx.Client) -> None:
    url = f"/api/articles/{insert(client, notes=['middle'])['id']}"
    ends = [("start", "end")[number % 2] for number in range(20)]
    answers = at_once(20, lambda number: client.post(f"{url}/notes", json={"text": str(number), "at": ends[number]}))
    notes = client.get(url).json()["notes"]
    assert len(set(notes)) == len(notes), "none is there twice"
    middle = notes.index("middle")
    for number, answer in enumerate(answers):
        if answer.status_code != 504:  # a note must not be sent again, whatever became of the first attempt
            assert answer.status_code == 200
            assert (notes.index(str(number)) < middle) == (ends[number] == "start")


def test_what_different_minds_do_at_once_does_not_undo_the_others(client: httpx.Client) -> None:
    url = f"/api/articles/{insert(client, tags=[f'old {n}' for n in range(10)], metadata={'k0': 'old'})['id']}"

    def act(number: int) -> httpx.Response:
        match number % 3:
            case 0:
                return client.post(f"{url}/tags", json={"tags": [f"new {number // 3}"]})
            case 1:
                return client.delete(f"{url}/tags/old {number // 3}")
        return client.put(f"{url}/metadata/k{number // 3}", json={"value": "new"})

    at_once(30, lambda number: until_known(lambda: act(number)))
    article = client.get(url).json()
    assert article["tags"] == [f"new {number}" for number in range(10)]
    assert article["metadata"] == {f"k{number}": "new" for number in range(10)}


CHANGES = {
    "add_tags": ((TagsAdd(tags=["a"]),), '"tags" = "tags" + ?'),
    "remove_tag": (("tides",), '"tags" = "tags" - ?'),
    "prepend": ((NoteAdd(text="n", at="start"),), '"notes" = ? + "notes"'),
    "append": ((NoteAdd(text="n"),), '"notes" = "notes" + ?'),
    "set_metadata": (("mood", MetadataValue(value="calm")), '"metadata"[?] = ?'),
    "remove_metadata": (("mood",), '"metadata" = "metadata" - ?'),
    "replace_article": ((ArticleUpdate(**TIDES),), '"title" = ?, "body" = ?, "author" = ?, "tags" = ?'),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.usefixtures("keyspace")
def test_a_change_is_one_statement_between_two_reads(change: str) -> None:
    article = write(FULL.model_copy(update={"tags": {"tides"}}))
    arguments, operation = CHANGES[change]
    make = getattr(service, "add_note" if change.endswith("pend") else change)
    cql_log.start()
    make(article.id, *arguments)
    before, statement, after = [statement.cql for statement in cql_log.statements()]
    assert before.startswith("SELECT") and after.startswith("SELECT")
    assert re.search(rf" SET .*{re.escape(operation)}.* WHERE ", statement)
    assert '"history" = "history" + ?' in statement
    assert statement.endswith(" IF EXISTS")


@pytest.mark.usefixtures("keyspace")
def test_an_article_is_created_and_deleted_by_transactions_as_well() -> None:
    cql_log.start()
    article = service.create_article(ArticleCreate(**TIDES))
    service.delete_article(article.id)
    created, found, deleted = [statement.cql for statement in cql_log.statements()]
    assert created.startswith("INSERT") and created.endswith(" IF NOT EXISTS")
    assert found.startswith("SELECT")
    assert deleted.startswith("DELETE") and deleted.endswith(" IF EXISTS")


REQUESTS = [
    ("GET", "", None),
    ("PUT", "", TIDES),
    ("DELETE", "", None),
    ("POST", "/tags", {"tags": ["ghost"]}),
    ("DELETE", "/tags/ghost", None),
    ("POST", "/notes", {"text": "boo"}),
    ("POST", "/notes", {"text": "boo", "at": "start"}),
    ("PUT", "/metadata/ghost", {"value": "boo"}),
    ("DELETE", "/metadata/ghost", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_an_unknown_article_is_404_and_no_ghost_appears(
    client: httpx.Client, select: Select, method: str, path: str, body: Any
) -> None:
    article_id = uuid4()
    answer = client.request(method, f"/api/articles/{article_id}{path}", json=body)
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no such article."})
    assert select("SELECT id FROM articles WHERE id = ?", article_id) == []


def test_a_change_that_meets_a_deletion_leaves_no_ghost(client: httpx.Client, select: Select) -> None:
    article_id = insert(client)["id"]
    url = f"/api/articles/{article_id}"

    def act(number: int) -> httpx.Response:
        return client.delete(url) if number == 5 else client.post(f"{url}/tags", json={"tags": [f"t{number}"]})

    answers = at_once(10, lambda number: until_known(lambda: act(number)))
    assert statuses(answers).keys() <= {200, 204, 404}
    assert client.get(url).status_code == 404
    assert select("SELECT id FROM articles WHERE id = ?", UUID(article_id)) == []


def test_of_many_deletions_exactly_one_is_applied(client: httpx.Client) -> None:
    url = f"/api/articles/{insert(client)['id']}"
    assert statuses(at_once(10, lambda _: client.delete(url))) == {204: 1, 404: 9}


@pytest.mark.parametrize(("path", "what"), [("/tags/none", "tag"), ("/metadata/none", "metadata")])
def test_removing_what_is_not_there_is_404_and_no_event(client: httpx.Client, path: str, what: str) -> None:
    article = insert(client, tags=["one"], metadata={"key": "value"})
    url = f"/api/articles/{article['id']}"
    answer = client.delete(url + path)
    assert (answer.status_code, answer.json()) == (404, {"detail": f"The article has no such {what}."})
    assert client.get(url).json() == article


# --- Bounds ----------------------------------------------------------------------------------------------------------


def test_a_full_collection_takes_no_more_but_what_it_has_already(client: httpx.Client) -> None:
    full = {
        "tags": [f"t{number}" for number in range(100)],
        "notes": [f"n{number}" for number in range(100)],
        "metadata": {f"k{number}": "old" for number in range(50)},
    }
    url = f"/api/articles/{insert(client, **full)['id']}"
    for answer, limit in (
        (client.post(f"{url}/tags", json={"tags": ["t1", "one more"]}), "100 tags"),
        (client.post(f"{url}/notes", json={"text": "one more"}), "100 notes"),
        (client.post(f"{url}/notes", json={"text": "one more", "at": "start"}), "100 notes"),
        (client.put(f"{url}/metadata/more", json={"value": "v"}), "50 metadata entries"),
    ):
        assert (answer.status_code, answer.json()) == (409, {"detail": f"An article holds at most {limit}."})
    assert client.get(url).json().items() >= {**full, "tags": sorted(full["tags"])}.items()
    assert client.post(f"{url}/tags", json={"tags": ["t1", "t99"]}).status_code == 200
    assert client.put(f"{url}/metadata/k7", json={"value": "new"}).json()["metadata"]["k7"] == "new"
    assert client.delete(f"{url}/tags/t0").status_code == 200
    assert client.post(f"{url}/tags", json={"tags": ["one more"]}).status_code == 200


def test_a_long_history_loses_its_oldest_events(client: httpx.Client) -> None:
    events = [Event(at=datetime(2026, 1, 1, 0, 0, 0, 1000 * number, UTC), action=str(number)) for number in range(100)]
    article = write(FULL.model_copy(update={"history": events}))
    url = f"/api/articles/{article.id}"
    answers = at_once(5, lambda number: client.post(f"{url}/tags", json={"tags": [f"t{number}"]}))
    assert statuses(answers) == {200: 5}
    actions = [event["action"] for event in client.get(url).json()["history"]]
    assert 50 <= len(actions) < 100
    assert sorted(actions[-5:]) == [f"tagged t{number}" for number in range(5)], "the newest are all there"
    kept = actions[:-5]
    assert kept == [str(number) for number in range(100 - len(kept), 100)], "the oldest went, in order"


def test_an_event_names_many_tags_in_short(client: httpx.Client) -> None:
    url = f"/api/articles/{insert(client)['id']}"
    tags = [f"{number:03d} {'x' * 30}" for number in range(50)]
    event = client.post(f"{url}/tags", json={"tags": tags}).json()["history"][-1]
    assert event["action"].startswith("tagged 000 xxx") and event["action"].endswith(" …")
    assert len(event["action"]) <= 120


# --- Lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_the_lists_page_without_loss(client: httpx.Client) -> None:
    tides = {insert(client, tags=["tides", f"only {number}"])["id"] for number in range(7)}
    others = {insert(client, tags=["moon"])["id"] for _ in range(3)} | {insert(client)["id"]}
    for query, expected in {"limit=3": tides | others, "tag=tides&limit=3": tides}.items():
        assert sorted(each["id"] for each in conftest.walk(client, f"/api/articles?{query}")) == sorted(expected)
    assert "link" not in client.get("/api/articles?tag=tides&limit=7").headers
    assert client.get("/api/articles?tag=nothing").json() == []
    tags = [("tides", 7), ("moon", 3), *((f"only {number}", 1) for number in range(7))]
    assert [(tag["tag"], tag["number"]) for tag in conftest.walk(client, "/api/tags?limit=2")] == tags


@pytest.mark.usefixtures("empty_tables")
def test_tags_are_counted_over_so_many_articles_and_that_is_said(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        insert(client, tags=["tides"])
    for most, counted_over in ((5, None), (4, 4)):
        monkeypatch.setattr(service, "MAX_COUNTED", most)
        monkeypatch.setattr(mind, "SAMPLED", most)
        cql_log.start()
        tags = service.list_tags(TagList())
        (statement,) = cql_log.statements()
        assert statement.cql == "SELECT tags FROM articles LIMIT ?"
        assert ([tag.number for tag in tags.items], tags.counted_over) == ([most], counted_over)
        shown = mind.read_mind(MindQuery())
        assert (shown.counted, shown.there_are_more) == (most, most == 4)


@pytest.mark.usefixtures("empty_tables")
def test_without_articles_there_are_no_tags(client: httpx.Client) -> None:
    assert client.get("/api/tags").json() == client.get("/api/articles").json() == []


def test_a_tag_is_found_as_long_as_it_is_there(client: httpx.Client) -> None:
    def found() -> set[str]:
        return {article["id"] for article in client.get("/api/articles?tag=seeking&limit=500").json()}

    article = insert(client)["id"]
    url = f"/api/articles/{article}"
    client.post(f"{url}/tags", json={"tags": ["seeking"]})
    assert article in found()
    client.put(url, json={**TIDES, "tags": ["Seeking"]})
    assert article not in found(), "tags differ by case"
    client.put(url, json={**TIDES, "tags": ["seeking"]})
    assert article in found()
    client.delete(f"{url}/tags/seeking")
    assert article not in found()


def test_the_articles_of_a_tag_come_from_the_index(keyspace: str, select: Select) -> None:
    query = ArticleList(tag="tides", cursor=uuid4())
    cql_log.start()
    service.list_articles(query)
    (statement,) = cql_log.statements()
    assert '"tags" CONTAINS ?' in statement.cql and "ALLOW FILTERING" not in statement.cql
    indexes = "SELECT options FROM system_schema.indexes WHERE keyspace_name = ? AND table_name = 'articles'"
    (index,) = select(indexes, keyspace)
    assert "tags" in index["options"]["target"]


# --- Bad input -------------------------------------------------------------------------------------------------------

LABELS = ["", "  ", "a/b", "a,b", ".a", "..", "x" * 41, "nul \0 byte", "line\nbreak", "\x7f", "half \ud800", 7, None]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": None},
        {"title": "  "},
        {"title": "x" * 121},
        {"title": "Refused \0"},
        {"body": ""},
        {"body": "x" * 5001},
        {"body": ["text"]},
        {"author": None},
        {"author": "Odile"},
        {"author": {"name": "Odile"}},
        {"author": {**ODILE, "email": "nowhere"}},
        {"author": {**ODILE, "name": "x" * 81}},
        {"author": {**ODILE, "age": 7}},
        {"tags": "a, b"},
        {"tags": {"a": 1}},
        {"tags": [f"t{number}" for number in range(101)]},
        *({"tags": ["good", label]} for label in LABELS),
        *({"badges": [label]} for label in LABELS),
        {"badges": [f"b{number}" for number in range(11)]},
        {"notes": ["x" * 501]},
        {"notes": [""]},
        {"notes": ["note"] * 101},
        {"metadata": [["k", "v"]]},
        {"metadata": {"k": 7}},
        {"metadata": {"k": ""}},
        {"metadata": {"k": "x" * 201}},
        {"metadata": {"a/b": "v"}},
        {"metadata": {"": "v"}},
        {"metadata": {"k": "v", " k": "w"}},
        {"metadata": {f"k{number}": "v" for number in range(51)}},
        {"id": str(uuid4())},
        {"history": []},
        {"unknown": "field"},
    ],
    ids=lambda fields: json.dumps(fields)[:60],
)
def test_a_bad_article_is_refused_and_not_written(client: httpx.Client, select: Select, fields: dict[str, Any]) -> None:
    body = json.dumps({**TIDES, "title": "Refused", **fields}).encode()
    refused(client.post("/api/articles", content=body, headers=JSON))
    assert "Refused" not in [row["title"] for row in select("SELECT title FROM articles")]
    article = insert(client)
    if "notes" not in fields:
        refused(client.put(f"/api/articles/{article['id']}", content=body, headers=JSON))
    assert client.get(f"/api/articles/{article['id']}").json() == article


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/tags", {"tags": []}),
        ("POST", "/tags", {}),
        ("POST", "/tags", {"tags": ["a"], "more": 1}),
        ("POST", "/tags", {"tags": "a"}),
        ("POST", "/tags", ["a"]),
        ("POST", "/tags", {"tags": ["a/b"]}),
        ("POST", "/notes", {"text": "x", "at": "middle"}),
        ("POST", "/notes", {"text": "x", "at": None}),
        ("POST", "/notes", {"text": "x" * 501}),
        ("POST", "/notes", {"at": "end"}),
        ("PUT", "/metadata/key", {"value": ""}),
        ("PUT", "/metadata/key", {"value": 7}),
        ("PUT", "/metadata/key", {}),
        ("PUT", "/metadata/.key", {"value": "v"}),
        ("PUT", "/metadata/a,b", {"value": "v"}),
        ("DELETE", "/metadata/a%00b", None),
        ("DELETE", "/tags/a%2Cb", None),
        ("DELETE", f"/tags/{'x' * 41}", None),
        ("DELETE", "/tags/%20", None),
        ("PUT", "", {**TIDES, "notes": ["not this way"]}),
        ("PUT", "", {"title": "only a title"}),
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(client: httpx.Client, method: str, path: str, body: Any) -> None:
    article = insert(client, tags=["kept"])
    url = f"/api/articles/{article['id']}"
    refused(client.request(method, url + path, json=body))
    assert client.get(url).json() == article


@pytest.mark.parametrize(
    "url",
    [
        "/api/articles?limit=0",
        "/api/articles?limit=501",
        "/api/articles?cursor=made-up",
        "/api/articles?tag=",
        "/api/articles?tag=a/b",
        "/api/articles?page=2",
        "/api/articles/no-uuid",
        "/api/tags?cursor=tides",
        "/api/tags?cursor=1-",
        "/api/tags?cursor=-1-tides",
        "/api/tags?limit=x",
        "/api/tags?tag=tides",
    ],
)
def test_a_made_up_address_is_refused(client: httpx.Client, url: str) -> None:
    refused(client.get(url))


# --- The pages -------------------------------------------------------------------------------------------------------

CARD = re.compile(r'<li class="card" id="article-([0-9a-f-]{36})">(.*?)</li>', re.DOTALL)
ARTICLE = "/mind/article?article="


def cards(page: str) -> dict[str, str]:
    """Return the cards of a page by the ids of their articles."""
    return dict(CARD.findall(page))


@pytest.mark.usefixtures("empty_tables")
def test_the_page_without_articles(client: httpx.Client) -> None:
    page = client.get(HOME).text
    assert "0 tags on 0 articles" in page and "No thought yet." in page and "No article here" in page


@pytest.mark.usefixtures("empty_tables")
def test_the_cloud_shows_what_is_used_more_in_larger_letters(client: httpx.Client) -> None:
    for number in range(5):
        insert(client, tags=["every", *(["some"] if number < 3 else []), *(["one & <only>"] if number == 0 else [])])
    page = client.get(HOME).text
    assert "3 tags on 5 articles" in page
    cloud = page.split('class="cloud"')[1].split("</ul>")[0]
    link = rf'class="size-(\d)" href="{HOME}\?tag=([^"]+)".*?><bdi>(.*?)</bdi> <span class="hint">(\d)'
    shown = re.findall(link, cloud)
    assert shown == [
        ("5", "every", "every", "5"),
        ("1", "one+%26+%3Conly%3E", "one &amp; &lt;only&gt;", "1"),
        ("3", "some", "some", "3"),
    ]


@pytest.mark.usefixtures("empty_tables")
def test_a_tag_of_the_cloud_leads_to_its_articles(client: httpx.Client) -> None:
    tagged = {insert(client, tags=["many"])["id"] for _ in range(14)}
    other = insert(client, tags=["few & far"])["id"]
    assert list(cards(client.get(f"{HOME}?tag=few+%26+far").text)) == [other]
    first = client.get(f"{HOME}?tag=many").text
    assert "Articles tagged <bdi>many</bdi>" in first
    link = first.split('">More articles')[0].rsplit('href="', 1)[1].replace("&amp;", "&")
    second = client.get(link).text
    assert (len(cards(first)), len(cards(second))) == (12, 2)
    assert {*cards(first), *cards(second)} == tagged
    assert "More articles" not in second


@pytest.mark.usefixtures("empty_tables")
def test_the_page_writes_an_article_without_javascript(client: httpx.Client, submit: Submit) -> None:
    markup = "<b>bold</b> & sharp"
    fields = {"title": markup, "body": "One.\r\nTwo.", "author_name": "Odile", "author_email": "odile@minds.example"}
    answer = submit(HOME, "/mind/write", **fields, tags=" tides, moon ,, ", badges="rare")
    assert answer.status_code == 303
    (article,) = client.get("/api/articles").json()
    assert answer.headers["location"] == f"{ARTICLE}{article['id']}"
    assert article.items() >= {"title": markup, "body": "One.\nTwo.", "author": ODILE}.items()
    assert (article["tags"], article["badges"]) == (["moon", "tides"], ["rare"])
    for address in (HOME, answer.headers["location"]):
        page = client.get(address).text
        assert "&lt;b&gt;bold&lt;/b&gt; &amp; sharp" in page and markup not in page


def test_the_page_shows_a_refused_article_again_with_what_was_typed(submit: Submit) -> None:
    fields = {"title": "kept as typed", "body": "kept too", "author_name": "Odile", "author_email": "nowhere"}
    answer = submit(HOME, "/mind/write", **fields, tags="a/b")
    assert answer.status_code == 422
    assert 'value="kept as typed"' in answer.text and "kept too</textarea>" in answer.text
    assert 'aria-invalid="true" aria-describedby="author_email-error"' in answer.text
    assert 'id="tags-error">use no slash' in answer.text


@pytest.mark.usefixtures("empty_tables")
def test_a_card_adds_and_removes_tags_without_javascript(client: httpx.Client, submit: Submit) -> None:
    article = insert(client, tags=["a & b"])["id"]
    view, place = f"{HOME}?tag=a+%26+b", {"article": article, "tag": "a & b"}
    answer = submit(view, "/mind/tags/add", **place, added="moon, déjà vu")
    assert (answer.status_code, answer.headers["location"]) == (303, view)
    assert client.get(f"/api/articles/{article}").json()["tags"] == ["a & b", "déjà vu", "moon"]
    assert 'name="removed" value="déjà vu"' in client.get(view).text
    for _ in range(2):  # the second time it is already gone
        assert submit(view, "/mind/tags/remove", **place, removed="déjà vu").headers["location"] == view
    assert submit(view, "/mind/tags/remove", **place, removed="a & b").status_code == 303
    assert client.get(f"/api/articles/{article}").json()["tags"] == ["moon"]
    assert cards(client.get(view).text) == {}


@pytest.mark.usefixtures("empty_tables")
def test_only_the_card_whose_form_was_refused_says_so(client: httpx.Client, submit: Submit) -> None:
    full, other = insert(client, tags=[f"t{number}" for number in range(100)])["id"], insert(client)["id"]
    for added, status, sentence in (("a/b", 422, "use no slash"), ("more", 409, "at most 100 tags")):
        answer = submit(HOME, "/mind/tags/add", article=full, added=added)
        assert answer.status_code == status
        shown = cards(answer.text)
        assert sentence in shown[full] and f'value="{added}"' in shown[full]
        assert 'class="wrong"' not in shown[other]
        assert answer.text.count('class="wrong"') == 1
    assert 'class="wrong"' in cards(submit(HOME, "/mind/tags/add", article=other, added=" , ").text)[other]
    assert submit(HOME, "/mind/tags/add", article=str(uuid4()), added="ghost").status_code == 404
    assert submit(HOME, "/mind/tags/add", article="nobody", added="ghost").status_code == 422


def test_the_articles_page_changes_notes_and_metadata_without_javascript(client: httpx.Client, submit: Submit) -> None:
    article = insert(client, notes=["<i>middle</i>"], metadata={"<k>": "<v>"})["id"]
    address = f"{ARTICLE}{article}"
    for fields in ({"text": "last", "at": "end"}, {"text": "first", "at": "start"}):
        answer = submit(address, "/mind/article/note", **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert submit(address, "/mind/article/metadata/set", key="mood", value="calm").status_code == 303
    page = client.get(address).text
    places = [page.index(note) for note in ("first", "&lt;i&gt;middle&lt;/i&gt;", "last")]
    assert places == sorted(places) and "<i>" not in page
    assert "&lt;k&gt;" in page and "&lt;v&gt;" in page and "2 metadata entries" in page
    for _ in range(2):  # the second time it is already gone
        assert submit(address, "/mind/article/metadata/remove", key="<k>").status_code == 303
    stored = client.get(f"/api/articles/{article}").json()
    assert (stored["notes"], stored["metadata"]) == (["first", "<i>middle</i>", "last"], {"mood": "calm"})
    for _ in range(2):
        answer = submit(f"{ARTICLE}{insert(client)['id']}", "/mind/article/delete", article=article)
        assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    assert client.get(address).status_code == 404


def test_the_articles_page_shows_a_refused_form_again(client: httpx.Client, submit: Submit) -> None:
    full = {"notes": ["n"] * 100, "metadata": {f"k{number}": "v" for number in range(50)}}
    address = f"{ARTICLE}{insert(client, **full)['id']}"
    note, entry = "/mind/article/note", "/mind/article/metadata/set"
    for action, fields, status, wrong in (
        (note, {"text": "x" * 501, "at": "start"}, 422, "text"),
        (note, {"text": "kept", "at": "middle"}, 422, "at"),
        (note, {"text": "kept", "at": "start"}, 409, "text"),
        (entry, {"key": "a/b", "value": "kept"}, 422, "key"),
        (entry, {"key": "more", "value": "kept"}, 409, "key"),
    ):
        answer = submit(address, action, **fields)
        assert answer.status_code == status
        assert f'id="{wrong}-error"' in answer.text and answer.text.count("aria-invalid") == 1
        for value in fields.values():
            assert value == "middle" or f'value="{value}"' in answer.text


@pytest.mark.parametrize(("article", "status"), [("nobody", 422), ("", 422), (uuid4(), 404)])
def test_the_page_of_no_article_is_an_error(client: httpx.Client, article: object, status: int) -> None:
    assert client.get(f"{ARTICLE}{article}").status_code == status


def test_the_panel_shows_the_model_and_the_cql_of_the_page(client: httpx.Client, submit: Submit) -> None:
    address = f"{ARTICLE}{insert(client)['id']}"
    submit(address, "/mind/article/note", text="seen under the hood", at="end")
    page = client.get(address).text
    _, _, panel = page.partition('id="hood"')
    assert "class Article(Document)" in panel and "class Author(UserType)" in panel
    assert ".articles WHERE &#34;id&#34; = ?" in panel and "LOCAL_QUORUM" in panel
    assert "UPDATE" not in panel and "seen under the hood" not in panel, "what somebody else has noted"
