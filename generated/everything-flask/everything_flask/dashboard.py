"""The start page: one card for every feature."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

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

pages = Blueprint("dashboard", __name__)


@pages.get("/")
def start() -> ResponseReturnValue:
    """Every feature, with one figure from its tables."""
    return render_template("dashboard.html", headlines=read_headlines(HEADLINES))
