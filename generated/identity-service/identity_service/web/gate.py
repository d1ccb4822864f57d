"""The gate that each request passes on its way in, and each answer on its way out."""

from flask import Flask, Response, request

from ..config import get_settings
from ..db import connection, cql_log
from . import security
from .answers import answer

WITHOUT_DATABASE = {None, "static", "app_api.health", "docs", "openapi"}
"""The endpoints that need no database; None is that of an address that leads nowhere."""


def init_app(app: Flask) -> None:
    """Refuse cross-site and oversized requests, add the security headers, collect the CQL, open the database."""

    @app.before_request
    def gate() -> Response | None:
        max_body = security.MAX_BODY
        refusal = security.refuse(
            request.method,
            site=f"{request.scheme}://{request.host}",
            fetch_site=request.headers.get("Sec-Fetch-Site"),
            origin=request.headers.get("Origin"),
            content_length=request.headers.get("Content-Length"),
            max_body=max_body,
        )
        if refusal is not None:
            return answer(refusal)
        request.max_content_length = max_body
        if get_settings().show_cql:
            cql_log.start()
        if request.endpoint not in WITHOUT_DATABASE:
            connection.ensure_open()
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(security.HEADERS)
        return response
