"""Tables that differ from their models: what is added, what is refused, and which rows are left out."""

from typing import Annotated

import pytest
from coodie.fields import ClusteringKey, Indexed, PrimaryKey, Static
from coodie.usertype import UserType

import conftest
from argus_tracker.db import connection, documents, left_out
from argus_tracker.db.documents import Document, sync_schema
from argus_tracker.db.paging import Page
from argus_tracker.errors import TablesDiffer, UnreadableRow


class Maker(UserType):
    """Somebody who makes things."""

    name: str
    town: str | None = None

    class Settings:
        __type_name__ = "differing_maker"


class Item(Document):
    """Something on a shelf."""

    shelf: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey(order="DESC")]
    label: str
    room: Annotated[str | None, Static()] = None
    colour: Annotated[str | None, Indexed()] = None
    tags: set[str]
    maker: Maker | None = None

    class Settings:
        name = "differing_items"
        __default_ttl__ = 1000


COLUMNS = {
    "shelf": "text",
    "number": "int",
    "label": "text",
    "room": "text STATIC",
    "colour": "text",
    "tags": "set<text>",
    "maker": "frozen<differing_maker>",
}
KEY = "(shelf, number)) WITH CLUSTERING ORDER BY (number DESC"


def create(select: conftest.Select, key: str = KEY, **columns: str) -> None:
    """Make the table anew, with other columns than the model's; without those that are empty."""
    select("DROP TABLE IF EXISTS differing_items")
    select("DROP TYPE IF EXISTS differing_maker")
    select("CREATE TYPE differing_maker (name text, town text)")
    texts = ", ".join(f"{name} {cql_type}" for name, cql_type in {**COLUMNS, **columns}.items() if cql_type)
    select(f"CREATE TABLE differing_items ({texts}, PRIMARY KEY {key})")
    connection.get_driver()._known_tables.clear()


@pytest.mark.parametrize(
    ("key", "columns", "said"),
    [
        (KEY, {"label": "int"}, "column label: found int, expected text"),
        (KEY, {"room": "text"}, "column room: found text, expected text, static"),
        (KEY, {"label": "text STATIC"}, "column label: found text, static, expected text"),
        (KEY, {"tags": "frozen<set<text>>"}, "column tags: found frozen<set<text>>, expected set<text>"),
        (
            "(shelf, number)",
            {},
            "column number: found int, clustering key 1 ASC, expected int, clustering key 1 DESC",
        ),
        (
            "((shelf, number))",
            {"room": ""},
            "column number: found int, partition key 2, expected int, clustering key 1 DESC",
        ),
        (
            "(shelf, number, colour)",
            {},
            "column colour: found text, clustering key 2 ASC, expected text",
        ),
        (
            "(shelf, more)",
            {"number": "", "more": "int"},
            "column number: found no such column, expected int, clustering key 1 DESC",
        ),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_changed(
    select: conftest.Select, key: str, columns: dict[str, str], said: str
) -> None:
    create(select, key, **columns, maker="")
    described = "SELECT * FROM system_schema.columns WHERE keyspace_name = ? AND table_name = 'differing_items'"
    before = select(described, Item._get_keyspace())
    with pytest.raises(TablesDiffer) as refusal:
        sync_schema([Item])
    assert f"differing_items: {said}" in refusal.value.differences
    assert refusal.value.tables == ["differing_items"]
    assert select(described, Item._get_keyspace()) == before


def test_what_is_missing_is_added_as_it_is_declared(select: conftest.Select) -> None:
    create(select, room="", colour="", label="", of_a_newer_version="text")
    select("INSERT INTO differing_items (shelf, number) VALUES ('a', 1)")
    assert sync_schema([Item]) == [
        "differing_items: column label: found no such column, expected text; added; "
        "rows written before have no value in it, and are left out until they do",
        "differing_items: column room: found no such column, expected text, static; added; "
        "rows written before have no value in it",
        "differing_items: column colour: found no such column, expected text; added; "
        "rows written before have no value in it",
        "differing_items: index differing_items_colour_idx: it is missing; added",
        "differing_items: default_time_to_live was 0, and is 1000 now",
    ]
    connection.get_driver()._known_tables.clear()
    assert sync_schema([Item]) == []
    Item(shelf="a", number=2, label="vase", room="attic", colour="red", tags={"old"}).save()
    Item(shelf="a", number=3, label="lamp", room="cellar", tags=set()).save()
    assert {item.room for item in Item.find(shelf="a").all()} == {"cellar"}, "a static column has one value"
    assert [item.number for item in Item.find(colour="red").all()] == [2]


def test_a_field_of_a_type_is_added_unless_it_looks_renamed(select: conftest.Select) -> None:
    create(select, maker="")
    select("DROP TYPE differing_maker")
    select("CREATE TYPE differing_maker (name text)")
    told = sync_schema([Item])
    assert any("field town: found no such field, expected text; added" in each for each in told)
    select("ALTER TYPE differing_maker RENAME town TO city")
    with pytest.raises(TablesDiffer, match="field town: found city, expected town"):
        sync_schema([Item])


def test_rows_that_cannot_be_read_are_left_out_and_logged(
    select: conftest.Select, caplog: pytest.LogCaptureFixture
) -> None:
    create(select)
    sync_schema([Item])
    for number in range(3):
        Item(shelf="b", number=number, label="vase", tags=set()).save()
    select("UPDATE differing_items SET label = null WHERE shelf = 'b' AND number = 1")
    left_out.start()
    assert [item.number for item in Item.find(shelf="b").limit(9).all()] == [2, 0]
    assert left_out.number() == 1
    assert "{'shelf': 'b', 'number': 1} of the table differing_items" in caplog.text
    with pytest.raises(UnreadableRow, match="label: Input should be a valid string"):
        Item.find_one(shelf="b", number=1)


def test_a_list_goes_on_behind_rows_that_cannot_be_read(
    select: conftest.Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(select)
    sync_schema([Item])
    for number in range(40):
        Item(shelf="d", number=number, label="vase", tags=set()).save()
        if 10 <= number < 35:
            select("UPDATE differing_items SET label = null WHERE shelf = 'd' AND number = ?", number)
    left_out.start()
    found = Item.find(shelf="d")
    assert [item.number for item in found.limit(8).all()] == [39, 38, 37, 36, 35, 9, 8, 7]
    assert left_out.number() <= 27
    monkeypatch.setattr(documents, "MAX_ROWS", 10)
    first = Page.cut(found.limit(9).all(), 8, lambda item: item.number)
    assert [item.number for item in first.items] == [39, 38, 37, 36, 35]
    assert first.cursor == "30", "as far as it has read"
    second = Page.cut(found.filter(number__lt=30).limit(9).all(), 8, lambda item: item.number)
    assert (second.items, second.cursor) == ([], "20")
    last = Page.cut(found.filter(number__lt=20).limit(31).all(), 30, lambda item: item.number)
    assert ([item.number for item in last.items], last.cursor) == ([*range(9, -1, -1)], None)


def test_a_statement_is_prepared_again_when_its_table_has_changed(select: conftest.Select) -> None:
    create(select, label="int")
    item = Item(shelf="c", number=1, label="a vase", tags=set())
    with pytest.raises(TypeError):
        item.save()
    create(select)
    item.save()
    assert Item.find_one(shelf="c", number=1) == item
