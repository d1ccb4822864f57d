"""The tables of the tracker: users, runs and what leads to them, events, notifications; each plugin adds its own."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID, uuid1

from cassandra.util import datetime_from_uuid1
from coodie.fields import ClusteringKey, Indexed, PrimaryKey, TimeUUID
from coodie.usertype import UserType
from pydantic import Field, WithJsonSchema

from ..db.dates import Day
from ..db.documents import Document, Model
from ..db.times import UtcTime
from .plugins import PLUGINS

Status = Literal["created", "running", "passed", "failed", "aborted"]
STATUSES: tuple[Status, ...] = get_args(Status)
StatusText = Annotated[str, WithJsonSchema({"type": "string", "enum": list(STATUSES)})]
"""A status in a document: coodie maps no literal types."""


class User(Document):
    """Somebody whom runs are assigned to."""

    id: Annotated[UUID, PrimaryKey()]
    name: str
    email: str

    class Settings:
        name = "argus_users"


class Package(UserType):
    """A package that a run tests, a user-defined type: written and read back as a whole."""

    name: str
    version: str
    date: Day | None = None

    class Settings:
        __type_name__ = "argus_package"


class TestRun(Document):
    """A run, in the partition of its test, newest first. Only transactions write its status."""

    test_name: Annotated[str, PrimaryKey()]
    started_at: Annotated[UtcTime, ClusteringKey(order="DESC", clustering_key_index=0)]
    id: Annotated[UUID, ClusteringKey(clustering_key_index=1)]
    status: Annotated[StatusText, Indexed()]
    release: Annotated[str, Indexed()]
    assignee: Annotated[UUID | None, Indexed()] = None
    packages: list[Package] = Field(default_factory=list)
    config: dict[str, str] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    plugin: str
    ended_at: UtcTime | None = None

    class Settings:
        name = "argus_runs"


class RunKey(Document):
    """Where a run is: its id leads to the rest of its key."""

    id: Annotated[UUID, PrimaryKey()]
    test_name: str
    started_at: UtcTime

    class Settings:
        name = "argus_run_keys"


class Release(Document):
    """A release that has runs; an index finds the runs of a release, but cannot list the releases."""

    name: Annotated[str, PrimaryKey()]

    class Settings:
        name = "argus_releases"


class Timed(Document):
    """A row whose timeuuid says when it was made."""

    id: Annotated[UUID, TimeUUID(), ClusteringKey(order="DESC")] = Field(default_factory=uuid1)

    class Settings:
        __abstract__ = True

    @property
    def at(self) -> datetime:
        """The time in the id."""
        time: datetime = datetime_from_uuid1(self.id)
        return time


class Event(Timed):
    """Something that happened in a run; a run's events of one severity share a partition, newest first."""

    run_id: Annotated[UUID, PrimaryKey(partition_key_index=0)]
    severity: Annotated[str, PrimaryKey(partition_key_index=1)]
    message: str
    node: str | None = None

    class Settings:
        name = "argus_events"


class Notification(Timed):
    """A message to a user; `source` is the run that it is about."""

    receiver: Annotated[UUID, PrimaryKey()]
    title: str
    source: UUID
    read: bool = False

    class Settings:
        name = "argus_notifications"


MODELS: list[Model] = [
    User,
    TestRun,
    RunKey,
    Release,
    Event,
    Notification,
    *(plugin.Row for plugin in PLUGINS.values()),
]
