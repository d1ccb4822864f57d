"""Runs of any kind: what they execute, and from which branch."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from coodie.fields import PrimaryKey
from pydantic import Field

from ...db.documents import Document
from ...web.schemas import Text
from .base import Plugin, PluginDetails, in_words


class GenericDetails(PluginDetails):
    """What is executed."""

    command: Annotated[str, Text(500)] | None = Field(None, title="Command")
    branch: Annotated[str, Text(120)] | None = Field(None, title="Branch")

    def panel(self, ran: timedelta | None) -> dict[str, str]:
        return {
            "Command": self.command or "not given",
            "Branch": self.branch or "not given",
            "Took": "not ended" if ran is None else in_words(ran),
        }


class GenericRun(Document):
    """The details of a generic run."""

    run_id: Annotated[UUID, PrimaryKey()]
    command: str | None
    branch: str | None

    class Settings:
        name = "argus_generic_runs"


class Generic(Plugin):
    """The plugin of a run that names none."""

    name = "generic"
    Details = GenericDetails
    Row = GenericRun
