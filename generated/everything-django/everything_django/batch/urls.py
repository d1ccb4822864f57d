"""The addresses of Dimension-8: The Cargo Rift."""

from django.urls import path

from . import pages

app_name = "batch"
urlpatterns = [
    path("cargo", pages.cargo, name="cargo"),
    path("cargo/import", pages.send, name="send"),
    path("cargo/report", pages.report, name="report"),
    path("cargo/manifest", pages.manifest, name="manifest"),
]
