"""The framework's side of every feature: rendering, answers to errors, and the gate that each request passes."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import cql_log, database, errors, hood, security, streams, uploads
from .config import get_settings
from .schemas import Detail, Health, Invalid, Page

T = TypeVar("T")

PACKAGE = Path(__file__).parent
templates = Jinja2Templates(directory=[PACKAGE / "templates", *sorted(PACKAGE.glob("*/templates"))])
templates.env.globals["under_the_hood"] = hood.under_the_hood
router = APIRouter()


def render(request: Request, name: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page from its template."""
    return templates.TemplateResponse(request, name, context, status_code=status)


def see_other(url: str) -> RedirectResponse:
    """Send the browser on to a page after a POST, so that reloading it repeats nothing."""
    return RedirectResponse(url, status_code=303)


def paged(request: Request, response: Response, page: Page[T]) -> list[T]:
    """Return a page's items; a Link header leads to the next page where there is one."""
    if page.cursor is not None:
        url = request.url.include_query_params(cursor=page.cursor)
        response.headers["Link"] = f'<{url}>; rel="next"'
    return page.items


NDJSON: dict[int | str, dict[str, Any]] = {200: {"content": streams.CONTENT}}
"""The OpenAPI description of an answer of one JSON object per line."""


async def ndjson(pages: AsyncGenerator[list[BaseModel]]) -> StreamingResponse:
    """Stream pages of schemas, one JSON object per line."""
    return StreamingResponse(await streams.lines(pages), media_type=streams.MEDIA_TYPE)


async def read_upload(request: Request) -> uploads.Upload:
    """Return the file that a request brings, as its body or in a form; Refused where it brings none."""
    content_type = request.headers.get("content-type", "")
    if uploads.is_form(content_type):
        part = (await request.form()).get("file")
        if not isinstance(part, UploadFile):
            raise uploads.no_file()
        return uploads.from_form(part.file, part.filename or "")
    spooled = uploads.spool()
    async for piece in request.stream():
        spooled.write(piece)
    return uploads.from_body(spooled, content_type)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of these error statuses."""
    return {
        status: {"model": Invalid if status == 422 else Detail, "description": errors.TITLES[status]}
        for status in statuses
    }


@router.get("/health", responses={503: {"model": Health}})
async def health(response: Response) -> Health:
    """Tell whether the database answers within two seconds."""
    alive = await database.ping()
    response.status_code = 200 if alive else 503
    return Health.of(alive, get_settings().keyspace)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Show the JSON API with Swagger UI."""
    return render(request, "docs.html")


def answer(request: Request, problem: errors.Problem) -> Response:
    """Return an error as a page to a browser, as JSON to everybody else."""
    if "text/html" in request.headers.get("accept", ""):
        page = render(request, "error.html", problem.status, problem=problem, title=problem.title)
        page.headers.update(problem.headers)
        return page
    return JSONResponse({"detail": problem.detail}, problem.status, problem.headers)


def allowed_methods(request: Request) -> list[str]:
    """Return the methods that a request's path takes."""

    def is_taken(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in ("DELETE", "GET", "PATCH", "POST", "PUT") if is_taken(method)]


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error in one shape."""

    async def handled(request: Request, error: Exception) -> Response:
        problem = errors.from_exception(error)
        if problem is None:
            raise error
        return answer(request, problem)

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(request, errors.invalid(error.errors()))

    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 400:  # a body that cannot even be read as JSON or as a form
            return answer(request, errors.unreadable(error.detail))
        headers = error.headers or {}
        if error.status_code == 405:  # Starlette names the methods of the first route only
            headers = {**headers, "Allow": ", ".join(allowed_methods(request))}
        sentence = "There is nothing under this address." if error.status_code == 404 else str(error.detail)
        return answer(request, errors.problem(error.status_code, sentence, headers))

    async def cut_off(request: Request, error: ClientDisconnect) -> Response:
        return answer(request, errors.unreadable("the request ended early"))

    async def bug(request: Request, error: Exception) -> Response:
        return answer(request, errors.problem(500, "This is a bug; the server's log has the details."))

    for kind in errors.HANDLED:
        app.add_exception_handler(kind, handled)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(ClientDisconnect, cut_off)
    app.add_exception_handler(Exception, bug)


class Gate:
    """ASGI middleware: refuses cross-site and oversized requests, adds the security headers, collects the CQL."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(security.HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        refusal = security.refuse(
            scope["method"],
            scope["path"],
            host=headers.get("host", ""),
            fetch_site=headers.get("sec-fetch-site"),
            origin=headers.get("origin"),
            content_length=headers.get("content-length"),
        )
        if refusal is not None:
            response = answer(Request(scope), refusal)
            await response(scope, receive, send_with_headers)
            return
        if get_settings().show_cql:
            cql_log.start()
        if scope["method"] == "HEAD":  # answered like GET; the server leaves the body out
            scope = {**scope, "method": "GET"}
        await self.app(scope, limited(receive, scope["path"]), send_with_headers)


def limited(receive: Receive, path: str) -> Receive:
    """Wrap the reading of a request, so that a body without a declared length is bounded too."""
    received = 0

    async def receive_counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > security.limit(path):
            raise HTTPException(413, security.too_large(path))
        return message

    return receive_counting
