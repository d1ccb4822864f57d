"""The start page: one card for every feature."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .counters.headline import headline as counters
from .db.headlines import read_headlines
from .lwt.headline import headline as lwt
from .ttl.headline import headline as ttl

HEADLINES = {
    "ttl": ttl,
    "lwt": lwt,
    "counters": counters,
}

pages = Blueprint("dashboard", __name__)


@pages.get("/")
def start() -> ResponseReturnValue:
    """Every feature, with one figure from its tables."""
    return render_template("dashboard.html", headlines=read_headlines(HEADLINES))
