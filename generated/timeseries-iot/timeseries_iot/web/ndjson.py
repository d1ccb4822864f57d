"""Answers of one JSON object per line."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from . import streams

NDJSON: dict[int | str, dict[str, Any]] = {200: {"content": streams.CONTENT}}
"""The OpenAPI description of such an answer."""


async def ndjson(pages: AsyncGenerator[Sequence[BaseModel]]) -> StreamingResponse:
    """Stream pages of schemas, one JSON object per line."""
    return StreamingResponse(await streams.lines(pages), media_type=streams.MEDIA_TYPE)
