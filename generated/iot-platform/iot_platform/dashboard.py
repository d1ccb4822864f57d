"""The start page: one card for every feature."""

from fastapi import APIRouter, Request, Response

from .batch.headline import headline as batch
from .counters.headline import headline as counters
from .db.headlines import read_headlines
from .timeseries.headline import headline as timeseries
from .ttl.headline import headline as ttl
from .web.pages import render

HEADLINES = {
    "ttl": ttl,
    "counters": counters,
    "batch": batch,
    "timeseries": timeseries,
}

router = APIRouter(include_in_schema=False)


@router.get("/", name="dashboard.start")
async def start(request: Request) -> Response:
    """Every feature, with one figure from its tables."""
    return render(request, "dashboard.html", headlines=await read_headlines(HEADLINES))
