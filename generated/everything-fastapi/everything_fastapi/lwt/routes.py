"""The JSON API of the identity registry."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ..web.api import LIST, paged, problems
from . import models, service
from .schemas import ProfileUpdate, Registered, Removed, UserCreate, UserList, Username

router = APIRouter(tags=["lwt"])


@router.post("/api/users", status_code=201, responses=problems(409))
async def create_user(query: Annotated[UserCreate, Query()]) -> Registered:
    """Claim a name if nobody holds it."""
    return await service.create_user(query)


@router.get("/api/users", responses=LIST)
async def list_users(
    request: Request,
    response: Response,
    query: Annotated[UserList, Query()],
) -> list[models.UserRegistration]:
    """List the heroes of every dimension, or of one."""
    return paged(request, response, await service.list_users(query))


@router.get("/api/users/{username}", responses=problems(404))
async def get_user(username: Username) -> models.UserRegistration:
    """Read who holds a name."""
    return await service.get_user(username)


@router.delete("/api/users/{username}", responses=problems(404))
async def delete_user(username: Username) -> Removed:
    """Free a name and remove its profile."""
    return await service.delete_user(username)


@router.get("/api/profiles/{user_id}", responses=problems(404))
async def get_profile(user_id: UUID) -> models.UserProfile:
    """Read a profile and its version."""
    return await service.get_profile(user_id)


@router.put("/api/profiles/{user_id}", responses=problems(404, 409))
async def update_profile(user_id: UUID, query: Annotated[ProfileUpdate, Query()]) -> models.UserProfile:
    """Change a profile if it is still at the expected version."""
    return await service.update_profile(user_id, query)
