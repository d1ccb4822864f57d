"""The JSON API of the identity registry."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import ProfileUpdate, Registered, Removed, UserCreate, UserList, Username

router = Router(tags=["lwt"])


@router.post("/api/users", response={201: Registered, **problems(409)})
def create_user(request: HttpRequest, query: Query[UserCreate]) -> tuple[int, Registered]:
    """Claim a name if nobody holds it."""
    return 201, service.create_user(query)


@router.get("/api/users", response=list[models.UserRegistration], openapi_extra={"responses": LIST})
def list_users(request: HttpRequest, response: HttpResponse, query: Query[UserList]) -> list[models.UserRegistration]:
    """List the heroes of every dimension, or of one."""
    return paged(request, response, service.list_users(query))


@router.get("/api/users/{username}", response={200: models.UserRegistration, **problems(404)})
def get_user(request: HttpRequest, username: Path[Username]) -> models.UserRegistration:
    """Read who holds a name."""
    return service.get_user(username)


@router.delete("/api/users/{username}", response={200: Removed, **problems(404)})
def delete_user(request: HttpRequest, username: Path[Username]) -> Removed:
    """Free a name and remove its profile."""
    return service.delete_user(username)


@router.get("/api/profiles/{user_id}", response={200: models.UserProfile, **problems(404)})
def get_profile(request: HttpRequest, user_id: Path[UUID]) -> models.UserProfile:
    """Read a profile and its version."""
    return service.get_profile(user_id)


@router.put("/api/profiles/{user_id}", response={200: models.UserProfile, **problems(404, 409)})
def update_profile(request: HttpRequest, user_id: Path[UUID], query: Query[ProfileUpdate]) -> models.UserProfile:
    """Change a profile if it is still at the expected version."""
    return service.update_profile(user_id, query)
