"""The start page: one card for every feature."""

from fastapi import APIRouter, Request, Response

from .batch import service as batch
from .counters import service as counters
from .timeseries import service as timeseries
from .ttl import service as ttl
from .web import render

router = APIRouter(include_in_schema=False)


@router.get("/")
async def dashboard(request: Request) -> Response:
    """Every feature, with one figure from its tables."""
    headlines = {
        "ttl": await ttl.headline(),
        "counters": await counters.headline(),
        "batch": await batch.headline(),
        "timeseries": await timeseries.headline(),
    }
    return render(request, "dashboard.html", headlines=headlines)
