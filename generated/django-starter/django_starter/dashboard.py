"""The start page: one card for every feature."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from .db.headlines import read_headlines
from .lwt.headline import headline as lwt
from .ttl.headline import headline as ttl
from .views.headline import headline as views
from .web.pages import render

HEADLINES = {
    "ttl": ttl,
    "lwt": lwt,
    "views": views,
}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Every feature, with one figure from its tables."""
    return render(request, "dashboard.html", headlines=read_headlines(HEADLINES))


app_name = "dashboard"
urlpatterns = [path("", start, name="start")]
