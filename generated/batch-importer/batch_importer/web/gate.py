"""The gate that each request passes on its way in, and each answer on its way out."""

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..config import get_settings
from ..db import cql_log, left_out
from . import proxies, security
from .answers import answer


class Gate:
    """ASGI middleware: refuses foreign and oversized requests, adds the headers of every answer, collects the CQL."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        proxies.apply(scope)
        request = Request(scope)
        path = scope["path"].removeprefix(scope.get("root_path", ""))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                query = scope["query_string"].decode("latin-1")
                headers = MutableHeaders(scope=message)
                headers.update(security.headers(path, query, message["status"]))
                if left_out.number():
                    headers["X-Left-Out"] = str(left_out.number())
            await send(message)

        def header(name: str) -> str | None:
            values = request.headers.getlist(name)
            return ",".join(values) if values else None

        max_body = security.max_body(path)
        refusal = security.refuse(request.method, scope["scheme"], header, max_body)
        if refusal is not None:
            await answer(request, refusal)(scope, receive, send_with_headers)
            return
        left_out.start()
        if get_settings().show_cql:
            cql_log.start()
        if scope["method"] == "HEAD":  # answered like GET; the server leaves the body out
            scope = {**scope, "method": "GET"}
        await self.app(scope, limited(receive, max_body), send_with_headers)
        cql_log.end()  # requests that were sent at once may share a context


def limited(receive: Receive, max_body: int) -> Receive:
    """Wrap the reading of a request, so that a body without a declared length is bounded too."""
    received = 0

    async def receive_counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > max_body:
            raise HTTPException(413, security.too_large(max_body))
        return message

    return receive_counting
