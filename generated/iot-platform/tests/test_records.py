"""Records of CSV and JSON files: their lines, what spreadsheets make of them, and what cannot be read."""

import gzip
import io
import json

import pytest

from iot_platform.samples.records import BEYOND, MAX_LINE, BadFeed, Kind, read_records


def read(content: bytes, kind: Kind) -> list[tuple[int, object]]:
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
    with pytest.raises(BadFeed, match=r"line 100,003 is not in UTF-8"):
        list(records)


class Endless(io.BytesIO):
    """A file whose end nobody should come to: it has more of its last line than that of any table."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on, if not too much was read before."""
        assert self.tell() < 4 * MAX_LINE
        return super().read(size)

    read1 = read


@pytest.mark.parametrize(
    ("start", "more", "why"),
    [
        (b"name\na\n", b"x", "line 3 has more than 1,048,576 characters"),
        (b"name\n", b",", "line 2 has more than 1,048,576 characters"),
        (b"", b"x", "line 1 has more than 1,048,576 characters"),
        (b"name\na\n\xff", b"x", "line 3 is not in UTF-8"),
        (b'name\n"a\nb', b"x\n", "line 2: field larger than field limit"),
    ],
)
def test_a_line_without_end_is_not_read_to_its_end(start: bytes, more: bytes, why: str) -> None:
    with pytest.raises(BadFeed, match=why):
        list(read_records(Endless(start + more * 8 * MAX_LINE), "csv"))


# --- Spreadsheets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line", ["", "sep={}\r\n", '"sep={}"\n', "SEP={}\r", "\n{0}{0}\n"])
def test_the_separator_is_the_one_of_the_header_or_of_the_line_before_it(separator: str, line: str) -> None:
    before = line.format(separator)
    content = f'{before}name{separator}size\n"a,;\t|b"{separator}"3,5"\n'.encode()
    number = 2 + before.count("\n") + before.count("\r") - before.count("\r\n")
    assert read(content, "csv") == [(number, {"name": "a,;\t|b", "size": "3,5"})]


@pytest.mark.parametrize("first", ["sep=:", "sep=", "sep=,,", "sep=,name"])
def test_a_line_that_declares_no_separator_is_a_header(first: str) -> None:
    ((line, record),) = read(f"{first}\nvalue\n".encode(), "csv")
    assert isinstance(record, dict)
    assert (line, next(iter(record))) == (2, first.partition(",")[0])


@pytest.mark.parametrize("empty", ["", ",,", " , ,", '"","",""', ",,,,,,", "\t,\N{NO-BREAK SPACE},"])
def test_rows_without_values_are_none_but_count_as_lines(empty: str) -> None:
    content = f"{empty}\nname,size,\n{empty}\na,1\n{empty}\n{empty}\nb,2,,,\n{empty}\n".encode()
    assert read(content, "csv") == [(4, {"name": "a", "size": "1"}), (7, {"name": "b", "size": "2"})]


def test_cells_beyond_the_header_are_kept_unless_they_are_empty() -> None:
    assert read(b"name,,\na,,\nb,1,\nc, ,,2\n", "csv") == [
        (2, {"name": "a"}),
        (3, {"name": "b", BEYOND: ["1"]}),
        (4, {"name": "c", BEYOND: ["2"]}),
    ]


@pytest.mark.parametrize(
    "header",
    ["item_no,name", "Item_No,NAME", " item no , Name ", '"Item  No", "name"', "\ufeff\ufeffitem_no,na\u200bme\u200e"],
)
def test_headers_are_read_in_any_case_and_with_blanks(header: str) -> None:
    assert read(f'{header}\n 1 , "a, b"\n'.encode(), "csv") == [(2, {"item_no": "1", "name": "a, b"})]


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("name,,size", "column 2 has no name"),
        (",name,size", "column 1 has no name"),
        ("name,size,Name", "column name is there 2 times"),
        ("a b,a_b", "column a_b is there 2 times"),
    ],
)
def test_each_column_has_a_name_of_its_own(header: str, why: str) -> None:
    with pytest.raises(BadFeed, match=why):
        read(f"{header}\n1,2,3\n".encode(), "csv")


