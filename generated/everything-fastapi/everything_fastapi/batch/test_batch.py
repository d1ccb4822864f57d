"""The cargo rift as its users meet it: over HTTP and from the command line, with a look into the database."""

import csv
import gzip
import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid1, uuid4

import httpx
import pytest
from cassandra import InvalidRequest
from cassandra.query import BoundStatement
from cassandra.util import uuid_from_time
from click.testing import CliRunner

import conftest
import seed
from conftest import Select, Submit
from tests.wire import Wire

from ..db import batches, cql_log
from ..errors import OutcomeUnknown
from ..samples.records import BadFeed
from ..web.files import Upload
from . import service, sources
from .models import ImportDay, ImportReport
from .schemas import COLUMNS, ImportList, ImportQuery, ManifestList

HOME = conftest.PAGES["batch"]

TABLES = ("cargo_items", "cargo_manifests", "import_reports")
CSV, JSON = {"Content-Type": "text/csv"}, {"Content-Type": "application/json"}
PATIENT = {"SCYLLA_REQUEST_TIMEOUT": "60"}
"""The environment of commands that put more load on a busy database."""
ITEM: dict[str, Any] = {
    "manifest_id": "TERN-1",
    "item_no": 1,
    "name": "Crate of fog",
    "quantity": 3,
    "weight_kg": 1.5,
    "destination": "Nether Quay",
}

Rows = Callable[[], dict[str, int]]
Sent = list[tuple[bool, list[BoundStatement]]]
"""Whether each batch was logged, and its statements."""


# --- Helpers ---------------------------------------------------------------------------------------------------------


def items(count: int, manifest: str = "TERN-1", **fields: object) -> list[dict[str, Any]]:
    """Return the items of a manifest, numbered from 1."""
    return [{**ITEM, "manifest_id": manifest, "item_no": number, **fields} for number in range(1, count + 1)]


