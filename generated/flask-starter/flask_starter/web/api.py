"""The JSON API: its blueprints, answers and lists, and the errors that its routes document."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask.json.provider import DefaultJSONProvider
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, RootModel

from ..db.paging import Page
from .schemas import LIST_HEADERS, Detail, Invalid


def answer(result: BaseModel, status: int = 200) -> Response:
    """Return a schema as JSON."""
    return Response(result.model_dump_json(), status, mimetype="application/json")


def paged(page: Page[Any]) -> Response:
    """Return a page's items; headers lead to the next page if there is one, and say what was counted in part only."""
    response = answer(RootModel[list[Any]](page.items))
    if page.counted_over is not None:
        response.headers["X-Counted-Over"] = str(page.counted_over)
    if page.cursor is not None:
        path = request.script_root + request.path
        response.headers["Link"] = f'<{path}?{urlencode({**request.args, "cursor": page.cursor})}>; rel="next"'
    return response


def listing(item: type[BaseModel]) -> type[BaseModel]:
    """Return the schema of a JSON array of such items."""
    base = RootModel[list[item]]  # type: ignore[valid-type]  # only known when the routes are declared
    described = {"openapi_extra": {"headers": LIST_HEADERS}}
    return type(f"{item.__name__}List", (base,), {"__doc__": f"A list of {item.__name__}.", "model_config": described})


def problems(*statuses: int) -> ResponseDict:
    """Return the OpenAPI description of these error statuses."""
    return {status: Invalid if status == 422 else Detail for status in statuses}


def api_blueprint(name: str, module: str) -> APIBlueprint:
    """Return the blueprint of a part of the JSON API; describes the errors that any operation can answer with."""
    errors_of_all = problems(400, 403, 413, 422, 503, 504)
    return APIBlueprint(f"{name}_api", module, abp_tags=[Tag(name=name)], abp_responses=errors_of_all)


class Json(DefaultJSONProvider):
    """Flask's JSON, but ValueError for what is nested too deeply, or for text, which Flask-OpenAPI3 reads again."""

    sort_keys = False
    """Errors tell their fields in the order of the document, as every other answer does."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        try:
            value = super().loads(s, **options)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        if isinstance(value, str):
            raise ValueError("text where an object belongs")
        return value
