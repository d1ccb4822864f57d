"""What the tracker does for its API, pages and seed; runs, events and people each have a module of their own."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from cassandra.util import uuid_from_time

from .. import database
from ..schemas import Page
from . import events, people, runs
from .events import add_events, list_events
from .models import TestRun
from .people import create_user, list_notifications, list_users, mark_read
from .plugins import PLUGINS
from .runs import create_run, get_run, list_runs, move_run
from .schemas import (
    STATUSES,
    EventList,
    EventOut,
    NotificationList,
    NotificationOut,
    PersonList,
    PersonOut,
    ReleaseName,
    RunDetail,
    RunLine,
    RunList,
    RunOut,
    RunPage,
    RunQuery,
    Severity,
    Statements,
    Status,
    TestName,
    TrackerQuery,
)

__all__ = [
    "add_events",
    "create_run",
    "create_user",
    "get_run",
    "list_events",
    "list_notifications",
    "list_runs",
    "list_users",
    "mark_read",
    "move_run",
]

CHOICES = 100
"""How many releases and users the pages offer."""
LISTED = 15
"""How many runs, or events, a page lists at once."""
BELL = 100
"""Among how many of the newest notifications those unread are counted."""


@dataclass(frozen=True)
class Viewer:
    """Whose notifications a page shows, and who else there is."""

    user: PersonOut | None
    users: list[PersonOut]
    notifications: list[NotificationOut]

    @property
    def unread(self) -> list[NotificationOut]:
        """The notifications that the bell rings for, newest first."""
        return [notification for notification in self.notifications if not notification.read]

    @property
    def choices(self) -> list[tuple[UUID, str]]:
        """The users on offer, by id."""
        return [(user.id, user.name) for user in self.users]

    def name(self, user_id: UUID | None) -> str:
        """Return a user's name; their id where the user is none of those on offer."""
        names = {user.id: user.name for user in self.users}
        return "nobody" if user_id is None else names.get(user_id, str(user_id))


@dataclass(frozen=True)
class Board:
    """What the release page shows; it counts the first `counted` runs of the release."""

    shown: TrackerQuery
    releases: list[ReleaseName]
    counts: Mapping[TestName, Counter[Status]]
    runs: Page[RunOut]
    viewer: Viewer
    plugins: list[str]
    fields: dict[str, dict[str, Any]]
    """The fields of the chosen plugin, each as JSON Schema describes it."""
    counted: int = runs.COUNTED

    @property
    def totals(self) -> dict[Status, int]:
        """How many of the release's runs are in each status."""
        return {status: sum(of_test[status] for of_test in self.counts.values()) for status in STATUSES}


@dataclass(frozen=True)
class RunView:
    """What a run's page shows; the panel is its plugin's, and the counts of its events stop at `counted`."""

    shown: RunQuery
    run: RunDetail
    panel: dict[str, str]
    moves: list[Status]
    counts: dict[Severity, int]
    events: Page[EventOut]
    viewer: Viewer
    counted: int = events.COUNTED

    @property
    def key(self) -> RunPage:
        """What leads back to the page."""
        return RunPage(run=self.shown.run, viewer=self.shown.viewer)


def look_at_release(query: TrackerQuery) -> Board:
    """Return what the release page shows; without a release in the query, the first one there is."""
    releases = runs.list_releases(CHOICES)
    release = query.release or next(iter(releases), None)
    viewer = look_as(query.viewer)
    counts: Mapping[TestName, Counter[Status]] = {}
    listed = Page[RunOut](items=[])
    if release is not None:
        counts = runs.count_runs(release)
        part = RunList(release=release, status=query.status, cursor=query.cursor, limit=LISTED)
        listed = list_runs(part)
    return Board(
        shown=query.model_copy(update={"release": release, "viewer": viewer.user and viewer.user.id}),
        releases=sorted({*releases, *([release] if release else [])}, reverse=True),
        counts=counts,
        runs=listed,
        viewer=viewer,
        plugins=list(PLUGINS),
        fields=PLUGINS[query.plugin].Details.model_json_schema()["properties"],
    )


def look_at_run(query: RunQuery) -> RunView:
    """Return what a run's page shows; NotFound without such a run."""
    run = get_run(query.run)
    viewer = look_as(query.viewer)
    plugin = PLUGINS.get(run.plugin)
    panel: dict[str, str] = {}
    if plugin is not None:
        ran = run.ended_at - run.started_at if run.ended_at else None
        panel = plugin.panel(plugin.Details.model_validate(run.details), ran)
    return RunView(
        shown=query.model_copy(update={"viewer": viewer.user and viewer.user.id}),
        run=run,
        panel=panel,
        moves=[status for status, before in runs.BEFORE.items() if before == run.status],
        counts=events.count_events(run.id),
        events=list_events(run.id, EventList(severity=query.severity, cursor=query.cursor, limit=LISTED)),
        viewer=viewer,
    )


def look_as(user_id: UUID | None) -> Viewer:
    """Return what a page shows of a user; without an id, of the first one by name. NotFound without such a user."""
    users = sorted((list_users(PersonList(limit=CHOICES))).items, key=lambda user: (user.name, user.id))
    user = next(iter(users), None) if user_id is None else people.get_user(user_id)
    if user is None:
        return Viewer(user=None, users=[], notifications=[])
    newest = list_notifications(user.id, NotificationList(limit=BELL))
    return Viewer(user, users if user in users else [user, *users], newest.items)


def import_run(line: RunLine) -> bool:
    """Write a run that is under way elsewhere, its assignee and its events; False where the run is there already.

    All ids follow from the line, so the same line again writes the same rows.
    """
    assignee = None
    if line.assignee is not None:
        assignee = people.write_user(uuid5(NAMESPACE_URL, f"user:{line.assignee.email}"), line.assignee)
    ended_at = line.started_at + timedelta(hours=line.hours)
    run = TestRun(
        **line.model_dump(exclude={"assignee", "hours", "details", "events"}),
        id=uuid5(NAMESPACE_URL, f"run:{line.started_at.isoformat()}:{line.test_name}"),
        assignee=assignee and assignee.id,
        ended_at=ended_at if line.status in {"passed", "failed", "aborted"} else None,
    )
    written = runs.write_run(run, line.details)
    if written:
        timeuuid = partial(uuid_from_time, node=run.id.int % 2**48, clock_seq=0)
        ids = [timeuuid(line.started_at + timedelta(seconds=number)) for number in range(len(line.events))]
        events.store_events(run.id, line.events, ids)
        if line.status == "failed":
            people.notify_of_failure(run, timeuuid(ended_at))
    return written


def get_statements() -> Statements:
    """Return how many statements this process has prepared; the same work twice prepares none twice."""
    return Statements(cached=database.get_driver().statement_count)


def headline() -> str:
    """Return the one figure that the dashboard shows."""
    tracked = database.count_up_to(TestRun, 1000)
    if tracked == 1000:
        return "1,000 runs tracked and more"
    return f"{tracked} run{'' if tracked == 1 else 's'} tracked"
