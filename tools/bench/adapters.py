"""Adds twins to a project's application: one adapter per framework, in the framework's own plain idiom."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, Signature
from typing import Annotated, Any

from pydantic import BaseModel

from tools.bench.calls import App, Asgi, Wsgi
from tools.bench.twins import Bare, Endpoint, Received, Steps, twins_of

PREFIX = "/twin"
"""The start of a twin's path; the rest is its endpoint's path."""


def finish(steps: Steps, bare: Bare) -> tuple[int, Any]:
    """Run a twin synchronously: wait for each statement, and start those of a list together."""
    rows: Any = None
    while True:
        try:
            work = steps.send(rows)
        except StopIteration as end:
            return end.value
        if isinstance(work, list):
            rows = [future.result().all() for future in [bare.start(statement) for statement in work]]
        else:
            rows = bare.start(work).result().all()


async def finish_async(steps: Steps, bare: Bare) -> tuple[int, Any]:
    """Run a twin asynchronously: await each statement, and those of a list together."""
    rows: Any = None
    while True:
        try:
            work = steps.send(rows)
        except StopIteration as end:
            return end.value
        if isinstance(work, list):
            rows = await asyncio.gather(*(execute(bare, statement) for statement in work))
        else:
            rows = await execute(bare, work)


def execute(bare: Bare, statement: Any) -> asyncio.Future[Any]:
    """Send a statement; its rows can be awaited."""
    loop = asyncio.get_running_loop()
    rows = loop.create_future()
    bare.start(statement).add_callbacks(
        lambda result: loop.call_soon_threadsafe(rows.set_result, result),
        lambda error: loop.call_soon_threadsafe(rows.set_exception, error),
    )
    return rows


@dataclass(frozen=True)
class Place:
    """An endpoint in its project: the feature's name, and the module of its schemas."""

    slug: str
    endpoint: Endpoint
    schemas: Any

    @property
    def schema(self) -> type[BaseModel] | None:
        """The schema of the endpoint's input."""
        name = self.endpoint.query or self.endpoint.body
        return getattr(self.schemas, name) if name else None

    def check(self, query: Mapping[str, str], body: bytes) -> BaseModel | None:
        """Return a request's input as that schema, for frameworks that leave this to the view."""
        if self.schema is None:
            return None
        return self.schema.model_validate(dict(query)) if self.endpoint.query else self.schema.model_validate_json(body)

    def begin(self, bare: Bare, path: Mapping[str, str], data: BaseModel | None, body: bytes) -> Steps:
        """Start the twin."""
        return self.endpoint.twin(bare, Received(path, data, body, self.schemas))


def places(package: str, features: list[str]) -> Iterator[Place]:
    """Yield the endpoints that have a twin."""
    for slug in features:
        schemas = import_module(f"{package}.{slug}.schemas")
        yield Place(slug, twins_of(slug).write, schemas)
        yield Place(slug, twins_of(slug).read, schemas)


def fastapi(package: str, features: list[str], bare: Bare) -> App:
    """Return the FastAPI application, with each twin's route right after its endpoint's."""
    from fastapi import Query
    from fastapi import Request as HttpRequest
    from fastapi.responses import JSONResponse

    def view(place: Place) -> Callable:
        async def twin(request: HttpRequest, data: Any = None, **path: str) -> JSONResponse:
            body = await request.body() if place.endpoint.upload else b""
            status, content = await finish_async(place.begin(bare, path, data, body), bare)
            return JSONResponse(content, status)

        names = re.findall(r"{(\w+)}", place.endpoint.path)
        declared: dict[str, Any] = {"request": HttpRequest, **dict.fromkeys(names, str)}
        if place.schema is not None:
            declared["data"] = Annotated[place.schema, Query()] if place.endpoint.query else place.schema
        parameters = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in declared.items()]
        vars(twin)["__signature__"] = Signature(parameters)
        return twin

    for place in places(package, features):
        router = import_module(f"{package}.{place.slug}.routes").router
        at = [route.path for route in router.routes].index(place.endpoint.path)
        router.add_api_route(PREFIX + place.endpoint.path, view(place), methods=[place.endpoint.method])
        router.routes.insert(at + 1, router.routes.pop())
    return Asgi(import_module(f"{package}.app").create_app())


def flask(package: str, features: list[str], bare: Bare) -> App:
    """Return the Flask application; the order of its routes does not affect how fast they are found."""
    from flask import Response, jsonify, request

    def view(place: Place) -> Callable:
        def twin(**path: str) -> tuple[Response, int]:
            body = request.get_data()
            status, content = finish(place.begin(bare, path, place.check(request.args, body), body), bare)
            return jsonify(content), status

        return twin

    app = import_module(f"{package}.app").create_app()
    for place in places(package, features):
        path = PREFIX + place.endpoint.path.replace("{", "<").replace("}", ">")
        app.add_url_rule(path, f"{place.endpoint.method} {path}", view(place), methods=[place.endpoint.method])
    return Wsgi(app)


def django(package: str, features: list[str], bare: Bare) -> App:
    """Return the Django application, with each twin's route right after its endpoint's."""
    application = import_module(f"{package}.wsgi").application
    from django.http import HttpRequest, JsonResponse
    from django.urls import path as route
    from django.views.decorators.csrf import csrf_exempt

    def view(by_method: dict[str, Place]) -> Callable:
        @csrf_exempt
        def twin(request: HttpRequest, **path: str) -> JsonResponse:
            place = by_method[request.method]
            data = place.check(request.GET.dict(), request.body)
            status, content = finish(place.begin(bare, path, data, request.body), bare)
            return JsonResponse(content, status=status, safe=False)

        return twin

    by_path: dict[str, dict[str, Place]] = {}
    for place in places(package, features):
        path = place.endpoint.path.replace("{", "<").replace("}", ">")
        by_path.setdefault(path, {})[place.endpoint.method] = place
    included = import_module(f"{package}.urls").urlpatterns
    api = next(part.url_patterns for part in included if getattr(part, "app_name", None) == "ninja")
    for path, by_method in by_path.items():
        at = [str(pattern.pattern) for pattern in api].index(path.removeprefix("/"))
        api.insert(at + 1, route((PREFIX + path).removeprefix("/"), view(by_method)))
    return Wsgi(application)


ADAPTERS = {"fastapi": fastapi, "flask": flask, "django": django}
