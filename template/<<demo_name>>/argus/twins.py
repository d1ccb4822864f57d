"""Twins of argus: a run and 100 of its events."""

from collections.abc import Generator
from typing import Any
from uuid import UUID, uuid1

from tools.bench.twins import Bare, Call, Endpoint, Feature, Received, Request, Steps, rfc3339, to_json

SEVERITIES = ("critical", "error", "warning", "normal", "debug")
SELECT_RUN_KEY = "SELECT test_name, started_at FROM argus_run_keys WHERE id = ?"
SELECT_RUN = (
    "SELECT id, test_name, release, status, assignee, started_at, ended_at, tags, plugin, packages, config "
    "FROM argus_runs WHERE test_name = ? AND started_at = ? AND id = ?"
)
SELECT_DETAILS = "SELECT command, branch FROM argus_generic_runs WHERE run_id = ?"
INSERT_EVENT = "INSERT INTO argus_events (run_id, severity, id, message, node) VALUES (?, ?, ?, ?, ?)"


def find_run(bare: Bare, run_id: UUID) -> Generator[Any, list[Any], dict[str, Any] | None]:
    keys = yield bare.bind(SELECT_RUN_KEY, [run_id])
    if not keys:
        return None
    rows = yield bare.bind(SELECT_RUN, [keys[0]["test_name"], keys[0]["started_at"], run_id])
    return rows[0] if rows else None


def add_events(bare: Bare, request: Received) -> Steps:
    run_id = UUID(request.path["run_id"])
    if not (yield from find_run(bare, run_id)):
        return 404, {"detail": {"error": "run_not_found"}}
    severities: dict[str, list[list[Any]]] = {}
    for event in request.data.root:
        values = [run_id, event.severity, uuid1(), event.message, event.node]
        severities.setdefault(event.severity, []).append(values)
    yield [bare.batch(INSERT_EVENT, rows) for rows in severities.values()]
    return 201, {"ingested": len(request.data.root)}


def get_run(bare: Bare, request: Received) -> Steps:
    run_id = UUID(request.path["run_id"])
    run = yield from find_run(bare, run_id)
    if not run:
        return 404, {"detail": {"error": "run_not_found"}}
    details = yield bare.bind(SELECT_DETAILS, [run_id])
    packages = [package._asdict() for package in run["packages"] or ()]
    return 200, {
        **run,
        "id": str(run_id),
        "assignee": run["assignee"] and str(run["assignee"]),
        "started_at": rfc3339(run["started_at"]),
        "ended_at": run["ended_at"] and rfc3339(run["ended_at"]),
        "tags": run["tags"] or [],
        "packages": [{**package, "date": package["date"] and str(package["date"])} for package in packages],
        "config": dict(run["config"] or {}),
        "details": details[0],
    }


FEATURE = Feature(
    first=Call(
        "POST",
        "/api/argus/runs",
        lambda *_: Request(
            body=to_json(
                {
                    "test_name": "longevity-100gb",
                    "release": "2026.3",
                    "tags": ["nightly"],
                    "packages": [{"name": "scylla", "version": "2026.3.1", "date": "2026-11-02"}],
                    "config": {"nodes": "6"},
                    "details": {"command": "cassandra-stress write", "branch": "main"},
                }
            )
        ),
    ),
    write=Endpoint(
        "POST",
        "/api/argus/runs/{run_id}/events",
        lambda _, made: Request(
            path={"run_id": made["id"]},
            body=to_json(
                [
                    {"severity": SEVERITIES[number % 5], "message": f"Compaction {number} took long", "node": "node-1"}
                    for number in range(100)
                ]
            ),
        ),
        add_events,
        body="EventBatch",
    ),
    read=Endpoint("GET", "/api/argus/runs/{run_id}", lambda _, made: Request(path={"run_id": made["id"]}), get_run),
)
