"""Streams of NDJSON: one JSON object per line, sent while it is read."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from json import dumps

from pydantic import BaseModel

from .errors import HANDLED, from_exception

MEDIA_TYPE = "application/x-ndjson"
CONTENT = {MEDIA_TYPE: {"schema": {"type": "string"}}}
"""The OpenAPI description of such an answer."""


def lines(pages: Generator[list[BaseModel]]) -> Iterator[bytes]:
    """Return the lines of all pages, once the first is there; what fails before that is raised.

    What fails later is told in a last line, as the body of that error would be. The reading ends with the client.
    """
    first = next(pages, [])

    def rest() -> Iterator[bytes]:
        with closing(pages):
            yield _encode(first)
            try:
                for page in pages:
                    yield _encode(page)
            except HANDLED as error:
                yield _last_line(error)

    return rest()


def _encode(page: Iterable[BaseModel]) -> bytes:
    return b"".join(item.model_dump_json().encode() + b"\n" for item in page)


def _last_line(error: Exception) -> bytes:
    problem = from_exception(error)
    if problem is None:  # a bug of ours
        raise error
    return dumps({"detail": problem.detail}).encode() + b"\n"
