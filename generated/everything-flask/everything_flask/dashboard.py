"""The start page: one card for every feature."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .argus import service as argus
from .batch import service as batch
from .collections import service as collections
from .counters import service as counters
from .lwt import service as lwt
from .polymorphic import service as polymorphic
from .timeseries import service as timeseries
from .ttl import service as ttl
from .views import service as views

pages = Blueprint("dashboard", __name__)


@pages.get("/")
def dashboard() -> ResponseReturnValue:
    """Every feature, with one figure from its tables."""
    headlines = {
        "ttl": ttl.headline(),
        "lwt": lwt.headline(),
        "views": views.headline(),
        "counters": counters.headline(),
        "batch": batch.headline(),
        "collections": collections.headline(),
        "timeseries": timeseries.headline(),
        "polymorphic": polymorphic.headline(),
        "argus": argus.headline(),
    }
    return render_template("dashboard.html", headlines=headlines)
