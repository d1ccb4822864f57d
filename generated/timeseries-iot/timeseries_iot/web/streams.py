"""Streams of NDJSON: one JSON object per line, sent while the rows are read."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from json import dumps

from pydantic import BaseModel

from ..errors import HANDLED
from .problems import from_exception

MEDIA_TYPE = "application/x-ndjson"
CONTENT = {MEDIA_TYPE: {"schema": {"type": "string"}}}
"""The OpenAPI description of such an answer."""


async def lines(pages: AsyncGenerator[Sequence[BaseModel]]) -> AsyncIterator[bytes]:
    """Return the lines of all pages, once the first is there; what fails before that is raised.

    A later failure becomes the last line, as the body of that error would be. The reading ends with the client.
    """
    first: Sequence[BaseModel] = await anext(pages, [])

    async def rest() -> AsyncIterator[bytes]:
        async with aclosing(pages):
            yield _encode(first)
            try:
                async for page in pages:
                    yield _encode(page)
            except HANDLED as error:
                yield _last_line(error)

    return rest()


def _encode(page: Sequence[BaseModel]) -> bytes:
    return b"".join(item.model_dump_json().encode() + b"\n" for item in page)


def _last_line(error: Exception) -> bytes:
    problem = from_exception(error)
    if problem is None:  # a bug of ours
        raise error
    return dumps(problem.body).encode() + b"\n"
