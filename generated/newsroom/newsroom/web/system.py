"""What every project serves: its health, and the description of its JSON API."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import get_script_prefix
from django.views.decorators.http import require_safe

from ..config import get_settings
from ..db import connection
from .api import api, describe
from .pages import render
from .schemas import Health


@api.get("/health", response={200: Health, 503: Health})
def health(request: HttpRequest) -> tuple[int, Health]:
    """Say whether the database answers within two seconds, and has its tables."""
    database = connection.ping()
    return 200 if database == "connected" else 503, Health.of(database, get_settings().keyspace)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the JSON API with Swagger UI."""
    return render(request, "docs.html")


@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """Describe the JSON API."""
    return JsonResponse({**describe(api), "servers": [{"url": get_script_prefix().rstrip("/") or "/"}]})
