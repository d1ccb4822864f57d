"""The table of stolen memories; a row lives as long as the TTL that it was written with."""

from typing import Annotated

from coodie.fields import PrimaryKey

from ..db.documents import Document, Model
from ..db.times import UtcTime

DEFAULT_TTL = 30


class Session(Document):
    """One stolen memory."""

    token: Annotated[str, PrimaryKey()]
    memory: str
    dimension: str = "Dimension-4"
    stolen_at: UtcTime
    ttl_seconds: int

    class Settings:
        name = "sessions"
        __default_ttl__ = DEFAULT_TTL


MODELS: list[Model] = [Session]
