"""The framework's side of every feature: answers, answers to errors, and the gate that each request passes."""

from typing import Any, get_type_hints
from urllib.parse import urlencode

from flask import Response, current_app, make_response, redirect, render_template, request
from flask.json.provider import DefaultJSONProvider
from flask_openapi3 import APIBlueprint, OpenAPI, Tag
from pydantic import BaseModel, RootModel, ValidationError
from werkzeug.exceptions import HTTPException

from . import cql_log, database, errors, hood, security
from .config import get_settings
from .schemas import Detail, Health, Invalid, Page


def answer(result: BaseModel, status: int = 200) -> Response:
    """Return a schema as JSON."""
    return Response(result.model_dump_json(), status, mimetype="application/json")


def paged(page: Page) -> Response:
    """Return a page's items as a JSON array; a Link header leads to the next page where there is one."""
    response = answer(RootModel[list[Any]](page.items))
    if page.cursor is not None:
        url = f"{request.base_url}?{urlencode({**request.args, 'cursor': page.cursor})}"
        response.headers["Link"] = f'<{url}>; rel="next"'
    return response


def listing(item: type[BaseModel]) -> type[BaseModel]:
    """Return the schema of a JSON array of such items."""
    return type(f"{item.__name__}List", (RootModel[list[item]],), {"__doc__": f"A list of {item.__name__}."})


def see_other(url: str) -> Response:
    """Send the browser on to a page after a POST, so that reloading it repeats nothing."""
    return redirect(url, 303)


def problems(*statuses: int) -> dict[int, type[BaseModel]]:
    """Return the OpenAPI description of these error statuses."""
    return {status: Invalid if status == 422 else Detail for status in statuses}


def api_blueprint(name: str, module: str) -> APIBlueprint:
    """Return the blueprint of a part of the JSON API; describes the errors that any operation can answer with."""
    errors_of_all = problems(403, 413, 422, 503, 504)
    return APIBlueprint(f"{name}_api", module, abp_tags=[Tag(name=name)], abp_responses=errors_of_all)


api = api_blueprint("app", __name__)


@api.get("/health", responses={200: Health, 503: Health})
def health() -> Response:
    """Tell whether the database answers within two seconds."""
    alive = database.ping()
    return answer(Health.of(alive, get_settings().keyspace), 200 if alive else 503)


def problem_response(problem: errors.Problem) -> Response:
    """Return an error as a page to a browser, as JSON to everybody else."""
    if "text/html" in request.headers.get("Accept", ""):
        body = render_template("error.html", problem=problem, title=problem.title)
        response = make_response(body, problem.status)
    else:
        response = answer(RootModel({"detail": problem.detail}), problem.status)
    response.headers.update(problem.headers)
    return response


def invalid(error: ValidationError) -> Response:
    """Answer a request that its schema refuses; each location begins with path, query or body."""
    schemas = get_type_hints(current_app.view_functions[request.endpoint or ""])
    part = next(name for name, schema in schemas.items() if schema.__name__ == error.title)
    return problem_response(errors.invalid([{**item, "loc": (part, *item["loc"])} for item in error.errors()]))


class Json(DefaultJSONProvider):
    """Flask's JSON, but ValueError for what is nested too deeply, or for text, which Flask-OpenAPI3 reads again."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        try:
            value = super().loads(s, **options)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        if isinstance(value, str):
            raise ValueError("text where an object belongs")
        return value


def init_app(app: OpenAPI) -> None:
    """Add the gate, the error handlers and what the templates need."""
    app.json = Json(app)
    # An empty part of an address is no address of something else.
    app.url_map.merge_slashes = False
    app.jinja_env.globals["under_the_hood"] = hood.under_the_hood

    @app.before_request
    def gate() -> Response | None:
        refusal = security.refuse(
            request.method,
            request.path,
            host=request.host,
            fetch_site=request.headers.get("Sec-Fetch-Site"),
            origin=request.headers.get("Origin"),
            content_length=request.headers.get("Content-Length"),
        )
        if refusal is not None:
            return problem_response(refusal)
        request.max_content_length = security.limit(request.path)
        if get_settings().show_cql:
            cql_log.start()
        if request.endpoint not in {"static", "app_api.health", "docs", "openapi"}:
            database.ensure_open()
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(security.HEADERS)
        return response

    @app.get("/docs", doc_ui=False)
    def docs() -> str:
        """Show the JSON API with Swagger UI."""
        return render_template("docs.html")

    @app.get("/openapi.json", doc_ui=False)
    def openapi() -> dict[str, Any]:
        """Describe the JSON API."""
        return app.api_doc

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            headers = {name: value for name, value in error.get_headers() if name == "Allow"}
            return problem_response(errors.problem(error.code or 500, error.description or error.name, headers))
        problem = errors.from_exception(error)
        if problem is None:
            app.logger.exception("Unhandled error")
            problem = errors.problem(500, "This is a bug; the server's log has the details.")
        return problem_response(problem)
