"""The start page: one card for every feature."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

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


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Every feature, with one figure from its tables."""
    return render(request, "dashboard.html", headlines=read_headlines(HEADLINES))


app_name = "dashboard"
urlpatterns = [path("", start, name="start")]
