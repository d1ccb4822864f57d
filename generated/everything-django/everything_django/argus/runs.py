"""Runs: found by their test, release, assignee or id, and moved from status to status."""

from typing import Any
from uuid import UUID, uuid4

from ..db.batches import Batch
from ..db.documents import reading
from ..db.matches import read_matching
from ..db.paging import Page
from ..db.times import now
from ..db.tokens import after_token
from ..errors import Conflict, NotFound, Refused
from . import people
from .models import Release, RunKey, Status, TestRun
from .plugins import PLUGINS
from .schemas import RunCreate, RunDetail, RunList, RunMove

BEFORE: dict[Status, Status] = {"running": "created", "passed": "running", "failed": "running", "aborted": "running"}
"""For each status that a run can move to, the one that it moves from."""


def create_run(data: RunCreate) -> RunDetail:
    """Write a run with status created; NotFound if its assignee doesn't exist."""
    if data.assignee is not None:
        people.get_user(data.assignee)
    run = TestRun(id=uuid4(), started_at=now(), status="created", **data.model_dump(exclude={"details"}))
    write_run(run, data.details)
    return RunDetail(**dict(run), details=data.details)


def write_run(run: TestRun, details: dict[str, Any]) -> bool:
    """Write a run, and return False if it already exists.

    What leads to it and belongs to it is written before it, in one logged batch, so that no run is ever without. The
    run itself is written by a transaction, as its moves are: plain writes take their timestamps from another clock.
    """
    with Batch(logged=True) as batch:
        RunKey(id=run.id, test_name=run.test_name, started_at=run.started_at).save(batch=batch)
        Release(name=run.release).save(batch=batch)
        PLUGINS[run.plugin].row(run.id, details).save(batch=batch)
    return run.insert().applied


def list_runs(query: RunList) -> Page[TestRun]:
    """Return runs: a test's from its partition, newest first; a release's or an assignee's from an index, by test.

    With a status as well, the runs of a release or an assignee are compared one by one; a page may then hold few.
    """
    parts = _parts_after(query)
    by = query.model_dump(include={"test_name", "release", "assignee"}, exclude_none=True)
    if query.status is not None and query.test_name is None:
        # One index finds the runs; to use another, the database would want ALLOW FILTERING.
        found = (TestRun.find(**by, **part) for part in parts)
        return read_matching(found, lambda run: run.status == query.status, query.limit, lambda last: last.id)
    if query.status is not None:
        by["status"] = query.status
    runs: list[TestRun] = []
    for part in parts:
        runs += TestRun.find(**by, **part).limit(query.limit + 1 - len(runs)).all()
        if len(runs) > query.limit:
            break
    return Page.cut(runs, query.limit, lambda last: last.id)


def get_run(run_id: UUID) -> RunDetail:
    """Return a run with its plugin's fields; NotFound if there is none."""
    return _with_details(find_run(run_id))


def move_run(run_id: UUID, data: RunMove) -> RunDetail:
    """Move a run to another status and tell its assignee of a failure; NotFound without it, Conflict if it cannot move.

    Of several requests that move it at once, the transaction lets one through. If that one ends before it has told the
    assignee, whoever repeats it does.
    """
    run = find_run(run_id)
    if data.status not in BEFORE:
        raise _cannot_move(run.status)
    ended = {} if data.status == "running" else {"ended_at": now()}
    result = run.update(if_conditions={"status": BEFORE[data.status]}, status=data.status, **ended)
    if not result.applied:
        # In memory, coodie has changed `run` all the same.
        run = find_run(run_id)
    if run.status == data.status == "failed":
        people.notify_of_failure(run)
    if not result.applied:
        raise _cannot_move(run.status)
    return _with_details(run)


def find_run(run_id: UUID) -> TestRun:
    """Return a run by its id, which leads to its key; NotFound if there is none."""
    run = None
    key = RunKey.find_one(id=run_id)
    if key is not None:
        run = TestRun.find_one(test_name=key.test_name, started_at=key.started_at, id=run_id)
    if run is None:
        raise NotFound({"error": "run_not_found"})
    return run


def _parts_after(query: RunList) -> list[dict[str, Any]]:
    """Return the filters that, one after the other, find what follows the cursor; Refused if the cursor is made up."""
    if query.cursor is None:
        return [{}]
    last = RunKey.find_one(id=query.cursor)
    if last is None:
        raise Refused([{"loc": ("query", "cursor"), "msg": "there is no such run", "type": "value_error"}])
    rest: list[dict[str, Any]] = [
        {"started_at": last.started_at, "id__gt": last.id},
        {"started_at__lt": last.started_at},
    ]
    if query.test_name is not None:
        return rest
    others = {"test_name__token__gt": after_token(last.test_name)}
    return [{"test_name": last.test_name, **part} for part in rest] + [others]


def _with_details(run: TestRun) -> RunDetail:
    details: dict[str, Any] = {}
    # A run may outlive its plugin.
    plugin = PLUGINS.get(run.plugin)
    if plugin is not None:
        row = plugin.Row.find_one(run_id=run.id)
        with reading(plugin.Row, {"run_id": run.id}):
            details = plugin.Details.model_validate(row).model_dump()
    with reading(TestRun, vars(run)):
        return RunDetail(**dict(run), details=details)


def _cannot_move(status: str) -> Conflict:
    return Conflict({"error": "status_conflict", "existing": {"status": status}})
