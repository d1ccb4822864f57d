"""The start page: one card for every feature."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .counters import service as counters
from .lwt import service as lwt
from .ttl import service as ttl

pages = Blueprint("dashboard", __name__)


@pages.get("/")
def dashboard() -> ResponseReturnValue:
    """Every feature, with one figure from its tables."""
    headlines = {
        "ttl": ttl.headline(),
        "lwt": lwt.headline(),
        "counters": counters.headline(),
    }
    return render_template("dashboard.html", headlines=headlines)
