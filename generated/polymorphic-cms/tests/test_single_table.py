"""Several classes in one table: whichever is created first, the table has the columns of them all."""

import builtins
from typing import Annotated, Any

import pytest
from coodie.fields import Discriminator, Indexed, PrimaryKey

import conftest
from polymorphic_cms.db import connection
from polymorphic_cms.db.documents import sync_schema
from polymorphic_cms.db.single_table import SharedTable


class Shape(SharedTable):
    """The base of a table of shapes."""

    id: Annotated[int, PrimaryKey()]
    kind: Annotated[str, Discriminator(), Indexed()] = ""

    class Settings:
        name = "table_shapes"


class Circle(Shape):
    """A shape with a column of its own."""

    radius: int

    class Settings:
        __discriminator_value__ = "circle"


class Square(Shape):
    """A shape with another one."""

    side: int

    class Settings:
        __discriminator_value__ = "square"


@pytest.fixture(autouse=True)
def forgotten(keyspace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let coodie forget which tables it has created."""
    monkeypatch.setattr(connection.get_driver(), "_known_tables", {})


@pytest.mark.parametrize("first", [Shape, Circle, Square])
async def test_whichever_class_comes_first_the_table_has_all_columns(
    select: conftest.Select, caplog: pytest.LogCaptureFixture, first: type[Shape]
) -> None:
    select("DROP TABLE IF EXISTS table_shapes")
    await sync_schema([first, Square, Circle, Shape])
    assert caplog.messages == []
    await Circle(id=1, radius=5).save()
    await Square(id=2, side=7).save()
    assert await Shape.get(id=1) == Circle(id=1, kind="circle", radius=5)
    assert await Shape.get(id=2) == Square(id=2, kind="square", side=7)


async def test_a_column_that_no_class_has_is_still_called_drift(
    select: conftest.Select, caplog: pytest.LogCaptureFixture
) -> None:
    await sync_schema([Shape])
    select("ALTER TABLE table_shapes ADD lost int")
    connection.get_driver()._known_tables.clear()
    await sync_schema([Circle, Shape])
    assert ["{'lost'}" in message for message in caplog.messages] == [True]


async def test_a_query_on_a_shared_table_searches_for_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    await sync_schema([Shape])
    await Shape.find_one(id=1)
    imported: list[str] = []
    really_import = builtins.__import__

    def note_and_import(name: str, *args: Any, **options: Any) -> Any:
        imported.append(name)
        return really_import(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", note_and_import)
    await Shape.find_one(id=1)
    assert "annotationlib" not in imported
