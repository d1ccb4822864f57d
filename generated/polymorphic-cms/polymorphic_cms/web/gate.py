"""The gate that each request passes on its way in, and each answer on its way out."""

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..config import get_settings
from ..db import cql_log
from . import proxies, security
from .answers import answer


class Gate:
    """ASGI middleware: refuses cross-site and oversized requests, adds the security headers, collects the CQL."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        proxies.apply(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(security.HEADERS)
            await send(message)

        request = Request(scope)
        max_body = security.MAX_BODY
        refusal = security.refuse(
            request.method,
            site=f"{scope['scheme']}://{request.headers.get('host', '')}",
            fetch_site=request.headers.get("sec-fetch-site"),
            origin=request.headers.get("origin"),
            content_length=request.headers.get("content-length"),
            max_body=max_body,
        )
        if refusal is not None:
            await answer(request, refusal)(scope, receive, send_with_headers)
            return
        if get_settings().show_cql:
            cql_log.start()
        if scope["method"] == "HEAD":  # answered like GET; the server leaves the body out
            scope = {**scope, "method": "GET"}
        await self.app(scope, limited(receive, max_body), send_with_headers)


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
