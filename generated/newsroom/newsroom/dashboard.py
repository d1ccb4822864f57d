"""The start page: one card for every feature."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from .collections import service as collections
from .counters import service as counters
from .polymorphic import service as polymorphic
from .views import service as views


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Every feature, with one figure from its tables."""
    headlines = {
        "views": views.headline(),
        "counters": counters.headline(),
        "collections": collections.headline(),
        "polymorphic": polymorphic.headline(),
    }
    return render(request, "dashboard.html", {"headlines": headlines})


urlpatterns = [path("", dashboard)]