def as_csv(records: list[dict[str, Any]], columns: list[str] = COLUMNS) -> bytes:
    """Return records as the content of a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def as_json(records: object) -> bytes:
    return json.dumps(records).encode()


def send(client: httpx.Client, content: bytes, headers: dict[str, str] = CSV, **query: str) -> dict[str, Any]:
    """Import a file and return the report."""
    answer = client.post("/api/imports", content=content, headers=headers, params=query)
    assert answer.status_code == 201, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def run(records: list[dict[str, Any]], mode: str = "unlogged", **options: Any) -> ImportReport:
    """Import records without a server, and return the report."""
    source = sources.Source("test", uuid4().hex, len(records), lambda: enumerate(records, start=1))
    importing = service.run_import(source, service.new_report(source, mode), **options)
    return await importing


def is_under_way(client: httpx.Client) -> bool:
    """Return whether an import has got anywhere."""
    return any(report["rows"] for report in client.get("/api/imports").json())


@pytest.fixture
def rows(select: Select) -> Rows:
    """Counts the rows of each table."""
    return lambda: {table: select(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"] for table in TABLES}


# --- Files -----------------------------------------------------------------------------------------------------------


def test_the_published_commands(client: httpx.Client, select: Select) -> None:
    sample = (Path(__file__).parent / "sample.csv").read_bytes()
    answer = client.post("/api/imports?mode=logged", content=sample, headers=CSV)
    assert answer.status_code == 201
    report = answer.json()
    counts = {"total": 6, "rows": 6, "written": 6, "replaced": 0, "rejected_rows": 0, "rejected": [], "batches": 2}
    assert report.items() >= {"mode": "logged", "status": "done", **counts}.items()
    assert report["seconds"] > 0 and report["rows_per_second"] > 0
    assert report["started_at"].endswith("Z")
    assert datetime.fromisoformat(report["updated_at"]) >= datetime.fromisoformat(report["started_at"])
    assert client.get(f"/api/imports/{report['id']}").json() == report
    assert client.get("/api/imports").json()[0] == report

    answer = client.post("/api/imports", files={"file": ("sample.csv", sample)})
    assert answer.status_code == 201
    assert answer.json().items() >= {"file": "sample.csv", "mode": "unlogged", "written": 6}.items()
    item = {**ITEM, "manifest_id": "CORMORANT-8"}
    assert send(client, as_json([item]), JSON)["written"] == 1
    assert client.get("/api/manifests/CORMORANT-8").json() == [item]

    cargo = client.get("/api/manifests/CORMORANT-7").json()
    assert [item["item_no"] for item in cargo] == [1, 2, 3, 4]
    assert cargo[1]["name"] == "Bale of unread letters, tied" and cargo[1]["destination"] == "Saint-Élan"
    headers = conftest.walk(client, "/api/manifests?limit=500")
    (header,) = [header for header in headers if header["manifest_id"] == "CORMORANT-7"]
    assert (header["file"], header["imported_at"][-1]) == ("sample.csv", "Z")
    assert client.get(f"/api/imports/{header['import_id']}").json()["file"] == "sample.csv"


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize("mode", ["logged", "unlogged"])
def test_the_same_file_twice_leaves_the_same_rows(client: httpx.Client, rows: Rows, select: Select, mode: str) -> None:
    content = as_csv([*items(120, "TERN-1"), *items(3, "TERN-2", name="Łódź fog, “tinned”", weight_kg=0.1)])
    first = send(client, content, mode=mode)
    cargo = select("SELECT * FROM cargo_items")
    second = send(client, content, mode=mode)
    assert first["written"] == second["written"] == len(cargo) == 123
    assert select("SELECT * FROM cargo_items") == cargo
    assert rows() == {"cargo_items": 123, "cargo_manifests": 2, "import_reports": 2}


BAD_FIELDS = [
    ("manifest_id", None),
    ("manifest_id", "two words"),
    ("manifest_id", "x" * 65),
    ("item_no", 0),
    ("item_no", 2_147_483_648),
    ("item_no", "9" * 5_000),
    ("item_no", "one"),
    ("name", "   "),
    ("name", "x" * 201),
    ("name", "nul \0 byte"),
    ("quantity", 0),
    ("quantity", 2_147_483_648),
    ("quantity", "1.5"),
    ("weight_kg", -0.1),
    ("weight_kg", "NaN"),
    ("weight_kg", "1e999"),
    ("weight_kg", 1_000_001),
    ("destination", None),
    ("destination", "x" * 101),
]


@pytest.mark.usefixtures("empty_tables")
def test_bad_records_are_named_and_every_good_one_is_written(client: httpx.Client, select: Select) -> None:
    records, expected = [], []
    for number, (field, value) in enumerate(BAD_FIELDS):
        records += [{**ITEM, "item_no": number + 1}, {**ITEM, field: value}]
        expected.append((2 * number + 3, field))
    report = send(client, as_csv(records))
    assert [(found["line"], found["field"]) for found in report["rejected"]] == expected
    assert all(found["reason"] for found in report["rejected"])
    assert (report["rows"], report["written"]) == (len(records), len(BAD_FIELDS))
    assert {row["item_no"] for row in select("SELECT item_no FROM cargo_items")} == set(range(1, len(BAD_FIELDS) + 1))


def test_records_of_json_are_held_to_the_same(client: httpx.Client) -> None:
    bad_values: list[dict[str, Any]] = [
        {"name": 7},
        {"name": "half a pair \ud800"},
        {"name": ["list"]},
        {"half a pair \ud800": 1},
    ]
    bad_values += [{"weight_kg": float("nan")}, {"quantity": 10**400}, {"item_no": None}]
    bad: list[Any] = [5, None, [], "text", {}, *({**ITEM, **values} for values in bad_values)]
    report = send(client, as_json([ITEM, *bad, ITEM]), JSON)
    assert [found["line"] for found in report["rejected"]] == list(range(2, len(bad) + 2))
    assert (report["written"], report["replaced"], report["rejected_rows"]) == (1, 1, len(bad))


def test_of_many_bad_records_the_first_hundred_are_named(client: httpx.Client) -> None:
    report = send(client, as_csv([{**ITEM, "quantity": 0}] * 250))
    assert (report["rejected_rows"], report["written"], len(report["rejected"])) == (250, 0, 100)
    assert [found["line"] for found in report["rejected"]] == list(range(2, 102))
    assert len(client.get(f"/api/imports/{report['id']}").json()["rejected"]) == 100


def test_cells_beyond_the_header_reject_their_line(client: httpx.Client) -> None:
    content = as_csv(items(2)).replace(b"Nether Quay\r\n", b"Nether Quay,and more\r\n", 1)
    report = send(client, content)
    assert [found["line"] for found in report["rejected"]] == [2]
    assert report["written"] == 1


LONG = as_csv(items(5_000))


@pytest.mark.parametrize(
    ("content", "headers", "why"),
    [
        (as_csv([], COLUMNS[:4]), CSV, "missing: weight_kg, destination"),
        (b"", CSV, "missing: manifest_id, item_no, name, quantity, weight_kg, destination"),
        (as_csv([], [*COLUMNS, "colour"]), CSV, "no other"),
        (as_csv([], [*COLUMNS, "name"]), CSV, "column name is there 2 times"),
        (as_csv(items(1)).decode().encode("utf-16"), CSV, "in UTF-16: save it in UTF-8"),
        (as_csv(items(1)).decode().encode("utf-16-le"), CSV, "in UTF-16: save it in UTF-8"),
        (as_json(items(1)).decode().encode("utf-32"), JSON, "in UTF-32: save it in UTF-8"),
        (LONG + b"TERN-1,5001,caf\xe9,1,1,here\r\n", CSV, "line 5,002 is not in UTF-8"),
        (as_json(items(1)).replace(b"fog", b"f\xf6g"), JSON, "line 1 is not in UTF-8"),
        (gzip.compress(as_csv(items(1)), mtime=0), CSV, "compressed with gzip"),
        (b"PK\x03\x04", CSV, "a workbook"),
        (LONG + b'TERN-1,5001,"never closed,1,1,here\r\n', CSV, "end of data"),
        (b'[{"item_no":' + b"9" * 5_000 + b"}]", JSON, "item 1: a number has too many digits"),
        (as_json(items(5_000))[:-1] + b"," + b"9" * 300_000 + b"]", JSON, "item 5001: a number has too many digits"),
        (as_json(items(5_000))[:-1], JSON, "5000"),
        (as_json(items(5_000)) + b"]", JSON, "5000"),
        (as_json(ITEM), JSON, "no JSON list"),
        (b"", JSON, "no JSON list"),
        (b"[" * 100_000, JSON, "cannot be read"),
        (as_csv(items(1)), {"Content-Type": "text/plain"}, "text/csv"),
        (as_csv(items(1)), {}, "text/csv"),
    ],
)
def test_a_file_that_is_broken_anywhere_writes_nothing(
    client: httpx.Client, rows: Rows, content: bytes, headers: dict[str, str], why: str
) -> None:
    before = rows()
    answer = client.post("/api/imports", content=content, headers=headers)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["detail"]
    assert set(error) == {"loc", "msg", "type"}
    assert why in error["msg"]
    assert rows() == before


def from_a_spreadsheet(separator: str, line: str = "") -> bytes:
    """Return three items as spreadsheets write them: a header as people write it, rows and columns of empty cells."""
    header = separator.join(["Manifest ID", " item no ", "Name", "QUANTITY", "Weight_kg", '"destination"', "", ""])
    cells = [["TERN-9", str(number), '"Crate, of; f|og"', "3", "1.5", "Nether Quay", "", ""] for number in (1, 2, 3)]
    rows = [separator * 7, header, *map(separator.join, cells), *[separator * 7] * 3]
    return "\r\n".join([line] * bool(line) + rows).encode("utf-8-sig")


@pytest.mark.parametrize(
    "content",
    [
        *map(from_a_spreadsheet, ",;\t|"),
        *(from_a_spreadsheet(separator, f"sep={separator}") for separator in ",;"),
    ],
)
@pytest.mark.parametrize("way", ["body", "form", "page"])
def test_files_of_spreadsheets_are_imported_as_they_are(
    client: httpx.Client, submit: Submit, content: bytes, way: str
) -> None:
    if way == "page":
        page = submit(HOME, "/cargo/import", files={"file": ("cargo.tsv", content)}, mode="logged")
        assert page.status_code == 303
        (report,) = client.get("/api/imports?limit=1").json()
    else:
        files = {"file": ("Cargo.CSV", content)}
        sent: dict[str, Any] = {"content": content, "headers": CSV} if way == "body" else {"files": files}
        report = client.post("/api/imports", **sent).json()
    assert (report["total"], report["written"], report["rejected"]) == (3, 3, [])
    assert {item["name"] for item in client.get("/api/manifests/TERN-9").json()} == {"Crate, of; f|og"}


def test_a_decimal_comma_rejects_its_line_instead_of_being_another_number(client: httpx.Client) -> None:
    report = send(client, from_a_spreadsheet(";").replace(b"1.5", b"1,5", 1))
    assert [(found["line"], found["field"]) for found in report["rejected"]] == [(3, "weight_kg")]
    assert report["written"] == 2


@pytest.mark.parametrize("content", [b'[{"item_no":' + b"9" * 5_000 + b"}]", "[]".encode("utf-16"), b"[" * 10_000])
def test_json_that_cannot_be_read_is_refused_in_a_form_too(
    client: httpx.Client, submit: Submit, content: bytes
) -> None:
    files = {"file": ("cargo.json", content)}
    answer = client.post("/api/imports", files=files)
    assert answer.status_code == 422 and answer.json()["detail"][0]["msg"].startswith("It ")
    page = submit(HOME, "/cargo/import", files=files, mode="logged")
    assert page.status_code == 422 and "It " in page.text.split('id="file-error">')[1]


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/octet-stream", "text/plain", None])
def test_a_body_that_nobody_says_the_kind_of_is_told_the_header(
    client: httpx.Client, size: int, kind: str | None
) -> None:
    # curl --data-binary says that it sends a form.
    headers = {} if kind is None else {"Content-Type": kind}
    content = as_csv(items(size, name="fog & mist & haze"))
    answer = client.post("/api/imports", content=content, headers=headers)
    assert answer.status_code == 422, answer.text
    assert "the header Content-Type: text/csv or application/json" in answer.json()["detail"][0]["msg"]


def test_of_two_modes_or_files_the_last_one_counts(client: httpx.Client, submit: Submit) -> None:
    form = [("file", ("first.csv", b"x")), ("file", ("last.csv", as_csv([ITEM])))]
    report = client.post("/api/imports?mode=neither&mode=logged", files=form).json()
    assert (report["file"], report["mode"]) == ("last.csv", "logged")
    assert client.post("/api/imports?mode=logged&mode=neither", files=form).status_code == 422
    assert submit(HOME, "/cargo/import", files=form, mode=["logged", "neither"]).status_code == 422


@pytest.mark.parametrize(("field", "name"), [("file", "cargo.txt"), ("other", "cargo.csv"), ("file", None)])
def test_a_form_without_a_fitting_file_is_refused(client: httpx.Client, field: str, name: str | None) -> None:
    assert client.post("/api/imports", files={field: (name, as_csv([ITEM]))}).status_code == 422


@pytest.mark.parametrize("query", ["mode=both", "mode=", "unknown=1"])
def test_a_made_up_mode_is_refused(client: httpx.Client, query: str) -> None:
    assert client.post(f"/api/imports?{query}", content=as_csv([ITEM]), headers=CSV).status_code == 422


@pytest.mark.parametrize(("content", "headers"), [(as_csv([]), CSV), (b" [ ] ", JSON)])
def test_a_file_without_records_is_an_import_of_none(
    client: httpx.Client, content: bytes, headers: dict[str, str]
) -> None:
    report = send(client, content, headers)
    assert (report["status"], report["total"], report["written"], report["batches"]) == ("done", 0, 0, 0)
    assert report["rows_per_second"] == 0


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_request_with_too_many_manifests_is_refused_and_told_of_the_command_line(
    client: httpx.Client, rows: Rows, submit: Submit, kind: str
) -> None:
    before = rows()
    records = [{**ITEM, "manifest_id": f"TERN-{number}", "quantity": number % 2} for number in range(10_001)]
    content, headers = (as_csv(records), CSV) if kind == "csv" else (as_json(records), JSON)
    answer = client.post("/api/imports", content=content, headers=headers)
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert "10,000 manifests" in error["msg"] and "seed.py --feed" in error["msg"]
    page = submit(HOME, "/cargo/import", files={"file": (f"cargo.{kind}", content)}, mode="logged")
    assert page.status_code == 422 and "10,000 manifests" in page.text
    assert rows() == before


def test_only_a_manifest_too_many_is_refused_and_only_in_a_request() -> None:
    content = as_csv([item for number in range(3) for item in items(5, f"TERN-{number}")])
    for enough in (3, None):
        assert sources.check(io.BytesIO(content), "csv", "a.csv", enough).total == 15
    with pytest.raises(BadFeed):
        sources.check(io.BytesIO(content), "csv", "a.csv", 2)


def test_a_file_over_the_limit_is_413(client: httpx.Client) -> None:
    content = b"x" * (20 * 1024 * 1024 + 1)
    answer = client.post("/api/imports", content=content, headers=CSV)
    assert answer.status_code == 413
    assert "20 MiB" in answer.json()["detail"]


def test_a_file_that_ends_before_all_of_it_was_sent_writes_nothing(server: str, rows: Rows) -> None:
    before = rows()
    url = httpx.URL(server)
    head = "POST /api/imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 100000\r\n\r\n"
    with socket.create_connection((url.host, url.port), timeout=30) as connection:
        connection.sendall(head.encode() + as_csv(items(20)))
        connection.shutdown(socket.SHUT_WR)
        assert b" 201 " not in connection.recv(100)
    assert rows() == before


@pytest.mark.parametrize("name", ["../../etc/pass wd.csv", "<b>bold</b>.csv", "x" * 300 + ".csv", "łódź.csv"])
def test_the_name_of_a_file_is_only_a_name(client: httpx.Client, name: str) -> None:
    answer = client.post("/api/imports", files={"file": (name, as_csv([ITEM]))})
    assert answer.status_code == 201, answer.text
    assert answer.json()["file"] == name.rpartition("/")[2][:200]


# --- Batches ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(keyspace: str, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The batches that are sent during the test."""
    seen: Sent = []
    execute_batch = batches.execute_batch

    async def execute_and_note(statements: list[BoundStatement], *, logged: bool) -> None:
        seen.append((logged, statements))
        await execute_batch(statements, logged=logged)

    monkeypatch.setattr(batches, "execute_batch", execute_and_note)
    return seen


