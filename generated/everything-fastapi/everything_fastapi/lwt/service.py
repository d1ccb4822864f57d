"""Registering and removing heroes, and editing their profiles: every race is decided by the database, none here."""

from uuid import UUID, uuid4

from cassandra.metadata import Murmur3Token

from .. import database
from ..coodie_fixes import now
from ..errors import Conflict, NotFound
from ..schemas import Page
from .models import UserProfile, UserRegistration
from .schemas import ProfileOut, ProfileUpdate, Registered, Removed, UserCreate, UserList, UserOut


async def create_user(data: UserCreate, user_id: UUID | None = None) -> Registered:
    """Claim a name and start its profile at version 1; Conflict with the holder's registration when it is taken."""
    user = UserRegistration(**data.model_dump(), registered_at=now(), user_id=user_id or uuid4())
    result = await user.insert()
    if not result.applied:
        holder = UserOut.model_validate(result.existing)
        raise Conflict({"error": "username_taken", "existing": holder.model_dump(mode="json")})
    # Later changes of this row are transactions too, and plain writes must not be mixed with them.
    await UserProfile(user_id=user.user_id, username=user.username, updated_at=user.registered_at).insert()
    return Registered(applied=True, username=user.username, user_id=user.user_id)


async def list_users(query: UserList) -> Page[UserOut]:
    """Return a part of the registry in the order of its names' tokens, the only order that partitions have."""
    found = UserRegistration.find().limit(query.limit + 1)
    if query.dimension is not None:
        found = found.filter(dimension=query.dimension)
    if query.cursor is not None:
        found = found.filter(username__token__gt=Murmur3Token.from_key(query.cursor.encode()).value)
    users = await found.all()
    shown = users[: query.limit]
    cursor = shown[-1].username if len(users) > query.limit else None
    return Page(items=[UserOut.model_validate(user) for user in shown], cursor=cursor)


async def get_user(username: str) -> UserOut:
    """Return who holds a name; NotFound when nobody does."""
    return UserOut.model_validate(await _find_user(username))


async def delete_user(username: str) -> Removed:
    """Free a name and remove its profile; NotFound when nobody holds it, or somebody else freed it first."""
    user = await _find_user(username)
    result = await user.delete(if_exists=True)
    if not result.applied:
        raise NotFound({"error": "user_not_found"})
    await UserProfile.find(user_id=user.user_id).if_exists().delete()
    return Removed(applied=True)


async def get_profile(user_id: UUID) -> ProfileOut:
    """Return a profile; NotFound when there is none."""
    return ProfileOut.model_validate(await _find_profile(user_id))


async def update_profile(user_id: UUID, data: ProfileUpdate) -> ProfileOut:
    """Change a profile that is still at the version expected; Conflict with the current one, NotFound without any."""
    profile = await _find_profile(user_id)
    changes = data.model_dump(include={"bio", "status"}, exclude_none=True)
    result = await profile.update(
        if_conditions={"version": data.expected_version},
        version=data.expected_version + 1,
        updated_at=now(),
        **changes,
    )
    if not result.applied:
        # In memory, coodie has changed `profile` all the same.
        current = await get_profile(user_id)
        raise Conflict({"error": "version_conflict", "existing": current.model_dump(mode="json")})
    return ProfileOut.model_validate(profile)


async def headline() -> str:
    """Return the one figure that the dashboard shows."""
    heroes = await database.count_up_to(UserRegistration, 1000)
    return f"{heroes} heroes registered" if heroes < 1000 else "1,000 heroes registered and more"


async def _find_user(username: str) -> UserRegistration:
    user = await UserRegistration.find_one(username=username)
    if user is None:
        raise NotFound({"error": "user_not_found"})
    return user


async def _find_profile(user_id: UUID) -> UserProfile:
    profile = await UserProfile.find_one(user_id=user_id)
    if profile is None:
        raise NotFound({"error": "profile_not_found"})
    return profile
