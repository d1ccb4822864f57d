"""The JSON API of the test tracker."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import (
    EventBatch,
    EventList,
    EventOut,
    Ingested,
    NotificationList,
    NotificationOut,
    PersonCreate,
    PersonList,
    RunCreate,
    RunDetail,
    RunList,
    RunMove,
    Statements,
    TimeId,
)

router = APIRouter(tags=["argus"])


@router.post("/api/argus/users", status_code=201)
async def create_user(body: PersonCreate) -> models.User:
    """Add somebody who looks after runs."""
    return await service.create_user(body)


@router.get("/api/argus/users", responses=LIST)
async def list_users(request: Request, response: Response, query: Annotated[PersonList, Query()]) -> list[models.User]:
    """List the users."""
    return paged(request, response, await service.list_users(query))


@router.get("/api/argus/users/{user_id}/notifications", responses={**LIST, **problems(404)})
async def list_notifications(
    request: Request,
    response: Response,
    user_id: UUID,
    query: Annotated[NotificationList, Query()],
) -> list[NotificationOut]:
    """List a user's notifications, newest first."""
    return paged(request, response, await service.list_notifications(user_id, query))


@router.post("/api/argus/users/{user_id}/notifications/{notification_id}/read", responses=problems(404))
async def mark_read(user_id: UUID, notification_id: TimeId) -> NotificationOut:
    """Mark a notification as read."""
    return await service.mark_read(user_id, notification_id)


@router.post("/api/argus/runs", status_code=201, responses=problems(404))
async def create_run(body: RunCreate) -> RunDetail:
    """Create a run, with the details that its plugin asks for."""
    return await service.create_run(body)


@router.get("/api/argus/runs", responses=LIST)
async def list_runs(request: Request, response: Response, query: Annotated[RunList, Query()]) -> list[models.TestRun]:
    """List the runs of one test, of one release or of one assignee."""
    return paged(request, response, await service.list_runs(query))


@router.get("/api/argus/runs/{run_id}", responses=problems(404))
async def get_run(run_id: UUID) -> RunDetail:
    """Read one run."""
    return await service.get_run(run_id)


@router.patch("/api/argus/runs/{run_id}", responses=problems(404, 409))
async def move_run(run_id: UUID, body: RunMove) -> RunDetail:
    """Move a run to its next status, if nobody else has."""
    return await service.move_run(run_id, body)


@router.post("/api/argus/runs/{run_id}/events", status_code=201, responses=problems(404))
async def add_events(run_id: UUID, body: EventBatch) -> Ingested:
    """Store up to 5,000 events of a run at once."""
    return await service.add_events(run_id, body)


@router.get("/api/argus/runs/{run_id}/events", responses={**LIST, **problems(404)})
async def list_events(
    request: Request,
    response: Response,
    run_id: UUID,
    query: Annotated[EventList, Query()],
) -> list[EventOut]:
    """List the events of a run, newest first."""
    return paged(request, response, await service.list_events(run_id, query))


@router.get("/api/argus/statements")
async def get_statements() -> Statements:
    """Count the cached prepared statements."""
    return await service.get_statements()