def tables(statements: list[BoundStatement]) -> Counter[str]:
    """Return how many rows of each table some statements write."""
    texts = " ".join(each.prepared_statement.query_string for each in statements)
    return Counter(re.findall(r"INTO \w+\.(\w+)", texts))


async def test_a_logged_batch_holds_a_manifests_header_and_its_items(sent: Sent) -> None:
    report = await run([*items(20, "TERN-1"), *items(30, "TERN-2")], "logged")
    assert [logged for logged, _ in sent] == [True, True]
    assert [tables(statements) for _, statements in sent] == [
        {"cargo_manifests": 1, "cargo_items": 20},
        {"cargo_manifests": 1, "cargo_items": 30},
    ]
    assert report.batches == 2


async def test_an_unlogged_batch_holds_one_partition_of_one_table(sent: Sent) -> None:
    report = await run([*items(20, "TERN-1"), *items(30, "TERN-2")], "unlogged")
    assert not any(logged for logged, _ in sent)
    assert sorted(str(tables(statements)) for _, statements in sent) == [
        "Counter({'cargo_items': 20})",
        "Counter({'cargo_items': 30})",
        "Counter({'cargo_manifests': 1})",
        "Counter({'cargo_manifests': 1})",
    ]
    assert all(len({statement.routing_key for statement in statements}) == 1 for _, statements in sent)
    assert report.batches == 2, "a header alone is no batch"


