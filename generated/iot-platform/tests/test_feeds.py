"""What a seed takes for --feed: files by their names, pipes by their content, both compressed or not."""

import errno
import gzip
import os
import tempfile
import threading
from pathlib import Path

import pytest

from iot_platform.samples import feeds
from iot_platform.samples.feeds import opened
from iot_platform.samples.records import BadFeed, read_records

CSV, JSON = b"name,size\na,1\n", b' \n[{"name": "a", "size": "1"}]'


def packed(content: bytes) -> bytes:
    """Return content compressed as gzip does it, always the same."""
    return gzip.compress(content, mtime=0)


def read(path: str) -> list[object]:
    """Return the records of a feed."""
    with opened(path) as feed:
        assert feed is not None
        return [record for _, record in read_records(feed.file, feed.kind)]


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    """The path of a named pipe."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return str(path)


def test_no_feed_is_none() -> None:
    with opened(None) as feed:
        assert feed is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("A.CSV", CSV),
        ("a.tsv", CSV.replace(b",", b"\t")),
        ("a.json", JSON),
        ("rows", CSV),
        ("rows", JSON),
        ("rows", b"\xef\xbb\xbf" + JSON),
        ("a.csv.gz", packed(CSV)),
        ("A.JSON.GZ", packed(JSON)),
        ("rows.gz", packed(JSON)),
        ("a.csv", packed(CSV[:5]) + packed(CSV[5:])),
        ("a.csv.gz", CSV),
    ],
)
def test_a_file_is_read_as_it_is_called_and_unpacked_as_it_is(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert read(str(tmp_path / name)) == [{"name": "a", "size": "1"}]


@pytest.mark.parametrize("content", [CSV, JSON, packed(CSV), packed(JSON)])
def test_a_pipe_is_read_as_it_begins_and_can_be_read_again(pipe: str, content: bytes) -> None:
    writer = threading.Thread(target=Path(pipe).write_bytes, args=[content])
    writer.start()
    with opened(pipe) as feed:
        assert feed is not None
        for _ in range(2):
            feed.file.seek(0)
            assert [record for _, record in read_records(feed.file, feed.kind)] == [{"name": "a", "size": "1"}]
    writer.join()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.txt", CSV, "neither CSV nor JSON"),
        ("a.xlsx", b"PK\x03\x04", "neither CSV nor JSON"),
        ("a.txt.gz", packed(CSV), "neither CSV nor JSON"),
        ("a.csv.gz", packed(CSV)[:-9], "ended before"),
        ("a.csv.gz", packed(CSV)[:-8] + b"12345678", "CRC"),
        ("a.csv.gz", packed(CSV)[:12] + b"\xff" * 20, "cannot be read"),
        ("a.csv.gz", b"\x1f\x8b", "cannot be read"),
        ("a.csv.gz", packed(packed(CSV)), "compressed"),
        ("a.csv", "name\nŁódź\n".encode("utf-16"), "UTF-16"),
        ("rows", b'{"name": "a"}', "no JSON list"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_with_its_name(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    path = str(tmp_path / name)
    Path(path).write_bytes(content)
    with pytest.raises(BadFeed, match=why) as refusal:
        read(path)
    assert str(refusal.value).startswith(f"{path}: It ")


@pytest.mark.parametrize("path", [".", "/nowhere/a.csv"])
def test_what_cannot_be_opened_is_one_sentence(path: str) -> None:
    with pytest.raises(BadFeed, match=r"cannot be read: \[Errno"):
        read(path)


@pytest.mark.parametrize("content", [CSV, packed(CSV)])
def test_a_copy_that_finds_no_room_names_its_folder(
    pipe: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(feeds, "copyfileobj", full)
    writer = threading.Thread(target=Path(pipe).write_bytes, args=[content])
    writer.start()
    with pytest.raises(BadFeed) as refusal:
        read(pipe)
    writer.join()
    room = f"There is no room for a copy of it in {tmp_path}; TMPDIR can name another directory."
    assert str(refusal.value) == f"{pipe}: {room}"


def test_copies_are_closed(pipe: str) -> None:
    writer = threading.Thread(target=Path(pipe).write_bytes, args=[CSV])
    writer.start()
    with opened(pipe) as feed:
        assert feed is not None
    writer.join()
    assert feed.file.closed
