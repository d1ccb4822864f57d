"""What the JSON API and the forms of the tracker accept and return; users and lists of runs are documents."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, get_args
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    RootModel,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from ..db.times import UtcTime
from ..web.dates import IsoDate
from ..web.emails import Email
from ..web.lists import CommaSeparated
from ..web.mappings import DistinctNames, at_most
from ..web.queries import ListQuery
from ..web.schemas import Schema, Text
from .models import Package, Status
from .plugins import PLUGINS

Severity = Literal["critical", "error", "warning", "normal", "debug"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


def _is_timeuuid(value: UUID) -> UUID:
    if value.version != 1:
        raise ValueError("write a UUID of version 1, which holds a time")
    return value


def _is_plugin(name: str) -> str:
    if name not in PLUGINS:
        raise ValueError(f"name one of {', '.join(PLUGINS)}")
    return name


TestName = Annotated[str, Text(120)]
ReleaseName = Annotated[str, Text(60)]
Tags = Annotated[list[Annotated[str, Text(60)]], Field(max_length=20)]
# Not every framework describes the keys of an object in its OpenAPI document, so none of them does.
Option = Annotated[str, Text(100), WithJsonSchema({"type": "string"})]
Config = Annotated[dict[Option, Annotated[str, Text(500)]], Field(max_length=50), DistinctNames, at_most(50)]
TimeId = Annotated[UUID, AfterValidator(_is_timeuuid)]
PluginName = Annotated[str, AfterValidator(_is_plugin), WithJsonSchema({"type": "string", "enum": list(PLUGINS)})]


class PersonCreate(Schema):
    """Somebody who looks after runs."""

    name: Annotated[str, Text(100)]
    email: Email


class PersonList(ListQuery):
    """A part of the users; `cursor` is the id of the last one seen."""

    cursor: UUID | None = None


class PackageCreate(Schema):
    """A package that a run tests, its version, and the day when that was built."""

    name: Annotated[str, Text(120)]
    version: Annotated[str, Text(60)]
    date: IsoDate | None = None


class RunFields(Schema):
    """What a run tests, and for which release."""

    test_name: TestName
    release: ReleaseName
    tags: Tags = Field(default_factory=list)
    plugin: PluginName = "generic"


class RunForm(RunFields):
    """The page's form for a run, without its plugin's fields."""

    assignee: UUID | None = None
    tags: Annotated[Tags, CommaSeparated] = Field(default_factory=list)


class RunData(RunFields):
    """A run with its packages, its configuration, and `details`: the fields that its plugin adds."""

    packages: Annotated[list[PackageCreate], Field(max_length=50)] = Field(default_factory=list)
    config: Config = Field(default_factory=dict)
    details: dict[str, Any] = Field(default_factory=dict, validate_default=True)

    @field_validator("details")
    @classmethod
    def _as_its_plugin_says(cls, details: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        plugin = PLUGINS.get(info.data.get("plugin", ""))
        return details if plugin is None else plugin.Details.model_validate(details).model_dump()


class RunCreate(RunData):
    """A run to start, and who looks after it."""

    assignee: UUID | None = None


class RunList(ListQuery):
    """A part of the runs of one test, of one release or of one user; `cursor` is the id of the last run seen."""

    test_name: TestName | None = None
    release: ReleaseName | None = None
    assignee: UUID | None = None
    status: Status | None = None
    cursor: UUID | None = None

    @model_validator(mode="after")
    def _asks_for_one(self) -> Self:
        if [self.test_name, self.release, self.assignee].count(None) != 2:
            raise ValueError("give a test_name, a release or an assignee, and only one of them")
        return self


class RunMove(Schema):
    """The status that a run is to move to."""

    status: Status


class RunDetail(Schema):
    """A run with its plugin's fields; `ended_at` is set once it has passed, failed or been aborted."""

    id: UUID
    test_name: str
    release: str
    status: Status
    assignee: UUID | None
    started_at: UtcTime
    ended_at: UtcTime | None
    tags: list[str]
    plugin: str
    packages: list[Package]
    config: dict[str, str]
    details: dict[str, Any]


class EventCreate(Schema):
    """Something that happened in a run, and on which of its nodes, if known."""

    severity: Severity
    message: Annotated[str, Text(2_000)]
    node: Annotated[str, Text(120)] | None = None


class RunLine(RunData):
    """A run from the seed or from a feed, and what became of it; `hours` is how long it took, if it has ended."""

    assignee: PersonCreate | None = None
    started_at: Annotated[UtcTime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]
    status: Status = "created"
    hours: Annotated[float, Field(ge=0, le=720)] = 0
    events: Annotated[list[EventCreate], Field(max_length=5_000)] = Field(default_factory=list)


class EventBatch(RootModel[Annotated[list[EventCreate], Field(min_length=1, max_length=5_000, fail_fast=True)]]):
    """Events in the order in which they happened."""


class Ingested(Schema):
    """How many events were stored."""

    ingested: int


class EventList(ListQuery):
    """A part of a run's events, all or those of one severity; `cursor` is the id of the last one seen."""

    severity: Severity | None = None
    cursor: TimeId | None = None


class EventOut(Schema):
    """Something that happened in a run."""

    id: UUID
    severity: Severity
    at: UtcTime
    message: str
    node: str | None


class NotificationList(ListQuery):
    """A part of a user's notifications; `cursor` is the id of the last one seen."""

    cursor: TimeId | None = None


class NotificationOut(Schema):
    """A message to a user; `source` is the run that it is about."""

    id: UUID
    at: UtcTime
    title: str
    source: UUID
    read: bool


class Statements(Schema):
    """How many prepared statements the answering process keeps."""

    cached: int


class FormChoice(Schema):
    """The plugin whose form a page shows, and the user whose notifications."""

    plugin: PluginName = "generic"
    viewer: UUID | None = None


class TrackerQuery(FormChoice):
    """What the release page shows: a release's runs, all or those with one status."""

    release: ReleaseName | None = None
    status: Status | None = None
    cursor: UUID | None = None


class RunPage(Schema):
    """The run that a page is about, and the user whose notifications it counts."""

    run: UUID
    viewer: UUID | None = None


class RunQuery(RunPage):
    """What a run's page shows: its events, all or those of one severity."""

    severity: Severity | None = None
    cursor: TimeId | None = None


class MoveForm(RunPage, RunMove):
    """The button that moves a run."""


class EventForm(RunPage, EventCreate):
    """The form for an event."""


class ReadForm(Schema):
    """The button that marks a notification as read, and the release whose page it is on."""

    viewer: UUID
    notification: TimeId
    release: ReleaseName | None = None
