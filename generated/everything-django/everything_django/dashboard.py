"""The start page: one card for every feature."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from .argus import service as argus
from .batch import service as batch
from .collections import service as collections
from .counters import service as counters
from .lwt import service as lwt
from .polymorphic import service as polymorphic
from .timeseries import service as timeseries
from .ttl import service as ttl
from .views import service as views


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
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
    return render(request, "dashboard.html", {"headlines": headlines})


urlpatterns = [path("", dashboard)]
