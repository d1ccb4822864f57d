"""Answers of one JSON object per line."""

from collections.abc import Generator, Sequence
from typing import Any

from flask import Response
from pydantic import BaseModel

from . import streams

NDJSON: dict[str, Any] = {"content": streams.CONTENT}
"""The OpenAPI description of such an answer."""


def ndjson(pages: Generator[Sequence[BaseModel]]) -> Response:
    """Stream pages of schemas, one JSON object per line."""
    return Response(streams.lines(pages), mimetype=streams.MEDIA_TYPE)
