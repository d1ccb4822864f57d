"""The JSON API of the identity registry."""

from uuid import UUID

from flask import Response

from ..web.api import answer, api_blueprint, listing, paged, problems
from ..web.schemas import Schema
from . import models, service
from .schemas import ProfileUpdate, Registered, Removed, UserCreate, UserList, Username

api = api_blueprint("lwt", __name__)


class UsernamePath(Schema):
    """Parameters of a path: username."""

    username: Username


class UserIdPath(Schema):
    """Parameters of a path: user_id."""

    user_id: UUID


@api.post("/api/users", responses={201: Registered, **problems(409)})
def create_user(query: UserCreate) -> Response:
    """Claim a name if nobody holds it."""
    return answer(service.create_user(query), 201)


@api.get("/api/users", responses={200: listing(models.UserRegistration)})
def list_users(query: UserList) -> Response:
    """List the heroes of every dimension, or of one."""
    return paged(service.list_users(query))


@api.get("/api/users/<username>", responses={200: models.UserRegistration, **problems(404)})
def get_user(path: UsernamePath) -> Response:
    """Read who holds a name."""
    return answer(service.get_user(path.username))


@api.delete("/api/users/<username>", responses={200: Removed, **problems(404)})
def delete_user(path: UsernamePath) -> Response:
    """Free a name and remove its profile."""
    return answer(service.delete_user(path.username))


@api.get("/api/profiles/<user_id>", responses={200: models.UserProfile, **problems(404)})
def get_profile(path: UserIdPath) -> Response:
    """Read a profile and its version."""
    return answer(service.get_profile(path.user_id))


@api.put("/api/profiles/<user_id>", responses={200: models.UserProfile, **problems(404, 409)})
def update_profile(path: UserIdPath, query: ProfileUpdate) -> Response:
    """Change a profile if it is still at the expected version."""
    return answer(service.update_profile(path.user_id, query))
