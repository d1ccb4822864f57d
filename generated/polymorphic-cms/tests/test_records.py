"""Records of CSV and JSON files: their lines, empty cells, and what cannot be read."""

import io

import pytest

from polymorphic_cms.samples.records import BadFeed, read_records


def read(content: bytes, kind: str) -> list[tuple[int, object]]:
    """Return all records of a file."""
    return list(read_records(io.BytesIO(content), kind))


def test_csv_counts_its_lines_and_leaves_out_empty_cells() -> None:
    content = '\ufeffname,size\nŁódź,3\n"two\nlines",\n'.encode()
    assert read(content, "csv") == [(2, {"name": "Łódź", "size": "3"}), (4, {"name": "two\nlines"})]


def test_json_counts_its_items() -> None:
    assert read(b'[{"name": "a"}, 5]', "json") == [(1, {"name": "a"}), (2, 5)]


def test_a_file_stays_open_and_can_be_read_again() -> None:
    file = io.BytesIO("\ufeffname,size\na,1\n".encode())
    for _ in range(2):
        file.seek(0)
        assert list(read_records(file, "csv")) == [(2, {"name": "a", "size": "1"})]


def test_csv_is_read_as_it_is_needed() -> None:
    file = io.BytesIO(b"name\nfirst\n" + b"later\n" * 100_000 + b"\xff\n")
    records = read_records(file, "csv")
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
        (b"[1, 2]]", "json"),
        (b"name", "txt"),
    ],
)
def test_what_cannot_be_read_is_one_error(content: bytes, kind: str) -> None:
    with pytest.raises(BadFeed, match=r"\.$"):
        read(content, kind)
