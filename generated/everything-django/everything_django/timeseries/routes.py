"""The JSON API of Station Argos."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Path, Query, Router

from ..web.api import paged
from ..web.ndjson import NDJSON, ndjson
from . import models, service
from .schemas import Range, ReadingList, Readings, SensorId, SensorList, Summary, SummaryQuery, Written

router = Router(tags=["timeseries"])


@router.get("/api/sensors", response=list[models.Reading])
def list_sensors(request: HttpRequest, response: HttpResponse, query: Query[SensorList]) -> list[models.Reading]:
    """List the newest reading of each sensor, by sensor."""
    return paged(request, response, service.list_sensors(query))


@router.post("/api/sensors/{sensor_id}/readings", response={201: Written})
def add_readings(request: HttpRequest, sensor_id: Path[SensorId], body: Readings) -> tuple[int, Written]:
    """Store one reading of a sensor, or up to 1,000."""
    return 201, service.add_readings(sensor_id, body)


@router.get("/api/sensors/{sensor_id}/readings", response=list[models.Reading])
def list_readings(
    request: HttpRequest,
    response: HttpResponse,
    sensor_id: Path[SensorId],
    query: Query[ReadingList],
) -> list[models.Reading]:
    """List the readings of a range, newest first."""
    return paged(request, response, service.list_readings(sensor_id, query))


@router.get("/api/sensors/{sensor_id}/summary", response=Summary)
def summarize(request: HttpRequest, sensor_id: Path[SensorId], query: Query[SummaryQuery]) -> Summary:
    """Count, minimum, maximum and average of a day."""
    return service.summarize(sensor_id, query)


@router.get("/api/sensors/{sensor_id}/export", response=None, openapi_extra={"responses": NDJSON})
def export_readings(request: HttpRequest, sensor_id: Path[SensorId], query: Query[Range]) -> StreamingHttpResponse:
    """Stream the readings of a range, one JSON object a line."""
    return ndjson(service.export_readings(sensor_id, query))
