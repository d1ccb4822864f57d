"""The shapeshifter press as its users see it, over HTTP, with a look at its models and into the database."""

import html
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import conftest
from conftest import Select, Submit

from ..db import cql_log
from ..errors import NotFound
from . import service
from .models import KINDS, MODELS, Article, Content, Podcast, Video
from .schemas import FORMS, ContentIn, ContentList

HOME = conftest.PAGES["polymorphic"]

ARTICLE: dict[str, Any] = {
    "kind": "article",
    "title": "On borrowed faces",
    "author": "Ada Wandel",
    "tags": ["how-to", "masks"],
    "body": "Give it back, face up.",
    "reading_minutes": 4,
}
VIDEO: dict[str, Any] = {
    "kind": "video",
    "title": "A heron becomes an editor",
    "author": "Studio Protée",
    "tags": [],
    "url": "https://video.press.example/heron",
    "duration_seconds": 95,
    "resolution": "1080p",
}
PODCAST: dict[str, Any] = {
    "kind": "podcast",
    "title": "The seventh door",
    "author": "Radio Между",
    "tags": ["interview"],
    "audio_url": "https://audio.press.example/7.mp3",
    "episode": 7,
    "guests": ["Łucja Cień", "The Doorkeeper"],
}
CONTENTS = [ARTICLE, VIDEO, PODCAST]
OWN_COLUMNS = {
    "article": {"body", "reading_minutes"},
    "video": {"url", "duration_seconds", "resolution"},
    "podcast": {"audio_url", "episode", "guests"},
}
JSON = {"Content-Type": "application/json"}


def publish(client: httpx.Client, content: dict[str, Any], **fields: object) -> dict[str, Any]:
    """Publish content and return it."""
    answer = client.post("/api/content", json={**content, **fields})
    assert answer.status_code == 201, answer.text
    published: dict[str, Any] = answer.json()
    return published


