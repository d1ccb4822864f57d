"""The start page: one card for every feature."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from .lwt import service as lwt
from .ttl import service as ttl
from .views import service as views


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Every feature, with one figure from its tables."""
    headlines = {
        "ttl": ttl.headline(),
        "lwt": lwt.headline(),
        "views": views.headline(),
    }
    return render(request, "dashboard.html", {"headlines": headlines})


urlpatterns = [path("", dashboard)]