# --- What cannot be read ---------------------------------------------------------------------------------------------

TEXTS: dict[Kind, str] = {"csv": "name,size\nŁódź,3\n", "json": '[{"name": "Łódź"}]'}


@pytest.mark.parametrize("kind", ["csv", "json"])
@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-16", "is in UTF-16"),
        ("utf-16-le", "is in UTF-16"),
        ("utf-16-be", "is in UTF-16"),
        ("utf-32", "is in UTF-32"),
        ("utf-32-be", "is in UTF-32"),
        ("cp1250", "line {} is not in UTF-8"),
        ("iso-8859-2", "line {} is not in UTF-8"),
        ("gb18030", "line {} is not in UTF-8"),
    ],
)
def test_another_encoding_is_named_where_it_can_be_told(kind: Kind, encoding: str, found: str) -> None:
    with pytest.raises(BadFeed, match=found.format(2 if kind == "csv" else 1)) as refusal:
        read(TEXTS[kind].encode(encoding), kind)
    assert "UTF-8" in str(refusal.value)


@pytest.mark.parametrize("kind", ["csv", "json"])
@pytest.mark.parametrize(
    ("content", "found"),
    [(gzip.compress(b"name\na\n", mtime=0), "compressed"), (b"PK\x03\x04xl/workbook.xml", "workbook")],
)
def test_a_file_that_is_no_text_is_called_what_it_is(kind: Kind, content: bytes, found: str) -> None:
    with pytest.raises(BadFeed, match=found):
        read(content, kind)


@pytest.mark.parametrize("value", ["9" * 5_000, "-" + "9" * 5_000, '{"a": [' + "9" * 5_000 + "]}"])
def test_an_endless_integer_is_not_explained_by_settings_of_python(value: str) -> None:
    with pytest.raises(BadFeed, match=r"^It cannot be read: a number has too many digits\.$"):
        read(f"[1, {value}]".encode(), "json")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"name\n\xff\n", "csv"),
        (b'name\n"open', "csv"),
        (b'name\n"a"b\n', "csv"),
        (b"x" * 200_000, "csv"),
        (b"\xff\xfe", "csv"),
        (b"\0\0\0\0", "csv"),
        (b"[", "json"),
        (b"\xff", "json"),
        (b"{}", "json"),
        (b"", "json"),
        (b"[1e]", "json"),
        (b"[" * 100_000, "json"),
        (b'{"a":' * 100_000, "json"),
        (b"[1, 2]]", "json"),
    ],
)
def test_what_cannot_be_read_is_one_error(content: bytes, kind: Kind) -> None:
    with pytest.raises(BadFeed, match=r"^It.*\.$"):
        read(content, kind)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'name\na\n"open\nb\nc', "line 3: unexpected end of data"),
        (b'sep=,\n\nname\n"a\nb"\n"c"d\n', "line 6: ',' expected after '\"'"),
        (b'"name\n', "line 1: unexpected end of data"),
    ],
)
def test_a_csv_error_is_told_with_the_line_in_which_its_row_begins(content: bytes, why: str) -> None:
    with pytest.raises(BadFeed, match=f"^It cannot be read: {why}.$"):
        read(content, "csv")


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (b"name\n\xff", 2),
        (b"name\n" + b"a\n" * 2**16 + b"caf\xe9,\n", 2**16 + 2),
        (b"name\n" + b"a" * 2**16 + b"\n\xc3", 3),
        (b"n" + "é".encode() * 2**16 + b"\n\xff\n", 2),
    ],
)
def test_a_line_in_another_encoding_is_named(content: bytes, number: int) -> None:
    with pytest.raises(BadFeed, match=f"line {number:,} is not in UTF-8"):
        read(content, "csv")


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", '"\\ud800"', "1" * 4_000])
def test_what_python_can_read_is_left_to_the_schemas(value: str) -> None:
    ((number, record),) = read(f"[{value}]".encode(), "json")
    assert number == 1 and repr(record) == repr(json.loads(value))
