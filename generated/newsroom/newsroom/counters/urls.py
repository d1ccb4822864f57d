"""The addresses of Dimension-2: The Tally Storm."""

from django.urls import path

from . import pages

app_name = "counters"
urlpatterns = [
    path("tally", pages.tally, name="tally"),
    path("tally/count", pages.count, name="count"),
    path("tally/vote", pages.vote, name="vote"),
    path("tally/take-back", pages.take_back, name="take_back"),
]
