"""The JSON API's lists, and the errors that its routes document."""

from typing import Any, TypeVar

from fastapi import Request, Response

from ..db.paging import Page
from .problems import TITLES
from .schemas import Detail, Invalid

T = TypeVar("T")


def paged(request: Request, response: Response, page: Page[T]) -> list[T]:
    """Return a page's items; a Link header leads to the next page if there is one."""
    if page.cursor is not None:
        query = request.url.include_query_params(cursor=page.cursor).query
        response.headers["Link"] = f'<{request.scope["path"]}?{query}>; rel="next"'
    return page.items


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of these error statuses."""
    return {
        status: {"model": Invalid if status == 422 else Detail, "description": TITLES[status]} for status in statuses
    }
