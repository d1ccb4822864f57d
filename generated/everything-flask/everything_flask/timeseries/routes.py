"""The JSON API of Station Argos."""

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.ndjson import NDJSON, ndjson
from ..web.schemas import Schema
from . import models, service
from .schemas import Range, ReadingList, Readings, SensorDayList, SensorId, SensorList, Summary, SummaryQuery, Written

api = api_blueprint("timeseries", __name__)


class SensorIdPath(Schema):
    """Parameters of a path: sensor_id."""

    sensor_id: SensorId


@api.get("/api/sensors", responses={200: listing(models.Reading)})
def list_sensors(query: SensorList) -> Response:
    """List the latest reading of each metric of each sensor."""
    return paged(service.list_sensors(query))


@api.post("/api/sensors/<sensor_id>/readings", responses={201: Written, **problems(409)})
def add_readings(path: SensorIdPath, body: Readings) -> Response:
    """Store one reading of a sensor, or up to 1,000."""
    return answer(service.add_readings(path.sensor_id, body), 201)


@api.get("/api/sensors/<sensor_id>/days", responses={200: listing(models.Reading)})
def list_sensor_days(path: SensorIdPath, query: SensorDayList) -> Response:
    """List the newest reading of each day and metric of a sensor."""
    return paged(service.list_sensor_days(path.sensor_id, query))


@api.get("/api/sensors/<sensor_id>/readings", responses={200: listing(models.Reading)})
def list_readings(path: SensorIdPath, query: ReadingList) -> Response:
    """List the readings of a range, newest first, of one metric or of all."""
    return paged(service.list_readings(path.sensor_id, query))


@api.get("/api/sensors/<sensor_id>/summary", responses={200: Summary})
def summarize(path: SensorIdPath, query: SummaryQuery) -> Response:
    """Count, minimum, maximum and average of a day."""
    return answer(service.summarize(path.sensor_id, query))


@api.get("/api/sensors/<sensor_id>/export", responses={200: NDJSON})
def export_readings(path: SensorIdPath, query: Range) -> Response:
    """Stream the readings of a range, one JSON object a line."""
    return ndjson(service.export_readings(path.sensor_id, query))
