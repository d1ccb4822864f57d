"""Streams of NDJSON: one JSON object per line, sent while the rows are read."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from json import dumps
from threading import Semaphore

from pydantic import BaseModel

from ..errors import HANDLED
from .problems import from_exception

MEDIA_TYPE = "application/x-ndjson"
CONTENT = {MEDIA_TYPE: {"schema": {"type": "string"}}}
"""The OpenAPI description of such an answer."""

_turns = Semaphore(4)
"""How many streams read and encode at once, however many are open: other requests are answered in between."""


def lines(pages: Generator[Sequence[BaseModel]]) -> Iterator[bytes]:
    """Return the lines of all pages, once the first is there; what fails before that is raised.

    A later failure becomes the last line, as the body of that error would be. The reading ends with the client.
    """
    first = _encode(next(pages, []))

    def rest() -> Iterator[bytes]:
        with closing(pages):
            try:
                page = first
                while page:
                    yield page
                    page = _next(pages)
            except HANDLED as error:
                yield _last_line(error)

    return rest()


def _next(pages: Generator[Sequence[BaseModel]]) -> bytes:
    """Return the lines of the next page when it is this stream's turn; nothing at the end."""
    with _turns:
        return _encode(next(pages, []))


def _encode(page: Sequence[BaseModel]) -> bytes:
    return b"".join(item.model_dump_json().encode() + b"\n" for item in page)


def _last_line(error: Exception) -> bytes:
    problem = from_exception(error)
    if problem is None:  # a bug of ours
        raise error
    return dumps(problem.body).encode() + b"\n"
