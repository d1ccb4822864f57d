"""The addresses of Dimension-3: Station Argos."""

from django.urls import path

from . import pages

app_name = "timeseries"
urlpatterns = [
    path("station", pages.station, name="station"),
    path("station/record", pages.record, name="record"),
]
