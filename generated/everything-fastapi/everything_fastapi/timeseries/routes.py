"""The JSON API of Station Argos."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from ..web.api import LIST, paged, problems
from ..web.ndjson import NDJSON, ndjson
from . import models, service
from .schemas import Range, ReadingList, Readings, SensorDayList, SensorId, SensorList, Summary, SummaryQuery, Written

router = APIRouter(tags=["timeseries"])


@router.get("/api/sensors", responses=LIST)
async def list_sensors(
    request: Request,
    response: Response,
    query: Annotated[SensorList, Query()],
) -> list[models.Reading]:
    """List the latest reading of each metric of each sensor."""
    return paged(request, response, await service.list_sensors(query))


@router.post("/api/sensors/{sensor_id}/readings", status_code=201, responses=problems(409))
async def add_readings(sensor_id: SensorId, body: Readings) -> Written:
    """Store one reading of a sensor, or up to 1,000."""
    return await service.add_readings(sensor_id, body)


@router.get("/api/sensors/{sensor_id}/days", responses=LIST)
async def list_sensor_days(
    request: Request,
    response: Response,
    sensor_id: SensorId,
    query: Annotated[SensorDayList, Query()],
) -> list[models.Reading]:
    """List the newest reading of each day and metric of a sensor."""
    return paged(request, response, await service.list_sensor_days(sensor_id, query))


@router.get("/api/sensors/{sensor_id}/readings", responses=LIST)
async def list_readings(
    request: Request,
    response: Response,
    sensor_id: SensorId,
    query: Annotated[ReadingList, Query()],
) -> list[models.Reading]:
    """List the readings of a range, newest first, of one metric or of all."""
    return paged(request, response, await service.list_readings(sensor_id, query))


@router.get("/api/sensors/{sensor_id}/summary")
async def summarize(sensor_id: SensorId, query: Annotated[SummaryQuery, Query()]) -> Summary:
    """Count, minimum, maximum and average of a day."""
    return await service.summarize(sensor_id, query)


@router.get("/api/sensors/{sensor_id}/export", response_class=StreamingResponse, responses=NDJSON)
async def export_readings(sensor_id: SensorId, query: Annotated[Range, Query()]) -> StreamingResponse:
    """Stream the readings of a range, one JSON object a line."""
    return await ndjson(service.export_readings(sensor_id, query))
