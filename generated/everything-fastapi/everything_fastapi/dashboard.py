"""The start page: one card for every feature."""

from fastapi import APIRouter, Request, Response

from .argus.headline import headline as argus
from .batch.headline import headline as batch
from .collections.headline import headline as collections
from .counters.headline import headline as counters
from .db.headlines import read_headlines
from .lwt.headline import headline as lwt
from .polymorphic.headline import headline as polymorphic
from .timeseries.headline import headline as timeseries
from .ttl.headline import headline as ttl
from .views.headline import headline as views
from .web.pages import render

HEADLINES = {
    "ttl": ttl,
    "lwt": lwt,
    "views": views,
    "counters": counters,
    "batch": batch,
    "collections": collections,
    "timeseries": timeseries,
    "polymorphic": polymorphic,
    "argus": argus,
}

router = APIRouter(include_in_schema=False)


@router.get("/", name="dashboard.start")
async def start(request: Request) -> Response:
    """Every feature, with one figure from its tables."""
    return render(request, "dashboard.html", headlines=await read_headlines(HEADLINES))
