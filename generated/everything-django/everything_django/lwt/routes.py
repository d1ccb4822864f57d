"""The JSON API of the identity registry."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from ..web import paged, problems
from . import service
from .schemas import ProfileOut, ProfileUpdate, Registered, Removed, UserCreate, UserList, Username, UserOut

router = Router(tags=["lwt"])


@router.post("/api/users", response={201: Registered, **problems(409)})
def create_user(request: HttpRequest, query: Query[UserCreate]) -> tuple[int, Registered]:
    """Claim a name, if nobody holds it."""
    return 201, service.create_user(query)


@router.get("/api/users", response=list[UserOut])
def list_users(request: HttpRequest, response: HttpResponse, query: Query[UserList]) -> list[UserOut]:
    """List the heroes, of every dimension or of one."""
    return paged(request, response, service.list_users(query))


@router.get("/api/users/{username}", response={200: UserOut, **problems(404)})
def get_user(request: HttpRequest, username: Path[Username]) -> UserOut:
    """Tell who holds a name."""
    return service.get_user(username)


@router.delete("/api/users/{username}", response={200: Removed, **problems(404)})
def delete_user(request: HttpRequest, username: Path[Username]) -> Removed:
    """Free a name and remove its profile."""
    return service.delete_user(username)


@router.get("/api/profiles/{user_id}", response={200: ProfileOut, **problems(404)})
def get_profile(request: HttpRequest, user_id: Path[UUID]) -> ProfileOut:
    """Read a profile and its version."""
    return service.get_profile(user_id)


@router.put("/api/profiles/{user_id}", response={200: ProfileOut, **problems(404, 409)})
def update_profile(request: HttpRequest, user_id: Path[UUID], query: Query[ProfileUpdate]) -> ProfileOut:
    """Change a profile, if it is still at the version expected."""
    return service.update_profile(user_id, query)
