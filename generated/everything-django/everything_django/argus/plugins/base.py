"""What a plugin is: one class in one module of this package."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from ...db.documents import Document
from ...web.schemas import Schema


class PluginDetails(Schema):
    """The fields that a plugin adds to its runs: single values, under names that no field of a run has.

    They become inputs of the page's form.
    """

    def panel(self, ran: timedelta | None) -> dict[str, str]:
        """Return what the run's page shows, as text by label; `ran` is how long the run took, once it has ended."""
        raise NotImplementedError


class Plugin:
    """A kind of run: the fields that it adds to every run, and the table that keeps them."""

    name: ClassVar[str]
    """What runs call it."""
    Details: ClassVar[type[PluginDetails]]
    """The fields."""
    Row: ClassVar[type[Document]]
    """The table: partition key `run_id`, and a column for each field."""

    @classmethod
    def row(cls, run_id: UUID, details: dict[str, Any]) -> Document:
        """Return the details of a run as a row, not yet written."""
        return cls.Row(run_id=run_id, **details)


def in_words(duration: timedelta) -> str:
    """Return a duration as hours and minutes."""
    hours, seconds = divmod(int(duration.total_seconds()), 3600)
    return f"{hours} h {seconds // 60} min"
