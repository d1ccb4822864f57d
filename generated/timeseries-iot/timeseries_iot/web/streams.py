"""Streams of NDJSON: one JSON object per line, sent while the rows are read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from json import dumps

from pydantic import BaseModel

from ..errors import HANDLED
from .problems import from_exception

MEDIA_TYPE = "application/x-ndjson"
CONTENT = {MEDIA_TYPE: {"schema": {"type": "string"}}}
"""The OpenAPI description of such an answer."""

_turns = asyncio.Semaphore(4)
"""How many streams read and encode at once, however many are open: other requests are answered in between."""


async def lines(pages: AsyncGenerator[Sequence[BaseModel]]) -> AsyncIterator[bytes]:
    """Return the lines of all pages, once the first is there; what fails before that is raised.

    A later failure becomes the last line, as the body of that error would be. The reading ends with the client.
    """
    first = _encode(await anext(pages, []))

    async def rest() -> AsyncIterator[bytes]:
        async with aclosing(pages):
            try:
                page = first
                while page:
                    yield page
                    page = await _next(pages)
            except HANDLED as error:
                yield _last_line(error)

    return rest()


async def _next(pages: AsyncGenerator[Sequence[BaseModel]]) -> bytes:
    """Return the lines of the next page when it is this stream's turn; nothing at the end."""
    async with _turns:
        await asyncio.sleep(0)  # a lone stream never waits, if its client reads as fast as it writes
        return _encode(await anext(pages, []))


def _encode(page: Sequence[BaseModel]) -> bytes:
    return b"".join(item.model_dump_json().encode() + b"\n" for item in page)


def _last_line(error: Exception) -> bytes:
    problem = from_exception(error)
    if problem is None:  # a bug of ours
        raise error
    return dumps(problem.body).encode() + b"\n"
