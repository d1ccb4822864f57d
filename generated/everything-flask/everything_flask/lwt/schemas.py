"""What the JSON API and the forms of the identity registry take and return."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from ..web.emails import Email
from ..web.names import Name
from ..web.queries import ListQuery, Query
from ..web.schemas import Schema, Text

Username = Annotated[str, Name(64)]

Dimension = Annotated[str, Text(60)]
# The next version must still fit into a CQL int.
Version = Annotated[int, Field(ge=1, le=2_147_483_646)]


class UserCreate(Query):
    """A hero who claims a name."""

    username: Username
    email: Email
    display_name: Annotated[str, Text(100)]
    dimension: Dimension = "Dimension-6"


class UserKey(Schema):
    """Which hero a form is about."""

    username: Username


class UserList(ListQuery):
    """A part of the registry, of one dimension if given; `cursor` is the last name seen."""

    dimension: Dimension | None = None
    cursor: Username | None = None


class RegistryQuery(UserList):
    """What the page shows: a part of the registry, and the hero who has just registered."""

    registered: Username | None = None


class Registered(Schema):
    """This hero holds the name now."""

    applied: bool
    username: str
    user_id: UUID


class Removed(Schema):
    """The name is free again."""

    applied: bool


class ProfileUpdate(Query):
    """A change made from version `expected_version` of a profile; what is not given stays as it is."""

    bio: Annotated[str, Text(500)] | None = None
    status: Annotated[str, Text(40)] | None = None
    expected_version: Version

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.bio is None and self.status is None:
            raise ValueError("give a bio, a status, or both")
        return self


class ProfileKey(Schema):
    """Which profile a page is about."""

    user_id: UUID


class ProfileForm(ProfileUpdate):
    """A profile's form: the change, and whose profile it is."""

    user_id: UUID
