"""A JSON list that is read item by item, cut anywhere."""

import io
import json

import pytest

from iot_platform.samples import json_items
from iot_platform.samples.json_items import JsonItems
from iot_platform.samples.records import BadFeed, read_records


def read(content: bytes) -> list[object]:
    """Return all items of a list."""
    return [item for _, item in read_records(io.BytesIO(content), "json", JsonItems)]


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, json_items.BLOCK])
def test_it_may_be_cut_anywhere(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(json_items, "BLOCK", block)
    values = [12345, -1.5e-07, 'Łódź \\ " ,]', [], {"a": [1, {"b": None}]}, True, "", [[2]], 0]
    for spaces in (None, 2):
        assert read(f" \n{json.dumps(values, indent=spaces)}\r\n".encode()) == values
    assert read(b"\t[ ]") == []


def test_it_is_read_as_it_is_needed() -> None:
    file = io.BytesIO(b'["first"' + b', "later"' * 100_000 + b"}")
    items = read_records(file, "json", JsonItems)
    assert next(items) == (1, "first")
    with pytest.raises(BadFeed, match="after item 100001"):
        list(items)


def test_a_reader_that_is_given_up_does_not_mind_a_closed_file() -> None:
    file = io.BytesIO(b'["first", "second"]')
    items = read_records(file, "json", JsonItems)
    next(items)
    file.close()
    del items


@pytest.mark.parametrize(("start", "number"), [(b"[", 1), (b'["first", ', 2), (b"[1, [2, ", 2), (b'[{"a": -', 1)])
def test_an_endless_integer_is_refused_with_its_item(start: bytes, number: int) -> None:
    with pytest.raises(BadFeed, match=rf"^It cannot be read: item {number}: a number has too many digits\.$"):
        read(start + b"9" * (2 * json_items.BLOCK))


@pytest.mark.parametrize("start", [b'[{"a": "', b"['a", b"[1 2, "])
def test_the_end_of_an_item_is_not_looked_for_forever(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    monkeypatch.setattr(json_items, "MAX_ITEM", 2 * json_items.BLOCK)
    file = io.BytesIO(start + b"x" * (20 * json_items.BLOCK))
    with pytest.raises(BadFeed, match="item 1"):
        list(read_records(file, "json", JsonItems))
    assert file.tell() < 10 * json_items.BLOCK


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b'"open', "Unterminated string"),
        (b'"a\nb"', "Invalid control character"),
        (b'"\\x"', r"Invalid \\escape"),
        (b"{1: 2}", "Expecting property name enclosed in double quotes"),
    ],
)
def test_reasons_end_as_sentences_do(item: bytes, reason: str) -> None:
    with pytest.raises(BadFeed, match=rf"^It cannot be read: item 2: {reason}\.$"):
        read(b"[1, " + item + b"]")


def test_bytes_of_another_encoding_are_not_taken_for_broken_json() -> None:
    with pytest.raises(BadFeed, match=r"line 3 is not in UTF-8"):
        read(b'["first",\n"' + b"x" * json_items.BLOCK + b'",\n"caf\xe9"]')


@pytest.mark.parametrize(
    "content",
    [
        b"[",
        b"\xff",
        b"{}",
        b"[" * 100_000,
        b"",
        b"[1, 2",
        b"[1,, 2]",
        b"[1, 2,]",
        b"[1 2]",
        b"[1, 2]]",
        b"[1, 2-3]",
        b"[1, 2\x0b]",
    ],
)
def test_what_is_no_list_is_one_error(content: bytes) -> None:
    with pytest.raises(BadFeed, match=r"\.$"):
        read(content)
