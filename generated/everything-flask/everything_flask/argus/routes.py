"""The JSON API of the test tracker."""

from uuid import UUID

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.schemas import Schema
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

api = api_blueprint("argus", __name__)


class UserIdPath(Schema):
    """Parameters of a path: user_id."""

    user_id: UUID


class UserIdNotificationIdPath(Schema):
    """Parameters of a path: user_id, notification_id."""

    user_id: UUID
    notification_id: TimeId


class RunIdPath(Schema):
    """Parameters of a path: run_id."""

    run_id: UUID


@api.post("/api/argus/users", responses={201: models.User})
def create_user(body: PersonCreate) -> Response:
    """Add somebody who looks after runs."""
    return answer(service.create_user(body), 201)


@api.get("/api/argus/users", responses={200: listing(models.User)})
def list_users(query: PersonList) -> Response:
    """List the users."""
    return paged(service.list_users(query))


@api.get("/api/argus/users/<user_id>/notifications", responses={200: listing(NotificationOut), **problems(404)})
def list_notifications(path: UserIdPath, query: NotificationList) -> Response:
    """List a user's notifications, newest first."""
    return paged(service.list_notifications(path.user_id, query))


@api.post(
    "/api/argus/users/<user_id>/notifications/<notification_id>/read",
    responses={200: NotificationOut, **problems(404)},
)
def mark_read(path: UserIdNotificationIdPath) -> Response:
    """Mark a notification as read."""
    return answer(service.mark_read(path.user_id, path.notification_id))


@api.post("/api/argus/runs", responses={201: RunDetail, **problems(404)})
def create_run(body: RunCreate) -> Response:
    """Create a run, with the details that its plugin asks for."""
    return answer(service.create_run(body), 201)


@api.get("/api/argus/runs", responses={200: listing(models.TestRun)})
def list_runs(query: RunList) -> Response:
    """List the runs of one test, of one release or of one assignee."""
    return paged(service.list_runs(query))


@api.get("/api/argus/runs/<run_id>", responses={200: RunDetail, **problems(404)})
def get_run(path: RunIdPath) -> Response:
    """Read one run."""
    return answer(service.get_run(path.run_id))


@api.patch("/api/argus/runs/<run_id>", responses={200: RunDetail, **problems(404, 409)})
def move_run(path: RunIdPath, body: RunMove) -> Response:
    """Move a run to its next status, if nobody else has."""
    return answer(service.move_run(path.run_id, body))


@api.post("/api/argus/runs/<run_id>/events", responses={201: Ingested, **problems(404)})
def add_events(path: RunIdPath, body: EventBatch) -> Response:
    """Store up to 5,000 events of a run at once."""
    return answer(service.add_events(path.run_id, body), 201)


@api.get("/api/argus/runs/<run_id>/events", responses={200: listing(EventOut), **problems(404)})
def list_events(path: RunIdPath, query: EventList) -> Response:
    """List the events of a run, newest first."""
    return paged(service.list_events(path.run_id, query))


@api.get("/api/argus/statements", responses={200: Statements})
def get_statements() -> Response:
    """Count the cached prepared statements."""
    return answer(service.get_statements())
