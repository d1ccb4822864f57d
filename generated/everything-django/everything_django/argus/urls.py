"""The addresses of Dimension-1: The Hundred-Eyed Tracker."""

from django.urls import path

from . import pages

app_name = "argus"
urlpatterns = [
    path("tracker", pages.tracker, name="tracker"),
    path("tracker/create", pages.create, name="create"),
    path("tracker/read", pages.read, name="read"),
    path("tracker/run", pages.run, name="run"),
    path("tracker/run/move", pages.move, name="move"),
    path("tracker/run/event", pages.add_event, name="add_event"),
]
