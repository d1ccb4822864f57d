"""The tables of the tracker: users, runs and what leads to them, events, notifications; the plugins add theirs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid1

from cassandra.util import datetime_from_uuid1
from coodie.fields import ClusteringKey, Indexed, PrimaryKey, TimeUUID
from coodie.usertype import UserType
from pydantic import Field

from ..db.dates import Day
from ..db.documents import Document, Model, UtcTime
from .plugins import PLUGINS


class User(Document):
    """Somebody whom runs are assigned to."""

    id: Annotated[UUID, PrimaryKey()]
    name: str
    email: str

    class Settings:
        name = "argus_users"


class Package(UserType):
    """One package that a run tests, a user-defined type: written and read back as a whole."""

    name: str
    version: str
    date: Day | None = None

    class Settings:
        __type_name__ = "argus_package"


class TestRun(Document):
    """One run, in the partition of its test, newest first. Its status is only ever written by transactions."""

    test_name: Annotated[str, PrimaryKey()]
    started_at: Annotated[UtcTime, ClusteringKey(order="DESC", clustering_key_index=0)]
    id: Annotated[UUID, ClusteringKey(clustering_key_index=1)]
    status: Annotated[str, Indexed()]
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
    """A release that has runs; an index finds the runs of a release, but lists no releases."""

    name: Annotated[str, PrimaryKey()]

    class Settings:
        name = "argus_releases"


class Timed:
    """A row whose timeuuid says when it was made."""

    @property
    def at(self) -> datetime:
        """The time in its id."""
        return datetime_from_uuid1(self.id)


class Event(Timed, Document):
    """Something that happened in a run; a run's events of one severity share a partition, newest first."""

    run_id: Annotated[UUID, PrimaryKey(partition_key_index=0)]
    severity: Annotated[str, PrimaryKey(partition_key_index=1)]
    id: Annotated[UUID, TimeUUID(), ClusteringKey(order="DESC")] = Field(default_factory=uuid1)
    message: str
    node: str | None = None

    class Settings:
        name = "argus_events"


class Notification(Timed, Document):
    """What somebody has to know; `source` is the run that it is about."""

    receiver: Annotated[UUID, PrimaryKey()]
    id: Annotated[UUID, TimeUUID(), ClusteringKey(order="DESC")] = Field(default_factory=uuid1)
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
