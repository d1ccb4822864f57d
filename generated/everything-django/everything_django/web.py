"""The framework's side of every feature: the JSON API's frame, answers to errors, and the gate of each request."""

from collections.abc import Callable, Generator
from shutil import copyfileobj
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from jinja2 import Environment
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import BaseModel
from pydantic_core import to_json

from . import cql_log, database, errors, hood, security, streams, uploads
from .config import get_settings
from .schemas import Detail, Health, Invalid, Page

T = TypeVar("T")


class Api(NinjaAPI):
    """The JSON API; describes the errors that any operation can answer with."""

    def get_openapi_schema(self, **options: Any) -> dict[str, Any]:
        document = super().get_openapi_schema(**options)
        schemas = document["components"]["schemas"]
        for model in (Detail, Invalid):
            described = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(described.pop("$defs", {}))
            schemas[model.__name__] = described
        common = {status: _described(status, model) for status, model in problems(403, 413, 422, 503, 504).items()}
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"] = {**common, **operation["responses"]}
        return document


def _described(status: int, model: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
    return {"description": errors.TITLES[status], "content": content}


class JsonParser(Parser):
    """Reads a body only where the request says that it is JSON."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise ValueError("not sent as JSON")
        return super().parse_body(request)


class JsonRenderer(BaseRenderer):
    """Writes JSON as pydantic does; ninja itself cuts times to milliseconds."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data)


api = Api(
    title="everything_django",
    version="0.1.0",
    docs_url=None,
    openapi_url="/openapi.json",
    parser=JsonParser(),
    renderer=JsonRenderer(),
)


def environment(**options: Any) -> Environment:
    """Return the Jinja2 environment of the templates."""
    jinja = Environment(**options)
    jinja.globals["under_the_hood"] = hood.under_the_hood
    return jinja


def see_other(url: str) -> HttpResponse:
    """Send the browser on to a page after a POST, so that reloading it repeats nothing."""
    return HttpResponseRedirect(url, status=303)


def paged(request: HttpRequest, response: HttpResponse, page: Page[T]) -> list[T]:
    """Return a page's items; a Link header leads to the next page where there is one."""
    if page.cursor is not None:
        query = request.GET.copy()
        query["cursor"] = page.cursor
        response["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return page.items


NDJSON = {200: {"content": streams.CONTENT}}
"""The OpenAPI description of an answer of one JSON object per line."""


def ndjson(pages: Generator[list[BaseModel]]) -> StreamingHttpResponse:
    """Stream pages of schemas, one JSON object per line."""
    return StreamingHttpResponse(streams.lines(pages), content_type=streams.MEDIA_TYPE)


def read_upload(request: HttpRequest) -> uploads.Upload:
    """Return the file that a request brings, as its body or in a form; Refused where it brings none."""
    content_type = request.headers.get("Content-Type", "")
    if uploads.is_form(content_type):
        try:
            part = request.FILES.get("file")
        except MultiPartParserError as error:
            raise uploads.no_file() from error
        if part is None:
            raise uploads.no_file()
        return uploads.from_form(part, part.name)
    spooled = uploads.spool()
    copyfileobj(request, spooled)
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and spooled.tell() < int(declared):  # Django takes what has come for the whole
        raise uploads.cut_off()
    return uploads.from_body(spooled, content_type)


def problems(*statuses: int) -> dict[int, type[BaseModel]]:
    """Return the OpenAPI description of these error statuses."""
    return {status: Invalid if status == 422 else Detail for status in statuses}


@api.get("/health", response={200: Health, 503: Health})
def health(request: HttpRequest) -> tuple[int, Health]:
    """Tell whether the database answers within two seconds."""
    alive = database.ping()
    return 200 if alive else 503, Health.of(alive, get_settings().keyspace)


def docs(request: HttpRequest) -> HttpResponse:
    """Show the JSON API with Swagger UI."""
    return render(request, "docs.html")


def answer(request: HttpRequest, problem: errors.Problem) -> HttpResponse:
    """Return an error as a page to a browser, as JSON to everybody else."""
    if "text/html" in request.headers.get("Accept", ""):
        context = {"problem": problem, "title": problem.title}
        response = render(request, "error.html", context, status=problem.status)
    else:
        response = JsonResponse({"detail": problem.detail}, status=problem.status)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def handled(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer a domain or database error; a bug is raised again and logged."""
    problem = errors.from_exception(error)
    if problem is None:
        raise error
    return answer(request, problem)


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer a request that its schema refuses."""
    # Ninja names the view's parameter as well: ("body", "body", "price").
    locations = [item["loc"][1:] if item["loc"][:1] == item["loc"][1:2] else item["loc"] for item in error.errors]
    located = [{**item, "loc": loc} for item, loc in zip(error.errors, locations, strict=True)]
    return answer(request, errors.invalid(located))


def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a body that is no JSON like any other that does not fit."""
    if error.status_code == 400:
        return answer(request, errors.unreadable(error.message))
    return answer(request, errors.problem(error.status_code, error.message))


for kind in errors.HANDLED:
    api.add_exception_handler(kind, handled)
api.add_exception_handler(ValidationError, invalid)
api.add_exception_handler(HttpError, unreadable)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses."""
    return answer(request, errors.problem(400, "The request cannot be understood."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return answer(request, errors.problem(404, "There is nothing under this address."))


def csrf_failure(request: HttpRequest, reason: str) -> HttpResponse:
    """Answer a form without its CSRF token."""
    return answer(request, errors.problem(403, "The form's CSRF token is missing or wrong; reload the page."))


def bug(request: HttpRequest) -> HttpResponse:
    """Answer what no input should cause."""
    return answer(request, errors.problem(500, "This is a bug; the server's log has the details."))


class Gate:
    """Middleware: refuses cross-site and oversized requests, adds the security headers, opens the database."""

    WITHOUT_DATABASE = ("/health", "/docs", "/openapi.json")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refusal = security.refuse(
            request.method or "",
            request.path,
            host=request.headers.get("Host", ""),
            fetch_site=request.headers.get("Sec-Fetch-Site"),
            origin=request.headers.get("Origin"),
            content_length=request.headers.get("Content-Length"),
        )
        if refusal is not None:
            response = answer(request, refusal)
        else:
            if get_settings().show_cql:
                cql_log.start()
            response = self.get_response(request)
        if response.status_code == 405:
            problem = errors.problem(405, "The address does not take this method.", {"Allow": response["Allow"]})
            response = answer(request, problem)
        if not response.streaming:
            response["Content-Length"] = str(len(response.content))
        for name, value in security.HEADERS.items():
            response[name] = value
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Connect to the database where that has not happened yet."""
        if request.path not in self.WITHOUT_DATABASE:
            try:
                database.ensure_open()
            except errors.DatabaseUnavailable as error:
                return handled(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a page's view raised; None leaves a bug to Django."""
        problem = errors.from_exception(error)
        return answer(request, problem) if problem else None
