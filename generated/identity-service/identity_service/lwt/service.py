"""Registering and removing heroes, and editing their profiles: the database decides every race."""

from uuid import UUID, uuid4

from ..db.paging import Page
from ..db.times import now
from ..db.tokens import after_token
from ..errors import Conflict, NotFound
from .models import UserProfile, UserRegistration
from .schemas import ProfileUpdate, Registered, Removed, UserCreate, UserList


def create_user(data: UserCreate, user_id: UUID | None = None) -> Registered:
    """Claim a name, with a profile at version 1; Conflict with the holder's registration when it is taken.

    The profile is written before the name and deleted after it, so a name has its profile at any moment, whatever ends
    in between. A profile without the name stays out of sight: get_profile() asks who holds it.
    """
    user = UserRegistration(**data.model_dump(), registered_at=now(), user_id=user_id or uuid4())
    profile = UserProfile(user_id=user.user_id, username=user.username, updated_at=user.registered_at)
    # Later changes of this row are transactions too, and plain writes must not be mixed with them.
    profile.insert()
    result = user.insert()
    if not result.applied:
        holder = UserRegistration.model_validate(result.existing)
        if holder.user_id != user.user_id:  # two seeds give the same name the same id
            profile.delete(if_exists=True)
        raise Conflict({"error": "username_taken", "existing": holder.model_dump(mode="json")})
    return Registered(applied=True, username=user.username, user_id=user.user_id)


def list_users(query: UserList) -> Page[UserRegistration]:
    """Return a part of the registry in the order of its names' tokens, the only order that partitions have."""
    found = UserRegistration.find().limit(query.limit + 1)
    if query.dimension is not None:
        found = found.filter(dimension=query.dimension)
    if query.cursor is not None:
        found = found.filter(username__token__gt=after_token(query.cursor))
    return Page.cut(found.all(), query.limit, lambda user: user.username)


def get_user(username: str) -> UserRegistration:
    """Return who holds a name; NotFound when nobody does."""
    user = UserRegistration.find_one(username=username)
    if user is None:
        raise NotFound({"error": "user_not_found"})
    return user


def delete_user(username: str) -> Removed:
    """Free a name and remove its profile; NotFound when nobody holds it, or its holder has changed meanwhile."""
    user = get_user(username)
    # IF EXISTS would take the name from whoever has registered it since it was read.
    result = user.delete(if_conditions={"user_id": user.user_id})
    if not result.applied:
        raise NotFound({"error": "user_not_found"})
    UserProfile.find(user_id=user.user_id).if_exists().delete()
    return Removed(applied=True)


def get_profile(user_id: UUID) -> UserProfile:
    """Return a profile; NotFound when there is none, or its hero doesn't hold the name."""
    profile = UserProfile.find_one(user_id=user_id)
    if profile is None or not _is_holder(profile):
        raise NotFound({"error": "profile_not_found"})
    return profile


def update_profile(user_id: UUID, data: ProfileUpdate) -> UserProfile:
    """Change a profile that is still at the version expected; Conflict with the current one, NotFound without any."""
    profile = get_profile(user_id)
    version_read = profile.version
    changes = data.model_dump(include={"bio", "status"}, exclude_none=True)
    result = profile.update(
        if_conditions={"version": data.expected_version},
        version=data.expected_version + 1,
        updated_at=now(),
        **changes,
    )
    if not result.applied:
        # In memory, coodie has changed `profile` all the same.
        current = get_profile(user_id)
        raise Conflict({"error": "version_conflict", "existing": current.model_dump(mode="json")})
    # Every change raises the version, so what was read at the expected one is what this change was made to. An earlier
    # one lacks a change that was applied between the reading and this.
    return profile if version_read == data.expected_version else get_profile(user_id)


def _is_holder(profile: UserProfile) -> bool:
    user = UserRegistration.find_one(username=profile.username)
    return user is not None and user.user_id == profile.user_id
