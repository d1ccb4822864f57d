"""Runs: found by their test, release, assignee or id, and moved from status to status."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID, uuid4

from cassandra.metadata import Murmur3Token
from coodie.aio import execute_raw

from ..batches import Batch
from ..coodie_fixes import now
from ..errors import Conflict, NotFound, Refused
from ..schemas import Page
from . import people
from .models import Release, RunKey, TestRun
from .plugins import PLUGINS
from .schemas import ReleaseName, RunCreate, RunDetail, RunList, RunMove, RunOut, Status, TestName

BEFORE: dict[Status, Status] = {"running": "created", "passed": "running", "failed": "running", "aborted": "running"}
"""The status that a run moves from, by the one that it moves to."""

COUNTED = 1_000
"""Among how many runs of a release the page counts."""


async def create_run(data: RunCreate) -> RunDetail:
    """Write a run, in status created; NotFound without such an assignee."""
    if data.assignee is not None:
        await people.get_user(data.assignee)
    run = TestRun(id=uuid4(), started_at=now(), status="created", **data.model_dump(exclude={"details"}))
    await write_run(run, data.details)
    return RunDetail(**run.model_dump(), details=data.details)


async def write_run(run: TestRun, details: dict[str, Any]) -> bool:
    """Write a run unless it is there already; tell which.

    What leads to it and belongs to it is written before it, in one logged batch, so that no run is ever without. The
    run itself is written by a transaction, as its moves are: plain writes have their timestamps from another clock.
    """
    async with Batch(logged=True) as batch:
        await RunKey(id=run.id, test_name=run.test_name, started_at=run.started_at).save(batch=batch)
        await Release(name=run.release).save(batch=batch)
        await PLUGINS[run.plugin].row(run.id, details).save(batch=batch)
    return (await run.insert()).applied


async def list_runs(query: RunList) -> Page[RunOut]:
    """Return runs: of one test from its partition, newest first; of a release or an assignee from an index, by test."""
    asked = query.model_dump(include={"test_name", "release", "assignee", "status"}, exclude_none=True)
    found = TestRun.find(**asked)
    if query.status is not None and query.test_name is None:
        # One index finds the runs; their status is then compared row by row.
        found = found.allow_filtering()
    runs: list[TestRun] = []
    for part in await _parts_after(query):
        runs += await found.filter(**part).limit(query.limit + 1 - len(runs)).all()
        if len(runs) > query.limit:
            break
    items = [RunOut.model_validate(run) for run in runs[: query.limit]]
    return Page(items=items, cursor=str(items[-1].id) if len(runs) > query.limit else None)


async def get_run(run_id: UUID) -> RunDetail:
    """Return a run with its plugin's fields; NotFound where there is none."""
    return await _with_details(await find_run(run_id))


async def move_run(run_id: UUID, data: RunMove) -> RunDetail:
    """Move a run to another status and tell its assignee of a failure; NotFound without it, Conflict where it cannot.

    Of several that move it at once, the transaction lets one pass, and only that one tells the assignee.
    """
    run = await find_run(run_id)
    if data.status not in BEFORE:
        raise _cannot_move(run.status)
    ended = {} if data.status == "running" else {"ended_at": now()}
    result = await run.update(if_conditions={"status": BEFORE[data.status]}, status=data.status, **ended)
    if not result.applied:
        raise _cannot_move(result.existing["status"])
    if data.status == "failed":
        await people.notify_of_failure(run)
    return await _with_details(run)


async def find_run(run_id: UUID) -> TestRun:
    """Return a run by its id, which leads to its key; NotFound where there is none."""
    run = None
    key = await RunKey.find_one(id=run_id)
    if key is not None:
        run = await TestRun.find_one(test_name=key.test_name, started_at=key.started_at, id=run_id)
    if run is None:
        raise NotFound({"error": "run_not_found"})
    return run


async def list_releases(most: int) -> list[str]:
    """Return the names of releases that have runs, in reverse order."""
    return sorted((release.name for release in await Release.find().limit(most).all()), reverse=True)


async def count_runs(release: ReleaseName) -> dict[TestName, Counter[Status]]:
    """Return how many runs each test of a release has in each status, among the first COUNTED runs of the release."""
    counts: dict[TestName, Counter[Status]] = defaultdict(Counter)
    rows = await execute_raw(f"SELECT test_name, status FROM argus_runs WHERE release = ? LIMIT {COUNTED}", [release])
    for row in rows:
        counts[row["test_name"]][row["status"]] += 1
    return counts


async def _parts_after(query: RunList) -> list[dict[str, Any]]:
    """Return the filters that one after the other find what follows the cursor; Refused for a made-up one."""
    if query.cursor is None:
        return [{}]
    last = await RunKey.find_one(id=query.cursor)
    if last is None:
        raise Refused([{"loc": ("query", "cursor"), "msg": "there is no such run", "type": "value_error"}])
    rest = [{"started_at": last.started_at, "id__gt": last.id}, {"started_at__lt": last.started_at}]
    if query.test_name is not None:
        return rest
    others = {"test_name__token__gt": Murmur3Token.from_key(last.test_name.encode()).value}
    return [{"test_name": last.test_name, **part} for part in rest] + [others]


async def _with_details(run: TestRun) -> RunDetail:
    details: dict[str, Any] = {}
    # A run may outlive its plugin.
    plugin = PLUGINS.get(run.plugin)
    if plugin is not None:
        row = await plugin.Row.find_one(run_id=run.id)
        details = plugin.Details.model_validate(row).model_dump()
    return RunDetail(**run.model_dump(), details=details)


def _cannot_move(status: str) -> Conflict:
    return Conflict({"error": "status_conflict", "existing": {"status": status}})
