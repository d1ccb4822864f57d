"""The start page: one card for every feature."""

from fastapi import APIRouter, Request, Response

from .argus import service as argus
from .batch import service as batch
from .collections import service as collections
from .counters import service as counters
from .lwt import service as lwt
from .polymorphic import service as polymorphic
from .timeseries import service as timeseries
from .ttl import service as ttl
from .views import service as views
from .web import render

router = APIRouter(include_in_schema=False)


@router.get("/")
async def dashboard(request: Request) -> Response:
    """Every feature, with one figure from its tables."""
    headlines = {
        "ttl": await ttl.headline(),
        "lwt": await lwt.headline(),
        "views": await views.headline(),
        "counters": await counters.headline(),
        "batch": await batch.headline(),
        "collections": await collections.headline(),
        "timeseries": await timeseries.headline(),
        "polymorphic": await polymorphic.headline(),
        "argus": await argus.headline(),
    }
    return render(request, "dashboard.html", headlines=headlines)
