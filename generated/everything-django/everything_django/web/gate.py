"""The gate that each request passes on its way in, and each answer on its way out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ..config import get_settings
from ..db import connection, cql_log, left_out
from ..errors import DatabaseUnavailable
from . import security
from .answers import answer, handled
from .problems import Problem, from_exception

WITHOUT_DATABASE = {"/health", "/docs", "/openapi.json"}


class Gate:
    """Middleware: refuses foreign and oversized requests, adds the headers of every answer, opens the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refusal = self.refuse(request)
        if refusal is not None:
            response = answer(request, refusal)
        else:
            left_out.start()
            if get_settings().show_cql:
                cql_log.start()
            response = self.get_response(request)
            cql_log.end()
        if response.status_code == 405:
            sentence = "The address does not take this method."
            response = answer(request, Problem(405, sentence, headers={"Allow": response["Allow"]}))
        if not response.streaming:
            response["Content-Length"] = str(len(response.content))
        if left_out.number():
            response["X-Left-Out"] = str(left_out.number())
        headers = security.headers(request.path_info, request.META["QUERY_STRING"], response.status_code)
        for name, value in headers.items():
            response[name] = value
        return response

    def refuse(self, request: HttpRequest) -> Problem | None:
        """Return the answer to a request that is refused before anything else looks at it."""
        max_body = security.max_body(request.path_info)
        refusal = security.refuse(request.method or "", request.scheme or "", request.headers.get, max_body)
        if refusal is None and "Transfer-Encoding" in request.headers:  # Django would take the body for an empty one
            return Problem(411, "Send the length of the body in Content-Length.")
        return refusal

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Connect to the database unless that has happened already."""
        if request.path_info not in WITHOUT_DATABASE:
            try:
                connection.ensure_open()
            except DatabaseUnavailable as error:
                return handled(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a page's view raised; None leaves a bug to Django."""
        problem = from_exception(connection.explain(error))
        return answer(request, problem) if problem else None
