"""The page of Station Argos."""

from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .. import charts
from ..forms import Form, read_query
from ..web import see_other
from . import service
from .schemas import ReadingForm, Readings, StationQuery

pages = Blueprint("timeseries", __name__, template_folder="templates")


@pages.get("/station")
def station() -> ResponseReturnValue:
    """The newest reading and the curve of each sensor."""
    query = read_query(StationQuery, request.args)
    return show(query, Form())


@pages.post("/station/record")
def record() -> ResponseReturnValue:
    """Store a reading and go back to the station, or show the form again with what is wrong."""
    form = Form.read(ReadingForm, request.form)
    if form.data is None:
        return show(StationQuery(), form, 422)
    service.add_readings(form.data.sensor_id, Readings([form.data]))
    return see_other("/station?" + urlencode({"recorded": form.data.sensor_id}))


def show(query: StationQuery, form: Form, status: int = 200) -> ResponseReturnValue:
    """Render the page with its form and a chart for each sensor."""
    station = service.look(query)
    labels = [label(moment, query) for moment in station.moments]
    curves = [charts.lines(panel.title, labels, {panel.latest.unit: panel.curve}) for panel in station.panels]
    return render_template("timeseries/station.html", station=station, curves=curves, query=query, form=form), status


def label(moment: datetime, query: StationQuery) -> str:
    """Return what the axis of a chart says at a moment: the time within a day, the date beyond."""
    return f"{moment:%H:%M}" if query.window in {"1h", "24h"} else f"{moment:%d %b %H:%M}"