def row_of(select: Select, content: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that are filled in the row of a piece of content."""
    (row,) = select("SELECT * FROM contents WHERE id = ?", UUID(content["id"]))
    return {name: value for name, value in row.items() if value is not None}


def refused(answer: httpx.Response) -> None:
    """Check for 422 in the common shape."""
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["detail"])


def test_the_published_commands(client: httpx.Client) -> None:
    answer = client.post("/api/content", json=VIDEO)
    assert answer.status_code == 201
    video = answer.json()
    assert list(video) == [
        *("id", "kind", "title", "author", "published_at", "tags"),
        *("url", "duration_seconds", "resolution"),
    ]
    assert video.items() >= VIDEO.items()
    assert video["published_at"].endswith("Z")
    url = f"/api/content/{video['id']}"
    assert client.get(url).json() == video
    publish(client, PODCAST)
    assert "link" in client.get("/api/content?limit=1").headers
    podcasts = client.get("/api/content?kind=podcast&limit=500").json()
    assert {podcast["kind"] for podcast in podcasts} == {"podcast"}
    assert all(podcast.keys() >= {"episode", "guests"} for podcast in podcasts)
    refusal = client.put(url, json=ARTICLE)
    assert refusal.status_code == 409
    assert refusal.json() == {"detail": {"error": "kind_is_fixed", "existing": video}}
    assert (client.delete(url).status_code, client.delete(url).status_code) == (204, 404)
    assert client.get(url).status_code == 404


# --- One table, and each row its own class ---------------------------------------------------------------------------


def test_all_kinds_are_rows_of_one_table(client: httpx.Client, select: Select, keyspace: str) -> None:
    for content in CONTENTS:
        row = row_of(select, publish(client, content, tags=["shared"]))
        assert row.keys() == {"id", "kind", "title", "author", "published_at", "tags"} | OWN_COLUMNS[content["kind"]]
        assert row["kind"] == content["kind"]
    assert {model.table_name() for model in MODELS} == {"contents"}
    columns = select(
        "SELECT column_name FROM system_schema.columns WHERE keyspace_name = ? AND table_name = 'contents'", keyspace
    )
    assert {column["column_name"] for column in columns} >= set().union(*OWN_COLUMNS.values())


@pytest.mark.usefixtures("empty_tables")
def test_a_query_on_the_base_class_brings_each_row_back_as_its_own() -> None:
    written = [
        Article(title="Read", author="A", tags={"x", "y"}, body="…", reading_minutes=1),
        Video(title="Watched", author="V", url="https://v.example/", duration_seconds=60, resolution="720p"),
        Podcast(title="Heard", author="P", audio_url="https://p.example/", episode=3, guests=["G", "G", "Łucja"]),
        Podcast(title="Heard alone", author="P", audio_url="https://p.example/", episode=4),
    ]
    assert [content.kind for content in written] == ["article", "video", "podcast", "podcast"]
    for content in written:
        content.save()
    found = Content.find().all()
    assert Counter(map(type, found)) == {Article: 1, Video: 1, Podcast: 2}
    assert sorted(found, key=lambda content: content.title) == sorted(written, key=lambda content: content.title)
    for content in written:
        assert Content.get(id=content.id) == content
    assert {type(content.tags) for content in found} == {set}


@pytest.mark.usefixtures("empty_tables")
def test_a_query_on_a_subclass_asks_for_its_kind(client: httpx.Client, keyspace: str) -> None:
    for content in CONTENTS:
        publish(client, content)
    for kind, model in KINDS.items():
        cql_log.start()
        (found,) = model.find().all()
        assert type(found) is model
        (statement,) = cql_log.statements()
        assert statement.cql == f'SELECT * FROM {keyspace}.contents WHERE "kind" = ?'
        assert statement.values == (repr(kind),)


@pytest.mark.usefixtures("keyspace")
def test_content_is_only_written_by_transactions() -> None:
    article = ContentIn.model_validate(ARTICLE)
    cql_log.start()
    content = service.create_content(article)
    service.update_content(content.root.id, article)
    service.delete_content(content.root.id)
    written = [statement.cql for statement in cql_log.statements() if not statement.cql.startswith("SELECT")]
    assert [cql.partition(" IF ")[2] for cql in written] == ["NOT EXISTS", '"kind" = ?', "EXISTS"]


@pytest.mark.usefixtures("empty_tables")
def test_a_new_subtype_is_one_class_more(client: httpx.Client, select: Select) -> None:
    article = publish(client, ARTICLE)

    class Poem(Content):
        verses: list[str]

        class Settings:
            __discriminator_value__ = "poem"

    Poem.sync_table()
    poem = Poem(title="Door", author="Nobody", tags={"short"}, verses=["I knocked.", "It knocked."])
    poem.save()
    assert Content.get(id=poem.id) == poem
    assert {type(content) for content in Content.find().all()} == {Article, Poem}
    assert Poem.find().all() == [poem]
    assert row_of(select, {"id": str(poem.id)}).keys() >= {"kind", "verses"}
    # The running server knows no poems: it leaves them out, and still reads what it knows.
    assert client.get("/api/content").json() == [article]
    assert client.get(f"/api/content/{poem.id}").status_code == 404
    assert client.put(f"/api/content/{poem.id}", json=ARTICLE).status_code == 404
    assert client.get(HOME).status_code == 200
    select("ALTER TABLE contents DROP verses")


def test_schemas_forms_and_templates_know_the_same_kinds_as_the_models() -> None:
    templates = {path.stem for path in Path(service.__file__).parent.glob("templates/*/*.html")}
    document = ContentIn.model_json_schema()
    assert KINDS.keys() == FORMS.keys() == document["discriminator"]["mapping"].keys() == OWN_COLUMNS.keys()
    assert KINDS.keys() <= templates
    assert set(MODELS) == {Content, *KINDS.values()}
    for kind, model in KINDS.items():
        assert model.model_fields.keys() - Content.model_fields.keys() == OWN_COLUMNS[kind]
        assert FORMS[kind].model_fields.keys() == model.model_fields.keys() - {"id", "published_at"}


def test_creating_the_table_warns_of_nothing(keyspace: str) -> None:
    done = conftest.run([*conftest.SYNC])
    assert done.returncode == 0
    assert "drift" not in done.stdout + done.stderr


# --- What is written -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content["kind"])
def test_what_was_written_is_read_back(client: httpx.Client, content: dict[str, Any]) -> None:
    written = publish(client, content)
    assert written == {**content, "id": written["id"], "published_at": written["published_at"]}
    assert client.get(f"/api/content/{written['id']}").json() == written
    assert written in conftest.walk(client, f"/api/content?limit=4&kind={content['kind']}")


def test_text_is_trimmed_tags_are_a_set_and_addresses_are_escaped(client: httpx.Client) -> None:
    article = publish(client, ARTICLE, title="  Trimmed ", tags=["b", " a ", "b"])
    assert (article["title"], article["tags"]) == ("Trimmed", ["a", "b"])
    video = publish(client, VIDEO, url="HTTPS://Víd.example/a b?<é>")
    assert video["url"] == "https://xn--vd-nja.example/a%20b?%3C%C3%A9%3E"
    assert client.get(f"/api/content/{video['id']}").json() == video


def test_the_largest_contents_fit(client: httpx.Client) -> None:
    words = {"title": "😀" * 200, "author": "😀" * 100, "tags": [f"{number:04d}" + "😀" * 36 for number in range(20)]}
    url = "https://a.example/" + "x" * (2083 - len("https://a.example/"))
    for content in (
        {**ARTICLE, **words, "body": "😀" * 10_000, "reading_minutes": 1440},
        {**VIDEO, **words, "url": url, "duration_seconds": 86_400},
        {**PODCAST, **words, "audio_url": url, "episode": 1_000_000, "guests": ["😀" * 100] * 20},
    ):
        written = publish(client, content)
        assert written.items() >= content.items()
        assert client.get(f"/api/content/{written['id']}").json() == written


def test_what_is_optional_is_empty(client: httpx.Client) -> None:
    podcast = client.post("/api/content", json={key: PODCAST[key] for key in PODCAST.keys() - {"tags", "guests"}})
    assert podcast.status_code == 201
    assert (podcast.json()["tags"], podcast.json()["guests"]) == ([], [])
    assert client.get(f"/api/content/{podcast.json()['id']}").json() == podcast.json()


BAD_URLS = [
    "",
    "press.example/heron",
    "//press.example/heron",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "ftp://press.example/heron",
    "https://",
    "https://a.example:99999/",
    "https://a\0.example/",
    "https://a.example/\ud800",
    "https://a.example/" + "x" * 2083,
    "https://a.example/" + "é" * 400,
    7,
    None,
]


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (ARTICLE, {"kind": "poem"}),
        (ARTICLE, {"kind": "Article"}),
        (ARTICLE, {"kind": None}),
        (ARTICLE, {"kind": ["article"]}),
        (ARTICLE, {"kind": ""}),
        (ARTICLE, {"kind": "\ud800"}),
        (ARTICLE, {"kind": "video"}),
        (ARTICLE, {"url": "https://press.example/"}),
        (ARTICLE, {"guests": []}),
        (VIDEO, {"body": "Of an article"}),
        (VIDEO, {"episode": None}),
        (PODCAST, {"duration_seconds": 60}),
        (ARTICLE, {"id": str(uuid4())}),
        (ARTICLE, {"published_at": "2020-01-01T00:00:00Z"}),
        (ARTICLE, {"unknown": "field"}),
        (ARTICLE, {"title": None}),
        (ARTICLE, {"title": "  "}),
        (ARTICLE, {"title": "x" * 201}),
        (ARTICLE, {"title": "nul \0 byte"}),
        (ARTICLE, {"author": "half a pair \ud800"}),
        (ARTICLE, {"author": "x" * 101}),
        (ARTICLE, {"body": "x" * 10_001}),
        (ARTICLE, {"body": ["x"]}),
        (ARTICLE, {"reading_minutes": 0}),
        (ARTICLE, {"reading_minutes": 1441}),
        (ARTICLE, {"reading_minutes": "4"}),
        (ARTICLE, {"reading_minutes": True}),
        (ARTICLE, {"reading_minutes": 1.5}),
        (ARTICLE, {"reading_minutes": 1e400}),
        (ARTICLE, {"tags": "masks, how-to"}),
        (ARTICLE, {"tags": ["with, comma"]}),
        (ARTICLE, {"tags": [" "]}),
        (ARTICLE, {"tags": ["x" * 41]}),
        (ARTICLE, {"tags": ["nul \0"]}),
        (ARTICLE, {"tags": [str(number) for number in range(21)]}),
        (ARTICLE, {"tags": {"masks": 1}}),
        (ARTICLE, {"tags": None}),
        (VIDEO, {"duration_seconds": 0}),
        (VIDEO, {"duration_seconds": 86_401}),
        (VIDEO, {"duration_seconds": 2**31}),
        (VIDEO, {"resolution": "360p"}),
        (VIDEO, {"resolution": 1080}),
        (PODCAST, {"episode": 0}),
        (PODCAST, {"episode": 1_000_001}),
        (PODCAST, {"episode": "7"}),
        (PODCAST, {"guests": ["x" * 101]}),
        (PODCAST, {"guests": ["One, Two"]}),
        (PODCAST, {"guests": ["x"] * 21}),
        (PODCAST, {"guests": [7]}),
        *[(VIDEO, {"url": url}) for url in BAD_URLS],
        *[(PODCAST, {"audio_url": url}) for url in BAD_URLS],
    ],
)
def test_bad_input_is_refused_and_writes_nothing(
    client: httpx.Client, select: Select, content: dict[str, Any], fields: dict[str, Any]
) -> None:
    kept = publish(client, content)
    before = row_of(select, kept), select("SELECT COUNT(*) AS n FROM contents")
    body = json.dumps({**content, **fields}).encode()
    refused(client.post("/api/content", content=body, headers=JSON))
    if "kind" not in fields:
        refused(client.put(f"/api/content/{kept['id']}", content=body, headers=JSON))
    assert (row_of(select, kept), select("SELECT COUNT(*) AS n FROM contents")) == before


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content["kind"])
def test_a_missing_field_is_named(client: httpx.Client, content: dict[str, Any]) -> None:
    for missing in content.keys() - {"kind", "tags", "guests"}:
        answer = client.post("/api/content", json={name: content[name] for name in content.keys() - {missing}})
        refused(answer)
        assert [error["loc"] for error in answer.json()["detail"]] == [["body", content["kind"], missing]]


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"article"', b"null", b"{}", b'["kind", "article"]'])
def test_a_body_that_is_no_content_is_refused(client: httpx.Client, body: bytes) -> None:
    refused(client.post("/api/content", content=body, headers=JSON))
    refused(client.put(f"/api/content/{uuid4()}", content=body, headers=JSON))


def test_a_refused_kind_is_not_repeated(client: httpx.Client) -> None:
    answer = client.post("/api/content", json={**ARTICLE, "kind": "secret" * 10_000})
    refused(answer)
    (error,) = answer.json()["detail"]
    assert error["loc"] == ["body"]
    assert error["msg"] == "'kind' must be one of 'article', 'video', 'podcast'"


# --- What is changed and deleted -------------------------------------------------------------------------------------


def test_a_change_replaces_all_but_id_kind_and_time(client: httpx.Client, select: Select) -> None:
    podcast = publish(client, PODCAST)
    url = f"/api/content/{podcast['id']}"
    change = {"kind": "podcast", "title": "New", "author": "Other", "audio_url": "http://new.example/", "episode": 8}
    answer = client.put(url, json=change)
    assert answer.status_code == 200
    kept = {name: podcast[name] for name in ("id", "published_at")}
    assert answer.json() == {**change, **kept, "tags": [], "guests": []} == client.get(url).json()
    assert row_of(select, podcast).keys() == {*change, *kept}
    again = client.put(url, json={**change, "tags": ["b", "a", "b"], "guests": ["Z", "A"]}).json()
    assert (again["tags"], again["guests"]) == (["a", "b"], ["Z", "A"])
    assert client.get(url).json() == again


def test_a_kind_cannot_be_changed(client: httpx.Client, select: Select) -> None:
    for content in CONTENTS:
        written = publish(client, content)
        row = row_of(select, written)
        for other in CONTENTS:
            if other is not content:
                answer = client.put(f"/api/content/{written['id']}", json=other)
                assert answer.status_code == 409
                assert answer.json() == {"detail": {"error": "kind_is_fixed", "existing": written}}
        assert row_of(select, written) == row


def test_a_change_of_an_unknown_content_writes_no_ghost(client: httpx.Client, select: Select) -> None:
    unknown = uuid4()
    for content in CONTENTS:
        assert client.put(f"/api/content/{unknown}", json=content).status_code == 404
    assert select("SELECT id FROM contents WHERE id = ?", unknown) == []


def test_a_change_does_not_bring_back_what_is_deleted_meanwhile(
    client: httpx.Client, select: Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    content_id = UUID(publish(client, ARTICLE)["id"])
    find = service._find

    def find_and_lose(key: UUID) -> Content:
        content = find(key)
        select("DELETE FROM contents WHERE id = ? IF EXISTS", key)
        return content

    monkeypatch.setattr(service, "_find", find_and_lose)
    with pytest.raises(NotFound):
        service.update_content(content_id, ContentIn.model_validate(ARTICLE))
    assert select("SELECT id FROM contents WHERE id = ?", content_id) == []


def test_of_many_deletions_exactly_one_is_told_that_it_happened(client: httpx.Client) -> None:
    url = f"/api/content/{publish(client, VIDEO)['id']}"
    with ThreadPoolExecutor(10) as threads:
        statuses = Counter(answer.status_code for answer in threads.map(client.delete, [url] * 10))
    assert statuses == {204: 1, 404: 9}


# --- Lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_lists_page_without_loss(client: httpx.Client) -> None:
    written = [publish(client, content, title=f"No. {number}") for number in range(6) for content in CONTENTS]
    by_id = {content["id"]: content for content in written}
    seen = conftest.walk(client, "/api/content?limit=4")
    assert len(seen) == 18
    assert {content["id"]: content for content in seen} == by_id
    for kind in KINDS:
        seen = conftest.walk(client, f"/api/content?limit=4&kind={kind}")
        assert sorted(content["id"] for content in seen) == sorted(
            content["id"] for content in written if content["kind"] == kind
        )
    assert "link" not in client.get("/api/content?limit=18").headers


@pytest.mark.parametrize(
    "url",
    [
        "/api/content?kind=poem",
        "/api/content?kind=",
        "/api/content?kind=Video",
        "/api/content?cursor=made-up",
        "/api/content?limit=0",
        "/api/content?limit=501",
        "/api/content?limit=x",
        "/api/content?title=x",
        "/api/content/no-uuid",
    ],
)
def test_a_made_up_address_is_refused(client: httpx.Client, url: str) -> None:
    refused(client.get(url))


# --- The seed --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_a_csv_feed_mixes_kinds_and_names_its_bad_lines(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text(
        "kind,title,author,tags,body,reading_minutes,url,duration_seconds,resolution\n"
        'article,Read,A,"masks, how-to",Text,3,,,\n'
        "video,Watch,V,,,,https://v.example/,60,720p\n"
        "video,Both,V,,Text,,https://v.example/,60,720p\n"
        "poem,Neither,P,,,,,,\n",
        encoding="utf-8",
    )
    command = [*conftest.SEEDS["polymorphic"], "--feed", str(feed)]
    for _ in range(2):
        done = conftest.run(command)
        assert done.returncode == 1, done.stdout + done.stderr
        assert re.findall(r"^line (\d+): (\S+):", done.stdout, re.MULTILINE) == [("4", "video.body"), ("5", "record")]
        found = service.list_contents(ContentList()).items
        assert sorted((content.root.title, tuple(content.root.tags)) for content in found) == [
            ("Read", ("how-to", "masks")),
            ("Watch", ()),
        ]


# --- The pages -------------------------------------------------------------------------------------------------------

AS_TYPED = {
    "article": {**ARTICLE, "tags": "masks, how-to", "reading_minutes": "4"},
    "video": {**VIDEO, "tags": "", "duration_seconds": "95"},
    "podcast": {**PODCAST, "tags": "interview", "episode": "7", "guests": "Łucja Cień, The Doorkeeper"},
}


@pytest.mark.usefixtures("empty_tables")
def test_the_page_without_contents(client: httpx.Client) -> None:
    page = client.get(HOME).text
    assert "Nothing of the kind is in print" in page and "0 pieces in print" in page


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content["kind"])
def test_each_kind_has_its_own_form(client: httpx.Client, submit: Submit, content: dict[str, Any]) -> None:
    kind = content["kind"]
    address = f"{HOME}?draft={kind}"
    form = client.get(address).text.split('action="/press/publish"')[1].split("</form>")[0]
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', form)) - {"csrfmiddlewaretoken"}
    assert names == FORMS[kind].model_fields.keys()
    assert f'<input type="hidden" name="kind" value="{kind}">' in form
    answer = submit(address, "/press/publish", **AS_TYPED[kind])
    assert answer.status_code == 303
    address, _, printed = answer.headers["location"].rpartition("&printed=")
    assert address == f"{HOME}?draft={kind}"
    assert client.get(f"/api/content/{printed}").json().items() >= content.items()
    page = client.get(answer.headers["location"]).text
    assert f"read back as <code>{KINDS[kind].__name__}</code>" in page


@pytest.mark.usefixtures("empty_tables")
def test_the_feed_shows_every_kind_or_one(client: httpx.Client) -> None:
    for content in CONTENTS:
        publish(client, content)
    page = client.get(HOME).text
    facts = {"article": "4 min to read", "video": "1:35", "podcast": "Episode 7"}
    assert page.count('<li class="card') == 3
    assert all(fact in page for fact in facts.values())
    for kind, fact in facts.items():
        page = client.get(f"{HOME}?kind={kind}").text
        assert page.count('<li class="card') == 1 and fact in page
        assert re.search(rf'href="{HOME}\?kind={kind}"[^>]* aria-current="true"', page)


@pytest.mark.usefixtures("empty_tables")
def test_the_feed_leads_on_within_its_kind(client: httpx.Client) -> None:
    titles = {publish(client, content, title=f"No. {number}")["title"] for number, content in enumerate([VIDEO] * 5)}
    publish(client, ARTICLE)
    seen, following = [], [f"{HOME}?kind=video&limit=2"]
    while following:
        page = client.get(html.unescape(following[0])).text
        seen += re.findall(r'<p class="lead"><bdi>(.*?)</bdi></p>', page)
        following = re.findall(r'href="([^"]+)">More<', page)
    assert sorted(seen) == sorted(titles)


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content["kind"])
def test_the_page_edits_and_deletes_without_javascript(
    client: httpx.Client, submit: Submit, content: dict[str, Any]
) -> None:
    written = publish(client, content, title="<b>bold</b> & sharp")
    address = f"/press/edit?id={written['id']}"
    page = client.get(address).text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; sharp" in page and "<b>" not in page
    answer = submit(address, "/press/save", **{**AS_TYPED[content["kind"]], "title": "Changed", "tags": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?printed={written['id']}")
    changed = client.get(f"/api/content/{written['id']}").json()
    assert changed == {**written, "title": "Changed", "tags": []}
    answer = submit(HOME, "/press/remove", id=written["id"], kind=content["kind"])
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?kind={content['kind']}")
    assert client.get(f"/api/content/{written['id']}").status_code == 404
    assert submit(HOME, "/press/remove", id=written["id"]).status_code == 303, "gone already"
    assert client.get(address).status_code == 404
    assert client.post("/press/save", data={}).status_code in {403, 422}


def test_the_form_of_a_content_shows_it_as_it_is(client: httpx.Client) -> None:
    podcast = publish(client, PODCAST)
    page = client.get(f"/press/edit?id={podcast['id']}").text
    assert 'value="Łucja Cień, The Doorkeeper"' in page and 'value="interview"' in page and 'value="7"' in page
    video = publish(client, VIDEO, resolution="480p")
    assert '<option value="480p" selected>' in client.get(f"/press/edit?id={video['id']}").text


def test_a_refused_form_is_shown_again_with_what_was_typed(client: httpx.Client, submit: Submit) -> None:
    typed = {**AS_TYPED["video"], "title": "kept as typed", "url": "javascript:alert(1)"}
    answer = submit(f"{HOME}?draft=video", "/press/publish", **typed)
    assert answer.status_code == 422
    assert 'value="kept as typed"' in answer.text and "Print the video" in answer.text
    assert 'aria-describedby="url-error"' in answer.text and "URL scheme should be" in answer.text
    video = publish(client, VIDEO)
    typed = {**AS_TYPED["video"], "tags": "", "duration_seconds": "long", "author": "Typed"}
    answer = submit(f"/press/edit?id={video['id']}", "/press/save", **typed)
    assert answer.status_code == 422
    assert 'value="Typed"' in answer.text and 'aria-describedby="duration_seconds-error"' in answer.text
    assert client.get(f"/api/content/{video['id']}").json() == video


def test_a_form_of_another_kind_changes_nothing(client: httpx.Client, submit: Submit) -> None:
    video = publish(client, VIDEO)
    address = f"/press/edit?id={video['id']}"
    assert submit(address, "/press/save", **AS_TYPED["article"]).status_code == 409
    assert submit(address, "/press/save", **{**AS_TYPED["video"], "kind": "poem"}).status_code == 422
    assert client.get(f"/api/content/{video['id']}").json() == video


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{HOME}?kind=poem", 422),
        (f"{HOME}?draft=../base", 422),
        (f"{HOME}?printed=nobody", 422),
        (f"{HOME}?printed={uuid4()}", 200),
        ("/press/edit", 422),
        ("/press/edit?id=nobody", 422),
        (f"/press/edit?id={uuid4()}", 404),
    ],
)
def test_a_made_up_page_is_an_error(client: httpx.Client, address: str, status: int) -> None:
    assert client.get(address).status_code == status


@pytest.mark.usefixtures("empty_tables")
def test_only_addresses_of_the_web_become_links(client: httpx.Client) -> None:
    publish(client, VIDEO)
    for number, url in enumerate(["javascript:alert(1)", 'x" onclick="alert(1)']):
        Podcast(title="Odd", author="O", audio_url=url, episode=number + 1).insert()
    page = client.get(HOME).text
    links = re.findall(r'<a href="([^"]*)" rel="([^"]*)"', page)
    assert links == [(VIDEO["url"], "noreferrer nofollow")]
    assert "javascript:alert(1)" in page and "x&#34; onclick=&#34;alert(1)" in page


def test_the_panel_shows_the_models_and_the_cql_of_the_page(
    client: httpx.Client, submit: Submit, keyspace: str
) -> None:
    submit(HOME, "/press/publish", **AS_TYPED["article"])
    page = client.get(f"{HOME}?kind=video").text
    _, _, panel = page.partition('id="hood"')
    assert "class Content(SharedTable)" in panel and "class Video(Content)" in panel
    assert f"FROM {keyspace}.contents WHERE &#34;kind&#34; = ?" in panel and "LOCAL_QUORUM" in panel
    assert "ALLOW FILTERING" not in page
    assert "INSERT" not in panel and AS_TYPED["article"]["title"] not in panel, "what somebody else has published"
