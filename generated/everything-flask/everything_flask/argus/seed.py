"""Sample runs for the tracker, with the people who look after them and what happened."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cassandra.util import uuid_from_time

from ..samples.locks import Lock
from ..samples.seeding import Seeding
from . import events, people, runs
from .models import Status, TestRun
from .schemas import EventCreate, PackageCreate, PersonCreate, RunLine, Severity

COUNT = 40

CAST = tuple(
    PersonCreate(name=name, email=email)
    for name, email in (
        ("Ada Sentinel", "ada@argus.example"),
        ("Björn Wächter", "bjorn@argus.example"),
        ("Chiyo Mimamori", "chiyo@argus.example"),
        ("Dolores Vigía", "dolores@argus.example"),
        ("Emeka Iris", "emeka@argus.example"),
    )
)
RELEASES = ("peacock-2.0", "peacock-2.1", "peacock-2.2")
LONG_TESTS = {"longevity-100gb-4h": (4, 100), "longevity-1tb-5d": (120, 1000), "longevity-lwt-3h": (3, 10)}
"""Each with its hours and the size of its dataset in GB."""
SHORT_TESTS = ("artifacts-arm", "repair-smoke", "rolling-upgrade", "backup-restore", "tablets-split")
NEMESES = ("Terminator", "DecommissionMonkey", "ClockSkew", "NetworkSloth", None)
WEIGHTS: dict[Status, int] = {"created": 1, "running": 2, "passed": 10, "failed": 3, "aborted": 1}
TROUBLE: tuple[tuple[Severity, str], ...] = (
    ("warning", "one of the hundred eyes blinked"),
    ("warning", "compaction is behind by 412 tables"),
    ("error", "node was asleep for 12 s and denies it"),
    ("error", "read timed out, the shepherd was playing the flute"),
    ("critical", "coredump: the cow is gone"),
)
ROUTINE: tuple[tuple[Severity, str], ...] = (
    ("debug", "counted the eyes: 100"),
    ("normal", "node joined the ring"),
    ("normal", "stress: 48,000 operations per second"),
    ("normal", "repair finished, nothing to mend"),
)
FIRST = datetime(2026, 1, 5, 6, tzinfo=UTC)
APART = timedelta(minutes=7)
BUILT = date(2026, 1, 4)
OPTIONS = ()
"""This seed has no options of its own."""


def seed(run: Seeding, **_: object) -> None:
    """Write `run.count` runs, or those of the feed; existing ones stay as they are."""

    def line(number: int) -> RunLine:
        dice = run.random
        # The first runs fail, one for each of the cast, so that everybody has a notification.
        status: Status = "failed" if number < len(CAST) else dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        release = dice.choice(RELEASES)
        details: dict[str, Any] = {"branch": dice.choice(("main", "next"))}
        plugin, test_name, planned = "generic", dice.choice(SHORT_TESTS), 1
        if dice.random() < 0.4:
            plugin, test_name = "longevity", dice.choice(list(LONG_TESTS))
            planned, dataset = LONG_TESTS[test_name]
            details = {"hours": planned, "dataset_gb": dataset, "nemesis": dice.choice(NEMESES)}
        return RunLine(
            test_name=test_name,
            release=release,
            assignee=CAST[number] if number < len(CAST) else dice.choice([*CAST, None]),
            started_at=FIRST + APART * number,
            status=status,
            hours=planned if status == "passed" else round(planned * dice.random(), 2),
            plugin=plugin,
            details=details,
            packages=[PackageCreate(name="peacock-server", version=f"{release[8:]}.{number % 7}", date=BUILT)],
            config={"nodes": str(dice.choice((3, 6))), "backend": dice.choice(("bare metal", "docker", "k8s"))},
            tags=dice.sample(("nightly", "weekly", "tablets", "arm", "gating"), dice.randint(0, 2)),
            events=happened(dice, status),
        )

    locks: dict[str, Lock] = {}

    def write(data: RunLine) -> bool:
        # A test is one partition, and transactions on one partition get in each other's way.
        with locks.setdefault(data.test_name, Lock()):
            return track(data)

    run.write("Tracking runs", run.rows(RunLine, line), write)


def track(line: RunLine) -> bool:
    """Write a run that is under way elsewhere, its assignee and its events; False if the run already exists.

    All ids follow from the line, and the run is written last: the same line again completes what ended halfway.
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
    if TestRun.find_one(test_name=run.test_name, started_at=run.started_at, id=run.id) is not None:
        return False
    timeuuid = partial(uuid_from_time, node=run.id.int % 2**48, clock_seq=0)
    ids = [timeuuid(line.started_at + timedelta(seconds=number)) for number in range(len(line.events))]
    events.store_events(run.id, line.events, ids)
    if line.status == "failed":
        people.notify_of_failure(run)
    return runs.write_run(run, line.details)


def happened(dice: Random, status: Status) -> list[EventCreate]:
    """Return the events of a run that has reached this status."""
    if status == "created":
        return []
    kinds = [*ROUTINE, *TROUBLE] if status == "failed" else [*ROUTINE, *TROUBLE[:1]]
    told = dice.choices(kinds, k=dice.randint(4, 12)) + ([TROUBLE[-1]] if status == "failed" else [])
    return [
        EventCreate(severity=severity, message=message, node=f"node-{dice.randint(1, 6)}") for severity, message in told
    ]
