"""The JSON API: its frame, lists, and the errors that its routes document."""

from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import BaseModel
from pydantic_core import to_json

from .. import __version__
from ..db.paging import Page
from .problems import TITLES
from .schemas import LIST_HEADERS, Detail, Invalid

T = TypeVar("T")

LIST: dict[int, dict[str, Any]] = {200: {"headers": LIST_HEADERS}}
"""The OpenAPI description of a list's headers."""


class JsonParser(Parser):
    """Reads a body only if the request says that it is JSON."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise ValueError("not sent as JSON")
        return super().parse_body(request)


class JsonRenderer(BaseRenderer):
    """Writes JSON as pydantic does; ninja itself cuts times to milliseconds."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data)


api = NinjaAPI(
    title="django-starter",
    version=__version__,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    parser=JsonParser(),
    renderer=JsonRenderer(),
)


def paged(request: HttpRequest, response: HttpResponse, page: Page[T]) -> list[T]:
    """Return a page's items; headers lead to the next page if there is one, and say what was counted in part only."""
    if page.counted_over is not None:
        response["X-Counted-Over"] = str(page.counted_over)
    if page.cursor is not None:
        query = request.GET.copy()
        query["cursor"] = page.cursor
        response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return page.items


def problems(*statuses: int) -> dict[int, type[BaseModel]]:
    """Return the OpenAPI description of these error statuses."""
    return {status: Invalid if status == 422 else Detail for status in statuses}


def describe(api: NinjaAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the errors that any operation can answer with."""
    document = api.get_openapi_schema(path_prefix="")
    schemas = document["components"]["schemas"]
    for model in (Detail, Invalid):
        described = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(described.pop("$defs", {}))
        schemas[model.__name__] = described
    common = {status: _described(status, model) for status, model in problems(400, 403, 413, 422, 503, 504).items()}
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"] = {**common, **operation["responses"]}
    return document


def _described(status: int, model: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
    return {"description": TITLES[status], "content": content}
