"""The JSON API's lists, and the errors that its routes document."""

from typing import Any, TypeVar

from fastapi import Request, Response

from ..db.paging import Page
from .problems import TITLES
from .schemas import LIST_HEADERS, Detail, Invalid

T = TypeVar("T")

LIST: dict[int | str, dict[str, Any]] = {200: {"headers": LIST_HEADERS}}
"""The OpenAPI description of a list's headers."""


def paged(request: Request, response: Response, page: Page[T]) -> list[T]:
    """Return a page's items; headers lead to the next page if there is one, and say what was counted in part only."""
    if page.counted_over is not None:
        response.headers["X-Counted-Over"] = str(page.counted_over)
    if page.cursor is not None:
        query = request.url.include_query_params(cursor=page.cursor).query
        response.headers["Link"] = f'<{request.scope["path"]}?{query}>; rel="next"'
    return page.items


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of these error statuses."""
    return {
        status: {"model": Invalid if status == 422 else Detail, "description": TITLES[status]} for status in statuses
    }
