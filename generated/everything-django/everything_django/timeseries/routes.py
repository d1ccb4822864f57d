"""The JSON API of Station Argos."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Path, Query, Router

from ..web.api import LIST, paged, problems
from ..web.ndjson import NDJSON, ndjson
from . import models, service
from .schemas import Range, ReadingList, Readings, SensorDayList, SensorId, SensorList, Summary, SummaryQuery, Written

router = Router(tags=["timeseries"])


@router.get("/api/sensors", response=list[models.Reading], openapi_extra={"responses": LIST})
def list_sensors(request: HttpRequest, response: HttpResponse, query: Query[SensorList]) -> list[models.Reading]:
    """List the latest reading of each metric of each sensor."""
    return paged(request, response, service.list_sensors(query))


@router.post("/api/sensors/{sensor_id}/readings", response={201: Written, **problems(409)})
def add_readings(request: HttpRequest, sensor_id: Path[SensorId], body: Readings) -> tuple[int, Written]:
    """Store one reading of a sensor, or up to 1,000."""
    return 201, service.add_readings(sensor_id, body)


@router.get("/api/sensors/{sensor_id}/days", response=list[models.Reading], openapi_extra={"responses": LIST})
def list_sensor_days(
    request: HttpRequest,
    response: HttpResponse,
    sensor_id: Path[SensorId],
    query: Query[SensorDayList],
) -> list[models.Reading]:
    """List the newest reading of each day and metric of a sensor."""
    return paged(request, response, service.list_sensor_days(sensor_id, query))


@router.get("/api/sensors/{sensor_id}/readings", response=list[models.Reading], openapi_extra={"responses": LIST})
def list_readings(
    request: HttpRequest,
    response: HttpResponse,
    sensor_id: Path[SensorId],
    query: Query[ReadingList],
) -> list[models.Reading]:
    """List the readings of a range, newest first, of one metric or of all."""
    return paged(request, response, service.list_readings(sensor_id, query))


@router.get("/api/sensors/{sensor_id}/summary", response=Summary)
def summarize(request: HttpRequest, sensor_id: Path[SensorId], query: Query[SummaryQuery]) -> Summary:
    """Count, minimum, maximum and average of a day."""
    return service.summarize(sensor_id, query)


@router.get("/api/sensors/{sensor_id}/export", response=None, openapi_extra={"responses": NDJSON})
def export_readings(request: HttpRequest, sensor_id: Path[SensorId], query: Query[Range]) -> StreamingHttpResponse:
    """Stream the readings of a range, one JSON object a line."""
    return ndjson(service.export_readings(sensor_id, query))
