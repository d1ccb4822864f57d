"""The gate that each request passes on its way in, and each answer on its way out."""

from typing import IO, Any

from flask import Flask, Request, Response, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import LimitedStream

from ..config import get_settings
from ..db import connection, cql_log, left_out
from . import security
from .answers import answer

WITHOUT_DATABASE = {None, "static", "app_api.health", "docs", "openapi"}
"""The endpoints that need no database; None is that of an address that leads nowhere."""


class Counted(LimitedStream):
    """A body that is counted while it is read; 413 once it is over the limit, where Werkzeug would cut some off."""

    def __init__(self, stream: IO[bytes], max_body: int) -> None:
        super().__init__(stream, max_body + 1, is_max=True)
        self.max_body = max_body

    def readall(self) -> bytes:
        body = super().readall()
        if self.is_exhausted:
            self.on_exhausted()
        return body

    def on_exhausted(self) -> None:
        raise RequestEntityTooLarge(security.too_large(self.max_body))


class LastValues(ImmutableMultiDict[str, Any]):
    """Parameters, fields or files: of several with one name, the last one counts. Werkzeug takes the first."""

    def __getitem__(self, name: str) -> Any:
        values = self.getlist(name)
        return values[-1] if values else super().__getitem__(name)


class LastValuesRequest(Request):
    """A request whose repeated values are read as in most frameworks."""

    parameter_storage_class = LastValues


def init_app(app: Flask) -> None:
    """Refuse foreign and oversized requests, add the headers of every answer, collect the CQL, open the database."""
    app.request_class = LastValuesRequest

    @app.before_request
    def gate() -> Response | None:
        max_body = security.max_body(request.path)
        refusal = security.refuse(request.method, request.scheme, request.headers.get, max_body)
        if refusal is not None:
            return answer(refusal)
        request.environ["wsgi.input"] = Counted(request.environ["wsgi.input"], max_body)
        left_out.start()
        if get_settings().show_cql:
            cql_log.start()
        if request.endpoint not in WITHOUT_DATABASE:
            connection.ensure_open()
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        query = request.query_string.decode("latin-1")
        response.headers.update(security.headers(request.path, query, response.status_code))
        if left_out.number():
            response.headers["X-Left-Out"] = str(left_out.number())
        return response

    @app.teardown_request
    def forget(error: BaseException | None) -> None:
        cql_log.end()
