"""What the JSON API and the forms of the memory vault take and return."""

from typing import Annotated

from pydantic import Field

from ..web.names import Name
from ..web.queries import ListQuery, Query
from ..web.schemas import Schema, Text
from .models import DEFAULT_TTL, Session

Token = Annotated[str, Name(64)]
Ttl = Annotated[int, Field(ge=1, le=86_400)]


class SessionCreate(Query):
    """A memory to steal: it fades after `ttl` seconds. Without a token, one is made."""

    token: Token | None = None
    memory: Annotated[str, Text(500)]
    ttl: Ttl = DEFAULT_TTL
    dimension: Annotated[str, Text(60)] = "Dimension-4"


class SessionKey(Schema):
    """Which memory a form is about."""

    token: Token


class SessionList(ListQuery):
    """A part of the vault; `cursor` is the token of the last memory seen."""

    cursor: Token | None = None


class SessionOut(Session):
    """A memory, and how many seconds it has left."""

    remaining_ttl: int
