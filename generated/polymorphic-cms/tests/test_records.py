"""Records of CSV and JSON files: their lines, empty cells, and what cannot be read at all."""

import io
import json

import pytest

from polymorphic_cms import records
from polymorphic_cms.records import BadFeed, read_header, read_records


def read(content: bytes, kind: str) -> list[tuple[int, object]]:
    """Return all records of a file."""
    return list(read_records(io.BytesIO(content), kind))


def test_csv_counts_its_lines_and_leaves_out_empty_cells() -> None:
    content = '\ufeffname,size\nŁódź,3\n"two\nlines",\n'.encode()
    assert read(content, "csv") == [(2, {"name": "Łódź", "size": "3"}), (4, {"name": "two\nlines"})]


def test_json_counts_its_items() -> None:
    assert read(b'[{"name": "a"}, 5]', "json") == [(1, {"name": "a"}), (2, 5)]


def test_a_reader_that_is_given_up_does_not_mind_a_closed_file() -> None:
    file = io.BytesIO(b"name\nfirst\nsecond\n")
    records = read_records(file, "csv")
    next(records)
    file.close()
    records.close()


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, records.BLOCK])
def test_json_may_be_cut_anywhere(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(records, "BLOCK", block)
    values = [12345, -1.5e-07, 'Łódź \\ " ,]', [], {"a": [1, {"b": None}]}, True, "", [[2]], 0]
    for spaces in (None, 2):
        content = f" \n{json.dumps(values, indent=spaces)}\r\n"
        assert [value for _, value in read(content.encode(), "json")] == values
    assert read(b"\t[ ]", "json") == []


def test_json_is_read_as_it_is_needed() -> None:
    read_so_far = read_records(io.BytesIO(b'["first"' + b', "later"' * 100_000 + b"}"), "json")
    assert next(read_so_far) == (1, "first")
    with pytest.raises(BadFeed, match="after item 100001"):
        list(read_so_far)


def test_a_file_stays_open_and_can_be_read_again() -> None:
    file = io.BytesIO("\ufeffname,size\na,1\n".encode())
    assert read_header(file) == ["name", "size"]
    for _ in range(2):
        file.seek(0)
        assert list(read_records(file, "csv")) == [(2, {"name": "a", "size": "1"})]
    assert read_header(io.BytesIO()) == []
    with pytest.raises(BadFeed):
        read_header(io.BytesIO(b"\xff"))


def test_csv_is_read_as_it_is_needed() -> None:
    records = read_records(io.BytesIO(b"name\nfirst\n" + b"later\n" * 100_000 + b"\xff\n"), "csv")
    assert next(records) == (2, {"name": "first"})
    with pytest.raises(BadFeed):
        list(records)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"name\n\xff\n", "csv"),
        (b'name\n"open', "csv"),
        (b"[", "json"),
        (b"\xff", "json"),
        (b"{}", "json"),
        (b"[" * 100_000, "json"),
        (b"", "json"),
        (b"[1, 2", "json"),
        (b"[1,, 2]", "json"),
        (b"[1, 2,]", "json"),
        (b"[1 2]", "json"),
        (b"[1, 2]]", "json"),
        (b"[1, 2-3]", "json"),
        (b"[1, 2\x0b]", "json"),
        (b"name", "txt"),
    ],
)
def test_what_cannot_be_read_is_one_error(content: bytes, kind: str) -> None:
    with pytest.raises(BadFeed, match=r"\.$"):
        read(content, kind)
