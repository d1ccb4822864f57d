"""Opens what a seed is to read: a file, a pipe or standard input, compressed with gzip or not."""

import errno
import gzip
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from shutil import copyfileobj
from tempfile import TemporaryFile, gettempdir
from typing import IO

from .records import SUFFIXES, BadFeed, Kind

GZIP = b"\x1f\x8b"
"""What a compressed file begins with."""


@dataclass(frozen=True)
class Feed:
    """Rows to write instead of generated ones: where they come from, and a file that can be read more than once."""

    name: str
    kind: Kind
    file: IO[bytes]


@contextmanager
def opened(path: str | None) -> Iterator[Feed | None]:
    """The feed at a path, "-" for standard input, None for none. BadFeed if it cannot be read, now or in use."""
    if path is None:
        yield None
        return
    is_stdin = path == "-"
    name = "standard input" if is_stdin else path
    try:
        with ExitStack() as files:
            try:
                file: IO[bytes] = files.enter_context(open(0 if is_stdin else path, "rb", closefd=not is_stdin))
                if not file.seekable():
                    file = _copied(file, files.enter_context(TemporaryFile()))
                if _is_compressed(file):
                    with gzip.open(file) as unpacked:
                        file = _copied(unpacked, files.enter_context(TemporaryFile()))
            except (OSError, EOFError, zlib.error) as error:
                if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                    where = f"no room for a copy of it in {gettempdir()}"
                    raise BadFeed(f"There is {where}; TMPDIR can name another directory.") from error
                raise BadFeed(f"It cannot be read: {error}.") from error
            yield Feed(name, _kind(name, file), file)
    except BadFeed as error:
        raise BadFeed(f"{name}: {error}") from error


def _copied(content: IO[bytes] | gzip.GzipFile, copy: IO[bytes]) -> IO[bytes]:
    copyfileobj(content, copy)
    copy.seek(0)
    return copy


def _is_compressed(file: IO[bytes]) -> bool:
    start = file.read(len(GZIP))
    file.seek(0)
    return start == GZIP


def _kind(name: str, file: IO[bytes]) -> Kind:
    """Return whether a feed is CSV or JSON, as its name says; without an ending, as a pipe has none, as it begins."""
    suffix = PurePath(name.lower().removesuffix(".gz")).suffix
    if not suffix:
        start = file.read(100).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(0)
        return "json" if start.startswith((b"[", b"{")) else "csv"
    if suffix not in SUFFIXES:
        raise BadFeed("It is neither CSV nor JSON.")
    return SUFFIXES[suffix]
