"""What the tracker's pages show: a release with its runs, one run with its events, and a user's notifications."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from coodie.sync import execute_raw

from ..db.both import both
from ..db.paging import Page
from . import people, service
from .models import STATUSES, Release, Status, TestRun, User
from .plugins import PLUGINS
from .runs import BEFORE
from .schemas import (
    SEVERITIES,
    EventList,
    EventOut,
    NotificationList,
    NotificationOut,
    PersonList,
    RunDetail,
    RunList,
    RunPage,
    RunQuery,
    Severity,
    TrackerQuery,
)

CHOICES = 100
"""How many releases and users the pages offer."""
LISTED = 15
"""How many runs, or events, a page lists at once."""
BELL = 100
"""How many of the newest notifications are searched for unread ones."""
COUNTED_RUNS = 1_000
"""At most how many runs of a release are counted."""
COUNTED_EVENTS = 500
"""At most how many events of each severity are counted."""

# All partitions of a run at once; PER PARTITION LIMIT keeps a noisy one from being read as a whole.
COUNT_EVENTS = (
    f"SELECT severity FROM argus_events WHERE run_id = ? AND severity IN ({', '.join('?' for _ in SEVERITIES)}) "
    f"PER PARTITION LIMIT {COUNTED_EVENTS}"
)
COUNT_RUNS = f"SELECT test_name, status FROM argus_runs WHERE release = ? LIMIT {COUNTED_RUNS}"


@dataclass(frozen=True)
class Viewer:
    """The user whose notifications a page shows, and the users on offer."""

    user: User | None
    users: list[User]
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
        """Return a user's name, or the id of a user who is not on offer."""
        names = {user.id: user.name for user in self.users}
        return "nobody" if user_id is None else names.get(user_id, str(user_id))


@dataclass(frozen=True)
class Board:
    """What the release page shows; it counts at most `counted` runs of the release."""

    shown: TrackerQuery
    releases: list[str]
    counts: Mapping[str, Counter[Status]]
    runs: Page[TestRun]
    viewer: Viewer
    plugins: list[str]
    fields: dict[str, dict[str, Any]]
    """The fields of the chosen plugin, each as JSON Schema describes it."""
    counted: int = COUNTED_RUNS

    @property
    def totals(self) -> dict[Status, int]:
        """How many of the release's runs are in each status."""
        return {status: sum(of_test[status] for of_test in self.counts.values()) for status in STATUSES}


@dataclass(frozen=True)
class RunView:
    """What a run's page shows; the panel is its plugin's, and it counts at most `counted` events of each severity."""

    shown: RunQuery
    run: RunDetail
    panel: dict[str, str]
    moves: list[Status]
    counts: dict[Severity, int]
    events: Page[EventOut]
    viewer: Viewer
    counted: int = COUNTED_EVENTS

    @property
    def key(self) -> RunPage:
        """What leads back to the page."""
        return RunPage(run=self.shown.run, viewer=self.shown.viewer)


def read_board(query: TrackerQuery) -> Board:
    """Return what the release page shows; if the query names no release, the first one there is."""
    releases, viewer = both(_list_releases, lambda: _read_viewer(query.viewer))
    release = query.release or next(iter(releases), None)
    counts: Mapping[str, Counter[Status]] = {}
    listed = Page[TestRun](items=[])
    if release is not None:
        part = RunList(release=release, status=query.status, cursor=query.cursor, limit=LISTED)
        counts, listed = both(lambda: _count_runs(part), lambda: service.list_runs(part))
    return Board(
        shown=query.model_copy(update={"release": release, "viewer": viewer.user and viewer.user.id}),
        releases=sorted({*releases, *([release] if release else [])}, reverse=True),
        counts=counts,
        runs=listed,
        viewer=viewer,
        plugins=list(PLUGINS),
        fields=PLUGINS[query.plugin].Details.model_json_schema()["properties"],
    )


def read_run(query: RunQuery) -> RunView:
    """Return what a run's page shows; NotFound without such a run."""
    run, viewer = both(lambda: service.get_run(query.run), lambda: _read_viewer(query.viewer))
    plugin = PLUGINS.get(run.plugin)
    panel: dict[str, str] = {}
    if plugin is not None:
        ran = run.ended_at - run.started_at if run.ended_at else None
        panel = plugin.Details.model_validate(run.details).panel(ran)
    part = EventList(severity=query.severity, cursor=query.cursor, limit=LISTED)
    counts, events = both(lambda: _count_events(run.id), lambda: service.list_events(run.id, part))
    return RunView(
        shown=query.model_copy(update={"viewer": viewer.user and viewer.user.id}),
        run=run,
        panel=panel,
        moves=[status for status, before in BEFORE.items() if before == run.status],
        counts=counts,
        events=events,
        viewer=viewer,
    )


def _read_viewer(user_id: UUID | None) -> Viewer:
    """Return what a page shows of a user; without an id, of the first one by name. NotFound without such a user."""
    users = sorted(service.list_users(PersonList(limit=CHOICES)).items, key=lambda user: (user.name, user.id))
    user = next(iter(users), None) if user_id is None else people.get_user(user_id)
    if user is None:
        return Viewer(user=None, users=[], notifications=[])
    newest = service.list_notifications(user.id, NotificationList(limit=BELL))
    return Viewer(user, users if user in users else [user, *users], newest.items)


def _list_releases() -> list[str]:
    """Return the names of releases that have runs, in reverse order."""
    return sorted((release.name for release in Release.find().limit(CHOICES).all()), reverse=True)


def _count_runs(part: RunList) -> Mapping[str, Counter[Status]]:
    """Return how many runs each test of a list's release has in each status."""
    counts: dict[str, Counter[Status]] = defaultdict(Counter)
    for row in execute_raw(COUNT_RUNS, [part.release]):
        counts[row["test_name"]][row["status"]] += 1
    return counts


def _count_events(run_id: UUID) -> dict[Severity, int]:
    """Return how many events of each severity a run has."""
    counted = Counter(row["severity"] for row in execute_raw(COUNT_EVENTS, [run_id, *SEVERITIES]))
    return {severity: counted[severity] for severity in SEVERITIES}