async def test_headers_share_batches_by_their_bucket(sent: Sent) -> None:
    await run([item for number in range(400) for item in items(1, f"TERN-{number}")])
    headers = [statements for _, statements in sent if "cargo_manifests" in tables(statements)]
    assert len(headers) <= 16
    assert sum(map(len, headers)) == 400


async def test_a_manifest_is_not_torn_where_a_piece_ends(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PIECE", 30)
    await run([item for number in range(9) for item in items(20, f"TERN-{number}")], "logged")
    assert [tables(statements) for _, statements in sent] == [{"cargo_manifests": 1, "cargo_items": 20}] * 9


async def test_items_of_many_manifests_in_any_order_are_gathered(sent: Sent) -> None:
    records = [item for number in range(20) for item in items(20, f"TERN-{number}")]
    await run(sorted(records, key=lambda record: record["item_no"]), "logged")
    assert len(sent) == 20


@pytest.mark.usefixtures("empty_tables")
async def test_a_batch_over_the_limit_is_split_not_refused(sent: Sent, select: Select) -> None:
    # 1.2 MB of names: more than either engine takes in one batch.
    report = await run(items(1_500, name="\U0001f4e6" * 200), "logged")
    assert report.batches > 20
    assert select("SELECT COUNT(*) AS n FROM cargo_items") == [{"n": 1_500}]
    everything = [statement for _, statements in sent for statement in statements]
    with pytest.raises(InvalidRequest, match=r"too large"):
        await batches.execute_batch(everything, logged=True)


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize(("between", "replaced"), [(0, 1), (100, 0)], ids=["near", "far apart"])
async def test_of_two_records_with_one_number_the_later_one_stays_whole(
    select: Select, monkeypatch: pytest.MonkeyPatch, between: int, replaced: int
) -> None:
    monkeypatch.setattr(sources, "PIECE", 10)
    earlier = {**ITEM, "name": "zzz", "quantity": 9, "weight_kg": 9, "destination": "zzz"}
    later = {**ITEM, "name": "aaa", "quantity": 1, "weight_kg": 1, "destination": "aaa"}
    report = await run([earlier, *items(between, "TERN-2"), later])
    assert (report.rows, report.written, report.replaced) == (between + 2, between + 2 - replaced, replaced)
    assert select("SELECT * FROM cargo_items WHERE manifest_id = 'TERN-1'") == [later]


MEASURE = """
import resource
import runpy
import sys

try:
    runpy.run_path("seed.py", run_name="__main__")
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def peak_memory(path: Path) -> int:
    """Import a file from the command line; return the memory that it took, in bytes."""
    done = conftest.run(["-c", MEASURE, *conftest.SEEDS["batch"][1:], "--feed", str(path)], **PATIENT)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.splitlines()[-1])


@pytest.mark.usefixtures("empty_tables")
def test_100_000_records_are_imported_in_flat_memory(tmp_path: Path, select: Select) -> None:
    paths = []
    for name, manifests in (("warm-up", 10), ("large", 100)):
        paths.append(tmp_path / f"{name}.csv")
        records = [item for number in range(manifests) for item in items(1_000, f"RIFT-{number:03d}")]
        paths[-1].write_bytes(as_csv(records))
    before, after = map(peak_memory, paths)
    for number in range(100):
        count = select("SELECT COUNT(*) AS n FROM cargo_items WHERE manifest_id = ?", f"RIFT-{number:03d}")
        assert count == [{"n": 1_000}]
    assert after - before < 16_000_000, "as dictionaries, all of the records take 60 MB"


# --- Progress, interruption, failure ---------------------------------------------------------------------------------


async def test_the_report_of_a_running_import_tells_how_far_it_is(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PIECE", 50)
    reports, pages = [], []

    def records() -> sources.Records:
        for number, item in enumerate(items(150)):
            if number in {0, 110}:
                reports.append(client.get("/api/imports?limit=1").json()[0])
                pages.append(client.get(f"/cargo/report?id={reports[-1]['id']}").text)
            yield number, item

    source = sources.Source("watched.csv", uuid4().hex, 150, records)
    report = service.new_report(source, "unlogged")
    await service.run_import(source, report)
    assert [(report["status"], report["rows"], report["total"]) for report in reports] == [
        ("running", 0, 150),
        ("running", 100, 150),
    ]
    assert 'hx-trigger="every 2s"' in pages[1] and "100 of 150 records" in pages[1]
    report = client.get(f"/api/imports/{reports[0]['id']}").json()
    assert (report["status"], report["rows"], report["written"]) == ("done", 150, 150)
    assert "hx-trigger" not in client.get(f"/cargo/report?id={report['id']}").text


async def store(report: ImportReport) -> None:
    """Write a report as it is, and the day that leads to it."""
    await ImportDay(day=report.day).save()
    await report.save()


async def test_a_running_import_that_is_silent_counts_as_interrupted_until_it_is_heard_of(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PIECE", 4)
    monkeypatch.setattr(service, "MAX_SILENCE", 2)
    pages = []

    def status() -> str:
        return str(client.get("/api/imports?limit=1").json()[0]["status"])

    def records() -> sources.Records:
        for number, item in enumerate(items(13), start=1):
            if number == 6:  # the first piece is stored
                conftest.wait_until(lambda: status() == "interrupted", 30, lambda: "the import is still running")
                (report,) = client.get("/api/imports?limit=1").json()
                pages.append(client.get(f"/cargo/report?id={report['id']}").text)
            yield number, {**item, "manifest_id": f"TERN-{(number - 1) // 4}"}

    source = sources.Source("silent.csv", uuid4().hex, 13, records)
    await service.run_import(source, service.new_report(source, "unlogged"))
    assert "It ended after 4 records" in pages[0] and "hx-trigger" not in pages[0]
    assert status() == "done"


async def at_once() -> bool:
    """Return True: nobody waits for the answer."""
    return True


@pytest.mark.usefixtures("empty_tables")
async def test_an_import_that_nobody_waits_for_writes_nothing_but_its_report(rows: Rows, client: httpx.Client) -> None:
    upload = Upload("csv", io.BytesIO(as_csv(items(10))), at_once)
    await service.create_import(ImportQuery(), upload)
    (report,) = client.get("/api/imports").json()
    assert (report["status"], report["rows"], report["total"]) == ("abandoned", 0, 10)
    assert rows() == {"cargo_items": 0, "cargo_manifests": 0, "import_reports": 1}
    page = client.get(f"/cargo/report?id={report['id']}").text
    assert "Whoever sent the file has left" in page and "hx-trigger" not in page


MANY = as_csv([item for number in range(600) for item in items(100, f"TERN-{number}")])
AS_FORM = b"".join(
    (
        b'--cargo\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n',
        MANY,
        b"\r\n--cargo--\r\n",
    )
)


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize(
    ("content", "kind", "abruptly"),
    [(MANY, "text/csv", False), (AS_FORM, "multipart/form-data; boundary=cargo", True)],
    ids=["body", "form"],
)
def test_a_client_that_leaves_ends_its_import(
    client: httpx.Client, rows: Rows, content: bytes, kind: str, abruptly: bool
) -> None:
    url = client.base_url
    head = f"POST /api/imports HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nContent-Type: {kind}\r\n"
    with socket.create_connection((url.host, url.port), timeout=30) as connection:
        connection.sendall(head.encode() + f"Content-Length: {len(content)}\r\n\r\n".encode() + content)
        conftest.wait_until(lambda: is_under_way(client), 30, lambda: "the import does not get going")
        if abruptly:  # then its end is a reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def report() -> dict[str, Any]:
        (found,) = client.get("/api/imports").json()
        return dict(found)

    conftest.wait_until(lambda: report()["status"] != "running", 30, lambda: f"it goes on: {report()}")
    assert report()["status"] == "abandoned"
    assert 0 < report()["rows"] == rows()["cargo_items"] < 60_000
    assert send(client, as_csv(items(3)))["status"] == "done"


@pytest.mark.usefixtures("empty_tables")
async def test_what_failed_in_the_middle_is_completed_by_importing_it_again(
    client: httpx.Client, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PIECE", 50)
    execute_batch, sent = batches.execute_batch, 0

    async def fail_at_last(statements: list[BoundStatement], *, logged: bool) -> None:
        nonlocal sent
        sent += 1
        if sent > 10:
            raise OutcomeUnknown
        await execute_batch(statements, logged=logged)

    records = [item for number in range(20) for item in items(10, f"TERN-{number}")]
    with monkeypatch.context() as patched, pytest.raises(OutcomeUnknown):
        patched.setattr(batches, "execute_batch", fail_at_last)
        await run(records, "logged")
    (report,) = client.get("/api/imports").json()
    assert (report["status"], report["rows"], report["written"]) == ("failed", 100, 100)
    assert 100 <= rows()["cargo_items"] < 200
    assert (await run(records, "logged")).written == 200
    assert rows() == {"cargo_items": 200, "cargo_manifests": 20, "import_reports": 2}


@pytest.mark.usefixtures("empty_tables")
async def test_an_import_goes_on_where_its_report_ends(sent: Sent, rows: Rows) -> None:
    records = [*items(20, "TERN-1"), {**ITEM, "quantity": 0}, *items(20, "TERN-2")]
    source = sources.Source("test", "same records", len(records), lambda: enumerate(records, start=1))
    report = service.new_report(source, "logged").model_copy(
        update={"rows": 21, "written": 20, "rejected_rows": 1, "batches": 1, "seconds": 9.0}
    )
    resumed = await service.run_import(source, report)
    assert [tables(statements) for _, statements in sent] == [{"cargo_manifests": 1, "cargo_items": 20}]
    assert (resumed.rows, resumed.written, resumed.rejected_rows, resumed.batches) == (41, 40, 1, 2)
    assert resumed.seconds > 9

    found = await service.find_report(source, "logged")
    assert found == resumed
    again = await service.run_import(source, found)
    assert (len(sent), again.rows, again.written) == (1, 41, 40), "there was nothing left to write"
    assert rows()["import_reports"] == 1


@pytest.mark.usefixtures("empty_tables")
async def test_only_the_last_import_of_the_same_records_in_the_same_mode_is_found() -> None:
    source = sources.Source("test", "same records", 0, lambda: iter([]))
    for at in (3, 1, 2):
        await store(service.new_report(source, "logged", uuid_from_time(at)))
    await store(service.new_report(replace(source, fingerprint="others"), "unlogged", uuid_from_time(9)))
    logged = await service.find_report(source, "logged")
    assert logged is not None and logged.id.time == uuid_from_time(3).time
    assert await service.find_report(source, "unlogged") is None


@pytest.mark.usefixtures("empty_tables")
def test_a_database_that_hangs_ends_the_import_and_the_file_can_be_sent_again(
    client: httpx.Client, rows: Rows, wire: Wire, tmp_path: Path
) -> None:
    content = as_csv([item for number in range(100) for item in items(100, f"TERN-{number}")])

    def post(address: str) -> httpx.Response:
        return httpx.post(f"{address}/api/imports", content=content, headers=CSV, timeout=60)

    log = tmp_path / "server.log"
    with (
        conftest.serving(log, **wire.environment, SCYLLA_REQUEST_TIMEOUT="3") as address,
        ThreadPoolExecutor(1) as background,
    ):
        conftest.wait_until(lambda: conftest.answers(address), 30, log.read_text)
        sending = background.submit(post, address)
        conftest.wait_until(lambda: is_under_way(client), 30, lambda: "the import does not get going")
        wire.stall()
        answer = sending.result()
        wire.resume()
        assert (answer.status_code, answer.json()) == (504, {"detail": {"error": "outcome_unknown"}})
        assert rows()["cargo_items"] < 10_000
        conftest.wait_until(lambda: conftest.answers(address), 30, log.read_text)
        assert post(address).json()["written"] == 10_000
    assert rows() == {"cargo_items": 10_000, "cargo_manifests": 100, "import_reports": 2}


# --- The command line ------------------------------------------------------------------------------------------------


def command(feed: Path, *options: str) -> list[str]:
    return [*conftest.SEEDS["batch"], "--feed", str(feed), *options]


def summary(text: str) -> tuple[int, int, int]:
    """Return how many rows the summary says were written, were there already and were rejected."""
    row = re.search(r"^\W*batch\W+([\d,]+)\W+([\d,]+)\W+([\d,]+)\W*$", text, re.MULTILINE)
    assert row, text
    written, skipped, rejected = (int(number.replace(",", "")) for number in row.groups())
    return written, skipped, rejected


@pytest.mark.usefixtures("empty_tables")
def test_an_import_that_was_interrupted_is_resumed(client: httpx.Client, rows: Rows, tmp_path: Path) -> None:
    feed = tmp_path / "cargo.csv"
    feed.write_bytes(as_csv([item for number in range(200) for item in items(100, f"TERN-{number}")]))
    slowly = ["--mode", "logged", "--batch-size", "10", "--concurrency", "1"]
    process = subprocess.Popen(
        [sys.executable, *command(feed, *slowly)],
        cwd=conftest.PROJECT,
        env={**os.environ, **PATIENT},
        stdout=subprocess.PIPE,
        text=True,
        # A shell lets its background jobs, and so what they start, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    conftest.wait_until(lambda: is_under_way(client), 60, lambda: "the import does not get going")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    (report,) = client.get("/api/imports").json()
    stored = rows()["cargo_items"]
    assert report["status"] == "interrupted"
    assert 0 < report["rows"] == report["written"] <= stored < 20_000
    assert summary(output) == (stored, 0, 0)

    done = conftest.run(command(feed, "--mode", "logged", "--resume"), **PATIENT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary(done.stdout) == (20_000 - report["rows"], report["rows"], 0)
    (resumed,) = client.get("/api/imports").json()
    assert (resumed["id"], resumed["status"]) == (report["id"], "done")
    assert resumed["rows"] == resumed["written"] == resumed["total"] == 20_000
    assert resumed["seconds"] > report["seconds"] and resumed["batches"] > report["batches"]
    assert rows() == {"cargo_items": 20_000, "cargo_manifests": 200, "import_reports": 1}


@pytest.mark.parametrize(("option", "value"), [("--batch-size", "0"), ("--concurrency", "0"), ("--mode", "both")])
def test_the_command_line_refuses_senseless_options(option: str, value: str) -> None:
    done = CliRunner().invoke(seed.main, [option, value])
    assert done.exit_code == 2
    assert option in done.stderr


@pytest.mark.usefixtures("empty_tables")
def test_a_pipe_is_imported(rows: Rows) -> None:
    compressed = gzip.compress(from_a_spreadsheet("\t"))
    done = subprocess.run([sys.executable, *command(Path("-"))], cwd=conftest.PROJECT, input=compressed, check=True)
    assert done.returncode == 0
    assert rows() == {"cargo_items": 3, "cargo_manifests": 1, "import_reports": 1}


def test_a_feed_that_lacks_a_column_is_one_sentence(tmp_path: Path, keyspace: str) -> None:
    feed = tmp_path / "cargo.csv"
    feed.write_bytes(as_csv([], COLUMNS[:-1]))
    done = conftest.run(command(feed))
    assert (done.returncode, done.stderr) == (2, "")
    assert f"{feed}: Columns are missing: destination." in done.stdout


# --- Lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
async def test_imports_are_listed_newest_first(client: httpx.Client) -> None:
    source = sources.Source("past.csv", "same", 0, lambda: iter([]))
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    moments = [midnight + timedelta(hours=hours, microseconds=number) for hours in (-30, -1, 0, 5) for number in (0, 1)]
    ids = [uuid_from_time(moment) for moment in moments]
    for import_id in ids:
        await store(service.new_report(source, "unlogged", import_id))
    newest_first = [str(import_id) for import_id in reversed(ids)]
    for limit in (1, 3, 8):
        assert [report["id"] for report in conftest.walk(client, f"/api/imports?limit={limit}")] == newest_first
    assert all(client.get(f"/api/imports/{import_id}").status_code == 200 for import_id in ids)


@pytest.mark.usefixtures("empty_tables")
async def test_days_that_hold_no_report_are_passed_a_few_at_a_time() -> None:
    source = sources.Source("past.csv", "same", 0, lambda: iter([]))
    ids = [uuid_from_time(datetime(2026, month, 1, tzinfo=UTC)) for month in (3, 1)]
    for import_id in ids:
        await store(service.new_report(source, "unlogged", import_id))
    for number in range(25):  # as servers that ended right after this write leave it
        await ImportDay(day=date(2026, 2, 1) + timedelta(days=number)).save()
    pages: list[list[UUID]] = []
    cursor = None
    while not pages or cursor:
        cql_log.start()
        page = await service.list_imports(ImportList(limit=2, cursor=cursor))
        assert len(cql_log.statements()) <= 13
        pages.append([report.id for report in page.items])
        cursor = UUID(page.cursor) if page.cursor else None
    assert pages == [ids[:1], [], ids[1:]]


@pytest.mark.usefixtures("empty_tables")
def test_manifests_and_items_are_listed_without_loss(client: httpx.Client) -> None:
    names = [f"TERN-{number}" for number in range(40)]
    send(client, as_csv([*items(11, "GULL"), *(item for name in names for item in items(1, name))]))
    for limit in (1, 7, 41):
        listed = [manifest["manifest_id"] for manifest in conftest.walk(client, f"/api/manifests?limit={limit}")]
        assert sorted(listed) == sorted(["GULL", *names])
    for limit in (1, 5, 11):
        listed = [item["item_no"] for item in conftest.walk(client, f"/api/manifests/GULL?limit={limit}")]
        assert listed == list(range(1, 12))
    assert client.get("/api/manifests/GULL?cursor=11").json() == []


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize("number", [3, 300])
async def test_a_list_takes_the_same_few_statements_however_many_rows_there_are(number: int) -> None:
    await run([item for manifest in range(number) for item in items(1, f"TERN-{manifest}")])
    source = sources.Source("past.csv", "same", 0, lambda: iter([]))
    for _ in range(number // 3):
        await store(service.new_report(source, "unlogged", uuid1()))
    cql_log.start()
    await service.list_imports(ImportList(limit=2))
    imports = cql_log.statements()
    cql_log.start()
    page = await service.list_manifests(ManifestList(limit=2))
    await service.list_manifests(ManifestList(limit=2, cursor=page.cursor))
    manifests = cql_log.statements()
    assert (len(imports), len(manifests) in {2, 3}) == (2, True)
    assert not any("DISTINCT" in each.cql or "ALLOW FILTERING" in each.cql for each in imports + manifests)


def test_the_header_tells_the_latest_import_of_a_manifest(client: httpx.Client) -> None:
    send(client, as_csv(items(2, "SKUA")))
    latest = send(client, as_csv(items(1, "SKUA")))
    headers = conftest.walk(client, "/api/manifests?limit=500")
    (header,) = [header for header in headers if header["manifest_id"] == "SKUA"]
    assert header["import_id"] == latest["id"]
    assert len(client.get("/api/manifests/SKUA").json()) == 2


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"/api/imports/{uuid4()}", 404),
        (f"/api/imports/{uuid_from_time(0)}", 404),
        ("/api/imports/ffffffff-ffff-1fff-bfff-ffffffffffff", 404),
        ("/api/imports/no-uuid", 422),
        ("/api/manifests/NOBODYS", 404),
        ("/api/manifests/two%20words", 422),
        ("/api/manifests/GULL?cursor=0", 422),
        ("/api/manifests/GULL?cursor=2147483648", 422),
        ("/api/manifests?cursor=two+words", 422),
        ("/api/manifests?limit=501", 422),
        ("/api/imports?limit=0", 422),
        ("/api/imports?cursor=made-up", 422),
        (f"/api/imports?cursor={uuid4()}", 422),
        ("/api/imports?page=2", 422),
    ],
)
def test_a_made_up_address_is_refused(client: httpx.Client, url: str, status: int) -> None:
    assert client.get(url).status_code == status


# --- Pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_the_page_without_imports(client: httpx.Client) -> None:
    assert "Nothing has come through yet" in client.get(HOME).text


def test_the_page_imports_a_file_without_javascript(client: httpx.Client, submit: Submit) -> None:
    markup = "<b>bold</b> & sharp"
    content = as_csv([*items(60, "PAGE-1", name=markup), {**ITEM, "quantity": 0}])
    answer = submit(HOME, "/cargo/import", files={"file": ("<i>.csv", content)}, mode="logged")
    assert answer.status_code == 303
    report = client.get(answer.headers["location"]).text
    assert "The import is done" in report and "<code><bdi>quantity</bdi></code>: Input should be" in report
    assert "&lt;i&gt;.csv" in report and "<i>" not in report
    page = client.get(HOME).text
    assert "60 written" in page and "1 rejected" in page and "<i>" not in page
    manifest = client.get("/cargo/manifest?manifest_id=PAGE-1").text
    assert manifest.count("&lt;b&gt;bold&lt;/b&gt; &amp; sharp") == 50 and markup not in manifest
    assert answer.headers["location"] in manifest, "the header leads to its import"
    (further,) = re.findall(r'href="([^"]+)">Further items', manifest)
    assert client.get(further.replace("&amp;", "&")).text.count("&lt;b&gt;bold&lt;/b&gt; &amp; sharp") == 10


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"file": ("cargo.csv", b"manifest_id,name\n")}, "Columns are missing: item_no, quantity, weight_kg"),
        ({"file": ("cargo.csv", b"\xff")}, "is not in UTF-8"),
        ({"file": ("cargo.txt", b"x")}, "ends in .csv, .tsv or .json"),
        ({"file": ("", b"")}, "choose a file"),
        (None, "choose a file"),
    ],
)
def test_the_page_shows_a_refused_file_beside_its_field(
    submit: Submit, rows: Rows, files: dict[str, Any] | None, why: str
) -> None:
    before = rows()
    answer = submit(HOME, "/cargo/import", files=files, mode="logged")
    assert answer.status_code == 422
    assert why in answer.text.split('id="file-error">')[1].split("</p>")[0]
    assert '<option value="logged" selected>' in answer.text
    assert rows() == before


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"/cargo/report?id={uuid4()}", 404),
        ("/cargo/report", 422),
        ("/cargo/manifest?manifest_id=NOBODYS", 404),
        ("/cargo/manifest?manifest_id=two+words", 422),
        (f"{HOME}?cursor={uuid4()}", 422),
    ],
)
def test_the_page_of_nothing_is_an_error(client: httpx.Client, url: str, status: int) -> None:
    answer = client.get(url, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_the_page_leads_to_earlier_imports_and_refreshes_only_the_newest(client: httpx.Client) -> None:
    ids = [send(client, as_csv(items(1)))["id"] for _ in range(3)]
    newest = client.get(f"{HOME}?limit=2").text
    assert 'hx-trigger="every 5s"' in newest
    (earlier,) = re.findall(r'href="([^"]+)">Earlier imports', newest)
    page = client.get(earlier.replace("&amp;", "&")).text
    assert f"report-{ids[0]}" in page and f"report-{ids[1]}" not in page
    assert "hx-trigger" not in page.split('id="imports"')[1]


def test_the_panel_shows_the_models_and_the_cql_of_the_page(client: httpx.Client, submit: Submit) -> None:
    submit(HOME, "/cargo/import", files={"file": ("cargo.csv", as_csv(items(3)))}, mode="logged")
    page = client.get(HOME).text
    _, _, panel = page.partition('id="hood"')
    assert "class CargoManifest(Document)" in panel and "LOCAL_QUORUM" in panel
    assert "INSERT" not in panel and "BATCH" not in panel, "what somebody else has imported"
