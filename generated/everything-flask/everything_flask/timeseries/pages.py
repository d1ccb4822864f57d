"""The page of Station Argos."""

from datetime import datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..web import charts
from ..web.forms import Form, read_query
from ..web.pages import see_other
from . import service
from .schemas import ReadingForm, Readings, StationQuery
from .station import read_station

pages = Blueprint("timeseries", __name__, template_folder="templates")


@pages.get("/station")
def station() -> ResponseReturnValue:
    """The latest reading and the curve of each metric of the sensors."""
    query = read_query(StationQuery, request.args)
    return show(query, Form())


@pages.post("/station/record")
def record() -> ResponseReturnValue:
    """Store a reading and go back to the station, or show the form again with what is wrong."""
    form = Form.read(ReadingForm, request.form)
    if form.data is None:
        return show(StationQuery(), form, 422)
    service.add_readings(form.data.sensor_id, Readings([form.data]))
    return see_other("timeseries.station", recorded=form.data.sensor_id)


def show(query: StationQuery, form: Form[ReadingForm], status: int = 200) -> ResponseReturnValue:
    """Render the page with its form and a chart for each metric."""
    station = read_station(query)
    labels = [label(moment, query) for moment in station.moments]
    panels = station.panels
    curves = [charts.draw("lines", panel.title, labels, {panel.latest.unit: panel.curve}) for panel in panels]
    return render_template("timeseries/station.html", station=station, curves=curves, query=query, form=form), status


def label(moment: datetime, query: StationQuery) -> str:
    """Return the label of a moment on a chart's axis: the time in windows up to a day, the day in longer ones."""
    return f"{moment:%H:%M}" if query.window in {"1h", "24h"} else f"{moment:%d %b}"
