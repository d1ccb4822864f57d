"""The start page: one card for every feature."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from .collections.headline import headline as collections
from .counters.headline import headline as counters
from .db.headlines import read_headlines
from .polymorphic.headline import headline as polymorphic
from .views.headline import headline as views
from .web.pages import render

HEADLINES = {
    "views": views,
    "counters": counters,
    "collections": collections,
    "polymorphic": polymorphic,
}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Every feature, with one figure from its tables."""
    return render(request, "dashboard.html", headlines=read_headlines(HEADLINES))


app_name = "dashboard"
urlpatterns = [path("", start, name="start")]
