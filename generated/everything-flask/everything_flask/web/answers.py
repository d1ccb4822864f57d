"""Every error as an answer: a page for a browser, JSON for everybody else."""

from typing import get_type_hints

from flask import Flask, Response, current_app, make_response, render_template, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError

from ..db import connection
from ..errors import HANDLED, SYMPTOMS
from . import problems
from .problems import Problem


def answer(problem: Problem) -> Response:
    """Return an error as a page to a browser, as JSON to everybody else."""
    if "text/html" in request.headers.get("Accept", ""):
        response = make_response(render_template("error.html", problem=problem), problem.status)
    else:
        response = make_response(problem.body, problem.status)
    response.headers.update(problem.all_headers)
    return response


def invalid(error: ValidationError) -> Response:
    """Answer a request that its schema refuses; each location begins with path, query or body."""
    schemas = get_type_hints(current_app.view_functions[request.endpoint or ""])
    part = next(name for name, schema in schemas.items() if schema.__name__ == error.title)
    return answer(problems.invalid([{**item, "loc": (part, *item["loc"])} for item in error.errors()]))


def init_app(app: Flask) -> None:
    """Answer every error in one shape."""

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.code == 404:
            return answer(problems.NOWHERE)
        headers = {name: value for name, value in error.get_headers() if name == "Allow"}
        return answer(Problem(error.code or 500, error.description or error.name, headers=headers))

    @app.errorhandler(InternalServerError)
    def bug(error: InternalServerError) -> Response:
        return answer(problems.BUG)

    def handled(error: Exception) -> Response:
        problem = problems.from_exception(connection.explain(error))
        if problem is None:
            raise error
        return answer(problem)

    for kind in (*HANDLED, *SYMPTOMS):
        app.register_error_handler(kind, handled)
