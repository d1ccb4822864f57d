"""Longevity runs: a cluster under load for hours or days, while something keeps breaking parts of it."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from coodie.fields import PrimaryKey
from pydantic import Field

from ...db.documents import Document
from ...web.schemas import Text
from .base import Plugin, PluginDetails, in_words


class LongevityDetails(PluginDetails):
    """How long the load lasts, on how much data, and what disturbs it."""

    hours: int = Field(ge=1, le=720, title="Planned hours")
    dataset_gb: int = Field(ge=1, le=1_000_000, title="Dataset in GB")
    nemesis: Annotated[str, Text(120)] | None = Field(None, title="Nemesis")

    def panel(self, ran: timedelta | None) -> dict[str, str]:
        planned = timedelta(hours=self.hours)
        return {
            "Planned": in_words(planned),
            "Lasted": "not ended" if ran is None else f"{in_words(ran)}, {ran / planned:.0%} of it",
            "Dataset": f"{self.dataset_gb:,} GB",
            "Nemesis": self.nemesis or "none",
        }


class LongevityRun(Document):
    """The details of a longevity run."""

    run_id: Annotated[UUID, PrimaryKey()]
    hours: int
    dataset_gb: int
    nemesis: str | None

    class Settings:
        name = "argus_longevity_runs"


class Longevity(Plugin):
    """Shows how much of its planned time a run lasted."""

    name = "longevity"
    Details = LongevityDetails
    Row = LongevityRun
