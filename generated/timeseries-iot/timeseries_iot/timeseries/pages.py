"""The page of Station Argos."""

from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from .. import charts
from ..forms import Form, read_query
from ..web import render, see_other
from . import service
from .schemas import ReadingForm, Readings, StationQuery

router = APIRouter(include_in_schema=False)


@router.get("/")
async def station(request: Request) -> Response:
    """The newest reading and the curve of each sensor."""
    query = read_query(StationQuery, request.query_params)
    return await show(request, query, Form())


@router.post("/station/record")
async def record(request: Request) -> Response:
    """Store a reading and go back to the station, or show the form again with what is wrong."""
    form = Form.read(ReadingForm, await request.form())
    if form.data is None:
        return await show(request, StationQuery(), form, 422)
    await service.add_readings(form.data.sensor_id, Readings([form.data]))
    return see_other("/?" + urlencode({"recorded": form.data.sensor_id}))


async def show(request: Request, query: StationQuery, form: Form, status: int = 200) -> Response:
    """Render the page with its form and a chart for each sensor."""
    station = await service.look(query)
    labels = [label(moment, query) for moment in station.moments]
    curves = [await charts.lines(panel.title, labels, {panel.latest.unit: panel.curve}) for panel in station.panels]
    return render(request, "timeseries/station.html", status, station=station, curves=curves, query=query, form=form)


def label(moment: datetime, query: StationQuery) -> str:
    """Return what the axis of a chart says at a moment: the time within a day, the date beyond."""
    return f"{moment:%H:%M}" if query.window in {"1h", "24h"} else f"{moment:%d %b %H:%M}"
