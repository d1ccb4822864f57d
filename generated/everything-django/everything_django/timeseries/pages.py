"""The page of Station Argos."""

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from .. import charts
from ..forms import Form, read_query
from ..web import see_other
from . import service
from .schemas import ReadingForm, Readings, StationQuery


@require_safe
def station(request: HttpRequest) -> HttpResponse:
    """The newest reading and the curve of each sensor."""
    query = read_query(StationQuery, request.GET)
    return show(request, query, Form())


@require_POST
def record(request: HttpRequest) -> HttpResponse:
    """Store a reading and go back to the station, or show the form again with what is wrong."""
    form = Form.read(ReadingForm, request.POST)
    if form.data is None:
        return show(request, StationQuery(), form, 422)
    service.add_readings(form.data.sensor_id, Readings([form.data]))
    return see_other("/station?" + urlencode({"recorded": form.data.sensor_id}))


def show(request: HttpRequest, query: StationQuery, form: Form, status: int = 200) -> HttpResponse:
    """Render the page with its form and a chart for each sensor."""
    station = service.look(query)
    labels = [label(moment, query) for moment in station.moments]
    curves = [charts.lines(panel.title, labels, {panel.latest.unit: panel.curve}) for panel in station.panels]
    return render(
        request,
        "timeseries/station.html",
        {"station": station, "curves": curves, "query": query, "form": form},
        status=status,
    )


def label(moment: datetime, query: StationQuery) -> str:
    """Return what the axis of a chart says at a moment: the time within a day, the date beyond."""
    return f"{moment:%H:%M}" if query.window in {"1h", "24h"} else f"{moment:%d %b %H:%M}"


urlpatterns = [
    path("station", station),
    path("station/record", record),
]
