"""Answers of one JSON object per line."""

from collections.abc import Generator, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from pydantic import BaseModel

from . import streams

NDJSON: dict[int, dict[str, Any]] = {200: {"content": streams.CONTENT}}
"""The OpenAPI description of such an answer."""


def ndjson(pages: Generator[Sequence[BaseModel]]) -> StreamingHttpResponse:
    """Stream pages of schemas, one JSON object per line."""
    return StreamingHttpResponse(streams.lines(pages), content_type=streams.MEDIA_TYPE)
