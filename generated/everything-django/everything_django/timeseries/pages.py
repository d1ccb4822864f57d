"""The page of Station Argos."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..web import charts
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .schemas import ReadingForm, Readings, StationQuery
from .station import read_station


@require_safe
def station(request: HttpRequest) -> HttpResponse:
    """The latest reading and the curve of each metric of the sensors."""
    query = read_query(StationQuery, request.GET)
    return show(request, query, Form())


@require_POST
def record(request: HttpRequest) -> HttpResponse:
    """Store a reading and go back to the station, or show the form again with what is wrong."""
    form = Form.read(ReadingForm, request.POST)
    if form.data is None:
        return show(request, StationQuery(), form, 422)
    service.add_readings(form.data.sensor_id, Readings([form.data]))
    return see_other(request, "timeseries:station", recorded=form.data.sensor_id)


def show(request: HttpRequest, query: StationQuery, form: Form[ReadingForm], status: int = 200) -> HttpResponse:
    """Render the page with its form and a chart for each metric."""
    station = read_station(query)
    labels = [label(moment, query) for moment in station.moments]
    panels = station.panels
    curves = [charts.draw("lines", panel.title, labels, {panel.latest.unit: panel.curve}) for panel in panels]
    return render(request, "timeseries/station.html", status, station=station, curves=curves, query=query, form=form)


def label(moment: datetime, query: StationQuery) -> str:
    """Return the label of a moment on a chart's axis: the time in windows up to a day, the day in longer ones."""
    return f"{moment:%H:%M}" if query.window in {"1h", "24h"} else f"{moment:%d %b}"
