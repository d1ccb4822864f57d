"""The gate that each request passes on its way in, and each answer on its way out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ..config import get_settings
from ..db import connection, cql_log
from ..errors import DatabaseUnavailable
from . import security
from .answers import answer, handled
from .problems import Problem, from_exception

WITHOUT_DATABASE = {"/health", "/docs", "/openapi.json"}


class Gate:
    """Middleware: refuses cross-site and oversized requests, adds the security headers, opens the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refusal = security.refuse(
            request.method or "",
            site=f"{request.scheme}://{request.headers.get('Host', '')}",
            fetch_site=request.headers.get("Sec-Fetch-Site"),
            origin=request.headers.get("Origin"),
            content_length=request.headers.get("Content-Length"),
            max_body=security.max_body(request.path_info),
        )
        if refusal is not None:
            response = answer(request, refusal)
        else:
            if get_settings().show_cql:
                cql_log.start()
            response = self.get_response(request)
        if response.status_code == 405:
            sentence = "The address does not take this method."
            response = answer(request, Problem(405, sentence, headers={"Allow": response["Allow"]}))
        if not response.streaming:
            response["Content-Length"] = str(len(response.content))
        for name, value in security.HEADERS.items():
            response[name] = value
        return response

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
        problem = from_exception(error)
        return answer(request, problem) if problem else None
