"""What every project serves: its health, and the description of its JSON API."""

from typing import Any

from flask import Response, render_template, request
from flask_openapi3 import OpenAPI

from ..config import get_settings
from ..db import connection
from .api import answer, api_blueprint
from .schemas import Health

api = api_blueprint("app", __name__)


@api.get("/health", responses={200: Health, 503: Health})
def health() -> Response:
    """Say whether the database answers within two seconds, and has its tables."""
    database = connection.ping()
    return answer(Health.of(database, get_settings().keyspace), 200 if database == "connected" else 503)


def init_app(app: OpenAPI) -> None:
    """Add the health check, and the two addresses that describe the JSON API."""
    app.register_api(api)

    @app.get("/docs", doc_ui=False)
    def docs() -> str:
        """Show the JSON API with Swagger UI."""
        return render_template("docs.html")

    @app.get("/openapi.json", doc_ui=False)
    def openapi() -> dict[str, Any]:
        """Describe the JSON API."""
        return {**app.api_doc, "servers": [{"url": request.script_root or "/"}]}
