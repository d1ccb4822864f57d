"""Calls an application in this process, without a server or a client library that would take time."""

import asyncio
import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from tools.bench.twins import Request


@dataclass(frozen=True)
class Reply:
    """An answer, and the seconds that the application took for it."""

    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        """Return the answer's JSON."""
        return json.loads(self.body)


class App(Protocol):
    """An application that answers one request at a time, without a network in between."""

    def send(self, method: str, path: str, request: Request) -> Reply:
        """Return the answer to a request whose path has its parameters filled in."""


class Asgi:
    """An ASGI application, in an event loop of its own."""

    def __init__(self, app: Callable) -> None:
        self._app = app
        self._runner = asyncio.Runner()

    def send(self, method: str, path: str, request: Request) -> Reply:
        """Return the answer to a request whose path has its parameters filled in."""
        return self._runner.run(self._send(method, path, request))

    async def _send(self, method: str, path: str, request: Request) -> Reply:
        headers = {"host": "localhost"}
        if request.body:
            headers |= {"content-type": request.media_type, "content-length": str(len(request.body))}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": urlencode(request.query).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        sent: list[Mapping[str, Any]] = []

        async def receive() -> Mapping[str, Any]:
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        began = time.perf_counter()
        await self._app(scope, receive, send)
        seconds = time.perf_counter() - began
        body = b"".join(message.get("body", b"") for message in sent)
        return Reply(sent[0]["status"], body, seconds)


class Wsgi:
    """A WSGI application, called in this thread."""

    def __init__(self, app: Callable) -> None:
        self._app = app

    def send(self, method: str, path: str, request: Request) -> Reply:
        """Return the answer to a request whose path has its parameters filled in."""
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": urlencode(request.query),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if request.body:
            environ |= {"CONTENT_TYPE": request.media_type, "CONTENT_LENGTH": str(len(request.body))}
        statuses: list[str] = []
        began = time.perf_counter()
        answer = self._app(environ, lambda status, headers, *_: statuses.append(status))
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        seconds = time.perf_counter() - began
        return Reply(int(statuses[0].split()[0]), body, seconds)
