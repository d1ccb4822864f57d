"""The JSON API of the test tracker."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

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

router = Router(tags=["argus"])


@router.post("/api/argus/users", response={201: models.User})
def create_user(request: HttpRequest, body: PersonCreate) -> tuple[int, models.User]:
    """Add somebody who looks after runs."""
    return 201, service.create_user(body)


@router.get("/api/argus/users", response=list[models.User], openapi_extra={"responses": LIST})
def list_users(request: HttpRequest, response: HttpResponse, query: Query[PersonList]) -> list[models.User]:
    """List the users."""
    return paged(request, response, service.list_users(query))


@router.get(
    "/api/argus/users/{user_id}/notifications",
    response={200: list[NotificationOut], **problems(404)},
    openapi_extra={"responses": LIST},
)
def list_notifications(
    request: HttpRequest,
    response: HttpResponse,
    user_id: Path[UUID],
    query: Query[NotificationList],
) -> list[NotificationOut]:
    """List a user's notifications, newest first."""
    return paged(request, response, service.list_notifications(user_id, query))


@router.post(
    "/api/argus/users/{user_id}/notifications/{notification_id}/read",
    response={200: NotificationOut, **problems(404)},
)
def mark_read(request: HttpRequest, user_id: Path[UUID], notification_id: Path[TimeId]) -> NotificationOut:
    """Mark a notification as read."""
    return service.mark_read(user_id, notification_id)


@router.post("/api/argus/runs", response={201: RunDetail, **problems(404)})
def create_run(request: HttpRequest, body: RunCreate) -> tuple[int, RunDetail]:
    """Create a run, with the details that its plugin asks for."""
    return 201, service.create_run(body)


@router.get("/api/argus/runs", response=list[models.TestRun], openapi_extra={"responses": LIST})
def list_runs(request: HttpRequest, response: HttpResponse, query: Query[RunList]) -> list[models.TestRun]:
    """List the runs of one test, of one release or of one assignee."""
    return paged(request, response, service.list_runs(query))


@router.get("/api/argus/runs/{run_id}", response={200: RunDetail, **problems(404)})
def get_run(request: HttpRequest, run_id: Path[UUID]) -> RunDetail:
    """Read one run."""
    return service.get_run(run_id)


@router.patch("/api/argus/runs/{run_id}", response={200: RunDetail, **problems(404, 409)})
def move_run(request: HttpRequest, run_id: Path[UUID], body: RunMove) -> RunDetail:
    """Move a run to its next status, if nobody else has."""
    return service.move_run(run_id, body)


@router.post("/api/argus/runs/{run_id}/events", response={201: Ingested, **problems(404)})
def add_events(request: HttpRequest, run_id: Path[UUID], body: EventBatch) -> tuple[int, Ingested]:
    """Store up to 5,000 events of a run at once."""
    return 201, service.add_events(run_id, body)


@router.get(
    "/api/argus/runs/{run_id}/events",
    response={200: list[EventOut], **problems(404)},
    openapi_extra={"responses": LIST},
)
def list_events(
    request: HttpRequest,
    response: HttpResponse,
    run_id: Path[UUID],
    query: Query[EventList],
) -> list[EventOut]:
    """List the events of a run, newest first."""
    return paged(request, response, service.list_events(run_id, query))


@router.get("/api/argus/statements", response=Statements)
def get_statements(request: HttpRequest) -> Statements:
    """Count the cached prepared statements."""
    return service.get_statements()
