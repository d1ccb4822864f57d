"""The start page: one card for every feature."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .lwt import service as lwt
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
    }
    return render_template("dashboard.html", headlines=headlines)
