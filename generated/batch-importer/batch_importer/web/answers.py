"""Every error as an answer: a page for a browser, JSON for everybody else."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from ..db import connection
from ..errors import HANDLED, SYMPTOMS
from . import problems, security
from .pages import render
from .problems import Problem


def answer(request: Request, problem: Problem) -> Response:
    """Return an error as a page to a browser, as JSON to everybody else."""
    if "text/html" in request.headers.get("accept", ""):
        page = render(request, "error.html", problem.status, problem=problem)
        page.headers.update(problem.all_headers)
        return page
    return JSONResponse(problem.body, problem.status, problem.all_headers)


def unreadable(why: str) -> Problem:
    """Return 422 for a body that cannot even be read as JSON or as a form."""
    return problems.invalid([{"loc": ("body",), "msg": why, "type": "json_invalid"}])


def allowed_methods(request: Request) -> list[str]:
    """Return the methods that a request's path takes."""

    def is_taken(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in ("DELETE", "GET", "PATCH", "POST", "PUT") if is_taken(method)]


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error in one shape."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(request, problems.invalid(error.errors()))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 400:
            return answer(request, unreadable(error.detail))
        if error.status_code == 404:
            return answer(request, problems.NOWHERE)
        headers = error.headers or {}
        if error.status_code == 405:  # Starlette names the methods of the first route only
            headers = {**headers, "Allow": ", ".join(allowed_methods(request))}
        return answer(request, Problem(error.status_code, error.detail, headers=headers))

    @app.exception_handler(ClientDisconnect)
    async def cut_off(request: Request, error: ClientDisconnect) -> Response:
        return answer(request, unreadable("the request ended early"))

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> Response:
        response = answer(request, problems.BUG)
        response.headers.update(security.headers(request.url.path, "", 500))  # it is answered outside the gate
        return response

    async def handled(request: Request, error: Exception) -> Response:
        problem = problems.from_exception(await connection.explain(error))
        if problem is None:
            raise error
        return answer(request, problem)

    for kind in (*HANDLED, *SYMPTOMS):
        app.add_exception_handler(kind, handled)
