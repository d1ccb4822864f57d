"""The tables of the identity registry; every write to them is a lightweight transaction."""

from typing import Annotated
from uuid import UUID

from coodie.fields import Indexed, PrimaryKey

from ..db.documents import Document, Model
from ..db.times import UtcTime


class UserRegistration(Document):
    """Who holds a name. The name is the partition key, so IF NOT EXISTS makes it unique."""

    username: Annotated[str, PrimaryKey()]
    email: Annotated[str, Indexed()]
    display_name: str
    dimension: Annotated[str, Indexed()]
    registered_at: UtcTime
    user_id: UUID

    class Settings:
        name = "user_registrations"


class UserProfile(Document):
    """What a hero says about themselves. IF version = n applies a change only if it was made from version n."""

    user_id: Annotated[UUID, PrimaryKey()]
    username: str
    bio: str = ""
    status: str = "active"
    version: int = 1
    updated_at: UtcTime

    class Settings:
        name = "user_profiles"


MODELS: list[Model] = [UserRegistration, UserProfile]
