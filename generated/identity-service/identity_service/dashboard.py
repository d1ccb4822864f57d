"""The start page: one card for every feature."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .counters.headline import headline as counters
from .lwt.headline import headline as lwt
from .ttl.headline import headline as ttl

pages = Blueprint("dashboard", __name__)


@pages.get("/")
def start() -> ResponseReturnValue:
    """Every feature, with one figure from its tables."""
    headlines = {
        "ttl": ttl(),
        "lwt": lwt(),
        "counters": counters(),
    }
    return render_template("dashboard.html", headlines=headlines)
