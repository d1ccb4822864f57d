"""The page of Station Argos."""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from ..web import charts
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .schemas import ReadingForm, Readings, StationQuery
from .station import read_station

router = APIRouter(include_in_schema=False)


@router.get("/", name="timeseries.station")
async def station(request: Request) -> Response:
    """The latest reading and the curve of each metric of the sensors."""
    query = read_query(StationQuery, request.query_params)
    return await show(request, query, Form())


@router.post("/station/record", name="timeseries.record")
async def record(request: Request) -> Response:
    """Store a reading and go back to the station, or show the form again with what is wrong."""
    form = Form.read(ReadingForm, await request.form())
    if form.data is None:
        return await show(request, StationQuery(), form, 422)
    await service.add_readings(form.data.sensor_id, Readings([form.data]))
    return see_other(request, "timeseries.station", recorded=form.data.sensor_id)


async def show(request: Request, query: StationQuery, form: Form[ReadingForm], status: int = 200) -> Response:
    """Render the page with its form and a chart for each metric."""
    station = await read_station(query)
    labels = [label(moment, query) for moment in station.moments]
    panels = station.panels
    curves = [await charts.draw("lines", panel.title, labels, {panel.latest.unit: panel.curve}) for panel in panels]
    return render(request, "timeseries/station.html", status, station=station, curves=curves, query=query, form=form)


def label(moment: datetime, query: StationQuery) -> str:
    """Return the label of a moment on a chart's axis: the time in windows up to a day, the day in longer ones."""
    return f"{moment:%H:%M}" if query.window in {"1h", "24h"} else f"{moment:%d %b}"
