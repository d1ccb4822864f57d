"""The tracker as its users see it, over HTTP, with a look into the database."""

import html
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid1, uuid4

import httpx
import pytest

import conftest
from conftest import Select, Submit

from ..db import cql_log, matches
from ..errors import OutcomeUnknown
from . import models, seed, service
from .models import STATUSES
from .runs import write_run
from .schemas import SEVERITIES, RunCreate, RunLine, RunList, RunMove

HOME = conftest.PAGES["argus"]

DETAILS = {"command": None, "branch": None}
"""Those of the generic plugin if none are given."""
LONGEVITY: dict[str, Any] = {"plugin": "longevity", "details": {"hours": 4, "dataset_gb": 100, "nemesis": "ClockSkew"}}


def create_user(client: httpx.Client, name: str = "Io") -> str:
    """Add a user and return the id."""
    answer = client.post("/api/argus/users", json={"name": name, "email": "io@argus.example"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def create_run(client: httpx.Client, test_name: str = "herding", release: str = "r1", **more: Any) -> dict[str, Any]:
    """Create a run and return it."""
    answer = client.post("/api/argus/runs", json={"test_name": test_name, "release": release, **more})
    assert answer.status_code == 201, answer.text
    run: dict[str, Any] = answer.json()
    return run


def move(client: httpx.Client, run: dict[str, Any], *statuses: str) -> httpx.Response:
    """Ask for one move after another; return the answer to the last."""
    for status in statuses:
        answer = client.patch(f"/api/argus/runs/{run['id']}", json={"status": status})
    return answer


def send(client: httpx.Client, run: dict[str, Any], *severities: str) -> None:
    """Add an event of each severity, whose message is its number."""
    events = [{"severity": severity, "message": str(number)} for number, severity in enumerate(severities)]
    answer = client.post(f"/api/argus/runs/{run['id']}/events", json=events)
    assert (answer.status_code, answer.json()) == (201, {"ingested": len(events)}), answer.text


def at_once(times: int, request: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Send requests from as many threads and return their answers."""
    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(request, range(times)))


def ids(items: list[dict[str, Any]]) -> list[str]:
    """Return the ids of a list's items."""
    return [item["id"] for item in items]


def test_the_published_commands(client: httpx.Client) -> None:
    user = create_user(client, "Ada")
    run = create_run(
        client,
        "longevity-100gb-4h",
        "peacock-2.2",
        assignee=user,
        packages=[{"name": "peacock-server", "version": "2.2.1", "date": "2026-01-04"}],
        **LONGEVITY,
    )
    assert run["status"] == "created" and run["started_at"].endswith("Z")
    url = f"/api/argus/runs/{run['id']}"
    assert client.patch(url, json={"status": "running"}).json()["status"] == "running"
    again = client.patch(url, json={"status": "running"})
    assert again.status_code == 409
    assert again.json() == {"detail": {"error": "status_conflict", "existing": {"status": "running"}}}
    events = [{"severity": "error", "message": "read timed out", "node": "node-2"}]
    assert client.post(f"{url}/events", json=events).json() == {"ingested": 1}
    (event,) = client.get(f"{url}/events?severity=error").json()
    assert event.items() >= events[0].items()
    assert client.patch(url, json={"status": "failed"}).status_code == 200
    (notification,) = client.get(f"/api/argus/users/{user}/notifications").json()
    assert (notification["source"], notification["read"]) == (run["id"], False)
    read = client.post(f"/api/argus/users/{user}/notifications/{notification['id']}/read")
    assert (read.status_code, read.json()) == (200, {**notification, "read": True})
    assert run["id"] in ids(client.get("/api/argus/runs?release=peacock-2.2&status=failed&limit=500").json())
    assert client.get("/api/argus/statements").json()["cached"] > 0


# --- Runs ------------------------------------------------------------------------------------------------------------


def test_a_run_reads_back_equal(client: httpx.Client, select: Select, keyspace: str) -> None:
    given: dict[str, Any] = {
        "test_name": "Größe / 100 %",
        "release": "r 1.0",
        "assignee": create_user(client),
        "packages": [
            {"name": "server", "version": "1", "date": "2026-02-28"},
            {"name": "b", "version": "2", "date": None},
        ],
        "config": {"eyes": "100", "asleep": "none"},
        "tags": ["b", "a", "b"],
        **LONGEVITY,
    }
    run = create_run(client, **given)
    assert run.items() >= given.items()
    assert run.items() >= {"status": "created", "ended_at": None}.items()
    assert client.get(f"/api/argus/runs/{run['id']}").json() == run
    (listed,) = client.get("/api/argus/runs", params={"test_name": given["test_name"]}).json()
    assert listed == {name: value for name, value in run.items() if name != "details"}
    (row,) = select("SELECT packages, config FROM argus_runs WHERE test_name = ?", given["test_name"])
    assert [tuple(package)[:2] for package in row["packages"]] == [("server", "1"), ("b", "2")]
    assert row["packages"][0].date.date() == date(2026, 2, 28)
    fields = "SELECT field_names FROM system_schema.types WHERE keyspace_name = ? AND type_name = 'argus_package'"
    assert select(fields, keyspace)[0]["field_names"] == ["name", "version", "date"]


@pytest.mark.parametrize("final", ["passed", "failed", "aborted"])
def test_a_run_moves_one_way_only(client: httpx.Client, final: str) -> None:
    run = create_run(client)
    for way, status in [((), "created"), (("running",), "running"), ((final,), final)]:
        allowed = {"created": {"running"}, "running": {"passed", "failed", "aborted"}}.get(status, set())
        for move_made in way:
            moved = move(client, run, move_made)
            assert moved.status_code == 200
            assert (moved.json()["status"], moved.json()["ended_at"] is None) == (status, status == "running")
        for refused in set(STATUSES) - allowed:
            answer = move(client, run, refused)
            assert answer.status_code == 409, f"{status} to {refused}"
            assert answer.json() == {"detail": {"error": "status_conflict", "existing": {"status": status}}}
        assert client.get(f"/api/argus/runs/{run['id']}").json()["status"] == status


def test_of_fifty_moves_at_once_exactly_one_passes_and_tells_the_assignee(client: httpx.Client) -> None:
    user = create_user(client)
    run = create_run(client, assignee=user)
    move(client, run, "running")
    answers = at_once(50, lambda number: move(client, run, ("failed", "passed")[number % 2]))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    standing = {answer.json()["detail"]["existing"]["status"] for answer in answers if answer.status_code == 409}
    assert standing == {winner["status"]}
    assert client.get(f"/api/argus/runs/{run['id']}").json() == winner
    told = client.get(f"/api/argus/users/{user}/notifications").json()
    assert len(told) == (winner["status"] == "failed")


def test_of_fifty_failures_at_once_the_assignee_is_told_once(client: httpx.Client) -> None:
    user = create_user(client)
    run = create_run(client, assignee=user)
    move(client, run, "running")
    answers = at_once(50, lambda _: move(client, run, "failed"))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    assert len(client.get(f"/api/argus/users/{user}/notifications").json()) == 1


def test_a_notification_that_was_lost_is_sent_by_whoever_repeats_the_move(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = create_user(client)
    run = create_run(client, assignee=user)
    move(client, run, "running")

    def lost(_: models.Notification) -> None:
        raise OutcomeUnknown

    with monkeypatch.context() as patched, pytest.raises(OutcomeUnknown):
        patched.setattr(models.Notification, "insert", lost)
        service.move_run(UUID(run["id"]), RunMove(status="failed"))
    assert client.get(f"/api/argus/runs/{run['id']}").json()["status"] == "failed"
    url = f"/api/argus/users/{user}/notifications"
    assert client.get(url).json() == []
    assert move(client, run, "passed").status_code == 409
    assert client.get(url).json() == [], "only a move to failed has somebody to tell"
    assert move(client, run, "failed").json() == {
        "detail": {"error": "status_conflict", "existing": {"status": "failed"}}
    }
    (notification,) = client.get(url).json()
    assert (notification["source"], notification["read"]) == (run["id"], False)
    client.post(f"{url}/{notification['id']}/read")
    assert move(client, run, "failed").status_code == 409
    assert client.get(url).json() == [{**notification, "read": True}]


def test_only_a_failure_tells_somebody(client: httpx.Client) -> None:
    user = create_user(client)
    for final in ("passed", "aborted"):
        move(client, create_run(client, assignee=user), "running", final)
    move(client, create_run(client), "running", "failed")
    assert client.get(f"/api/argus/users/{user}/notifications").json() == []


@pytest.mark.parametrize("method", ["get", "patch", "post", "events"])
def test_an_unknown_run_is_404_and_leaves_no_ghost(client: httpx.Client, select: Select, method: str) -> None:
    url = f"/api/argus/runs/{uuid4()}"
    answer = {
        "get": lambda: client.get(url),
        "patch": lambda: client.patch(url, json={"status": "running"}),
        "post": lambda: client.post(f"{url}/events", json=[{"severity": "error", "message": "x"}]),
        "events": lambda: client.get(f"{url}/events"),
    }[method]()
    assert (answer.status_code, answer.json()) == (404, {"detail": {"error": "run_not_found"}})
    assert select("SELECT id FROM argus_runs WHERE status = 'running' AND release = '' ALLOW FILTERING") == []


def test_a_key_without_its_run_leads_nowhere(client: httpx.Client, select: Select) -> None:
    orphan = uuid4()
    insert = "INSERT INTO argus_run_keys (id, test_name, started_at) VALUES (?, 'never written', ?)"
    select(insert, orphan, datetime.now(UTC))
    assert client.get(f"/api/argus/runs/{orphan}").status_code == 404


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize("listed", ["test_name=herding", "release=r1", "assignee={user}"])
def test_lists_of_runs_page_without_loss(client: httpx.Client, listed: str) -> None:
    user = create_user(client)
    runs = [create_run(client, test, assignee=user) for test in ("herding", "lowing", "herding", "fleeing") * 4]
    create_run(client, "elsewhere", "r2")
    for run in runs[::3]:
        move(client, run, "running")
    if listed == "test_name=herding":
        runs = [run for run in runs if run["test_name"] == "herding"]
    url = f"/api/argus/runs?{listed.format(user=user)}"
    found = conftest.walk(client, f"{url}&limit=3")
    assert sorted(ids(found)) == sorted(ids(runs))
    running = conftest.walk(client, f"{url}&limit=2&status=running")
    assert {run["status"] for run in running} == {"running"}
    assert ids(running) == [run["id"] for run in found if run["status"] == "running"]
    for test in ("herding", "lowing", "fleeing"):
        times = [datetime.fromisoformat(run["started_at"]) for run in found if run["test_name"] == test]
        assert times == sorted(times, reverse=True), "newest first within a test"


def test_runs_of_one_millisecond_are_all_listed(client: httpx.Client) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    for _ in range(9):
        run = models.TestRun(
            test_name="twins", started_at=moment, id=uuid4(), status="created", release="twins", plugin="generic"
        )
        assert write_run(run, DETAILS)
    for listed in ("test_name", "release"):
        found = ids(conftest.walk(client, f"/api/argus/runs?{listed}=twins&limit=2"))
        assert len(set(found)) == len(found) == 9


def test_a_status_is_compared_here_and_a_page_of_few_runs_leads_on(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [create_run(client, f"rare {number % 4}", "rare") for number in range(20)]
    move(client, runs[13], "running")
    monkeypatch.setattr(matches, "MAX_COMPARED", 6)
    found, sizes, cursor = list[UUID](), [], None
    while True:
        cql_log.start()
        page = service.list_runs(RunList(release="rare", status="running", cursor=cursor, limit=2))
        assert not [each.cql for each in cql_log.statements() if "ALLOW FILTERING" in each.cql]
        found += [run.id for run in page.items]
        sizes.append(len(page.items))
        cursor = page.cursor and UUID(page.cursor)
        if cursor is None:
            break
    assert found == [UUID(runs[13]["id"])]
    assert len(sizes) == 4


def test_a_run_that_is_there_is_never_written_over(client: httpx.Client) -> None:
    moment, run_id = datetime(2026, 3, 2, tzinfo=UTC), uuid4()
    for written, status in [(True, "passed"), (False, "created")]:
        run = models.TestRun(
            test_name="again", started_at=moment, id=run_id, status=status, release="again", plugin="generic"
        )
        assert write_run(run, DETAILS) is written
    assert client.get(f"/api/argus/runs/{run_id}").json()["status"] == "passed"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "status=failed",
        "test_name=a&release=b",
        f"release=b&assignee={uuid4()}",
        f"test_name=a&release=b&assignee={uuid4()}",
        "test_name=%20",
        "test_name=%00",
        "assignee=io",
        "release=r1&status=resting",
        "release=r1&limit=0",
        "release=r1&limit=501",
        "release=r1&cursor=made-up",
        f"release=r1&cursor={uuid4()}",
        "release=r1&page=2",
    ],
)
def test_a_senseless_list_is_refused(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/api/argus/runs?{query}")
    assert answer.status_code == 422
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["detail"])


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize(
    "change",
    [
        {"test_name": None},
        {"test_name": " "},
        {"test_name": "x" * 121},
        {"release": "nul \0 byte"},
        {"release": "\ud800"},
        {"assignee": "io"},
        {"plugin": "unknown"},
        {"details": {"unknown": "field"}},
        {"details": [1]},
        {"status": "passed"},
        {"id": str(uuid4())},
        {"started_at": "2026-01-01T00:00:00Z"},
        {"tags": "nightly, arm"},
        {"tags": ["x"] * 21},
        {"tags": [""]},
        {"packages": [{"name": "a"}]},
        {"packages": [{"name": "a", "version": "1", "date": 5}]},
        {"packages": [{"name": "a", "version": "1", "date": "1700000000"}]},
        {"packages": [{"name": "a", "version": "1", "date": "2026-02-30"}]},
        {"packages": [{"name": "a", "version": "1"}] * 51},
        {"config": {"a": 1}},
        {"config": {"a": "x", " a": "y"}},
        {"config": {str(number): "x" for number in range(51)}},
    ],
)
def test_a_senseless_run_is_refused_and_writes_nothing(
    client: httpx.Client, select: Select, change: dict[str, Any]
) -> None:
    body = json.dumps({"test_name": "herding", "release": "r1", **change})
    answer = client.post("/api/argus/runs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    for table in ("argus_runs", "argus_run_keys", "argus_generic_runs"):
        assert select(f"SELECT * FROM {table}") == []


def test_an_unknown_assignee_is_404_and_writes_nothing(client: httpx.Client, select: Select) -> None:
    body = {"test_name": "unassigned", "release": "r1", "assignee": str(uuid4())}
    answer = client.post("/api/argus/runs", json=body)
    assert (answer.status_code, answer.json()) == (404, {"detail": {"error": "user_not_found"}})
    assert client.get("/api/argus/runs?test_name=unassigned").json() == []


# --- Events ----------------------------------------------------------------------------------------------------------


def test_five_thousand_events_go_in_at_once_and_come_out_newest_first(client: httpx.Client, select: Select) -> None:
    run = create_run(client)
    severities = [SEVERITIES[number % 3] for number in range(5000)]
    send(client, run, *severities)
    url = f"/api/argus/runs/{run['id']}/events?limit=500"
    events = conftest.walk(client, url)
    assert [int(event["message"]) for event in events] == list(range(4999, -1, -1))
    assert len(set(ids(events))) == 5000
    assert all(UUID(event["id"]).version == 1 and event["at"].endswith("Z") for event in events)
    critical = [event for event in events if event["severity"] == "critical"]
    assert conftest.walk(client, f"{url}&severity=critical") == critical
    count = "SELECT COUNT(*) AS n FROM argus_events WHERE run_id = ? AND severity = 'critical'"
    assert select(count, UUID(run["id"]))[0]["n"] == len(critical) == severities.count("critical")
    assert client.get(f"{url}&severity=debug").json() == []


def test_events_of_one_moment_are_merged_as_the_database_sorts_them(client: httpx.Client, select: Select) -> None:
    run = create_run(client)
    low, mid, version, _, _, node = uuid1().fields
    insert = "INSERT INTO argus_events (run_id, severity, id, message) VALUES (?, ?, ?, 'at once')"
    same_time = [UUID(fields=(low, mid, version, 0x80, clock, node)) for clock in range(0, 256, 25)]
    for number, event_id in enumerate(same_time):
        select(insert, UUID(run["id"]), SEVERITIES[number % len(SEVERITIES)], event_id)
        select(insert, UUID(run["id"]), "debug", event_id)
    in_one_partition = ids(conftest.walk(client, f"/api/argus/runs/{run['id']}/events?severity=debug&limit=1"))
    assert sorted(in_one_partition) == sorted(map(str, same_time))
    merged = conftest.walk(client, f"/api/argus/runs/{run['id']}/events?limit=500")
    assert [event["id"] for event in merged if event["severity"] == "debug"] == in_one_partition
    assert list(dict.fromkeys(ids(merged))) == in_one_partition


@pytest.mark.parametrize(
    "events",
    [
        [],
        {},
        [{"severity": "error", "message": "x"}] * 5001,
        [{"severity": "fatal", "message": "x"}],
        [{"severity": "error", "message": " "}],
        [{"severity": "error", "message": "x" * 2001}],
        [{"severity": "error", "message": "nul \0 byte"}],
        [{"severity": "error", "message": "x", "node": ""}],
        [{"severity": "error", "message": "x", "id": str(uuid1())}],
        [{"severity": "error", "message": "fine"}, {"severity": "error"}],
    ],
    ids=lambda events: json.dumps(events)[:60],
)
def test_senseless_events_are_refused_and_none_is_stored(client: httpx.Client, events: object) -> None:
    run = create_run(client)
    url = f"/api/argus/runs/{run['id']}/events"
    assert client.post(url, json=events).status_code == 422
    assert client.get(url).json() == []


@pytest.mark.parametrize(
    ("event", "number", "more"),
    [
        ({f"u{number}": 1 for number in range(80)}, 4_900, 62),
        ({f"unknown{number}": 1 for number in range(20_000)}, 10, 0),
        ({"severity": "fatal", "message": "", "node": ""}, 4_900, 0),
        ([], 100_000, 0),
    ],
    ids=["many unknown fields", "very many", "three wrong fields", "no event"],
)
def test_thousands_of_wrong_events_are_refused_like_the_first_of_them(
    client: httpx.Client, event: object, number: int, more: int
) -> None:
    url = f"/api/argus/runs/{create_run(client)['id']}/events"
    one, many = (client.post(url, json=[event] * number) for number in (1, number))
    assert one.status_code == 422
    assert (many.status_code, many.json()) == (one.status_code, one.json())
    assert len(one.json()["detail"]) <= 20
    assert one.json().get("more", 0) == more


def test_a_run_that_is_wrong_all_over_is_refused_in_a_few_lines(client: httpx.Client) -> None:
    flood = {f"unknown{number}": 1 for number in range(90)}
    run = {"tags": [""] * 50_000, "packages": [flood] * 500, "config": {f"{number:05}": "" for number in range(9_000)}}
    answer = client.post("/api/argus/runs", json={**flood, **run})
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) == 20
    assert len(answer.content) < 4_000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tags", [""] * 300_000),
        ("packages", [{f"u{number}": 1 for number in range(100)}] * 1_000),
        ("config", {f"{number:06}": "" for number in range(80_000)}),
        ("details", {f"{number:06}": "" for number in range(80_000)}),
        ("unknown", [[[]] * 10] * 20_000),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_field_that_is_far_too_long_is_refused_as_a_whole(client: httpx.Client, field: str, value: object) -> None:
    answer = client.post("/api/argus/runs", json={"test_name": "herding", "release": "r1", field: value})
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert error["loc"][:2] == ["body", field]


def test_five_thousand_long_events_go_in_and_larger_bodies_are_413(client: httpx.Client) -> None:
    run = create_run(client)
    url = f"/api/argus/runs/{run['id']}/events"
    for length, status in ((700, 201), (1000, 413)):
        events = [{"severity": "error", "message": "x" * length}] * 5000
        assert client.post(url, json=events).status_code == status
    assert len(conftest.walk(client, f"{url}?limit=500")) == 5000


@pytest.mark.parametrize("query", ["severity=fatal", "cursor=x", f"cursor={uuid4()}", "limit=0", "newest=1"])
def test_a_senseless_list_of_events_is_refused(client: httpx.Client, query: str) -> None:
    run = create_run(client)
    assert client.get(f"/api/argus/runs/{run['id']}/events?{query}").status_code == 422


# --- Users and notifications -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_users_are_listed_without_loss(client: httpx.Client) -> None:
    made = sorted(create_user(client, f"Eye {number}") for number in range(7))
    users = conftest.walk(client, "/api/argus/users?limit=2")
    assert sorted(ids(users)) == made
    assert users[0].keys() == {"id", "name", "email"}


@pytest.mark.parametrize(
    "change", [{"name": " "}, {"email": "io"}, {"email": "a b@c"}, {"id": "x"}, {"name": "x" * 101}]
)
def test_a_senseless_user_is_refused(client: httpx.Client, change: dict[str, Any]) -> None:
    user = {"name": "Io", "email": "io@argus.example", **change}
    assert client.post("/api/argus/users", json=user).status_code == 422


def test_notifications_are_newest_first_and_page_without_loss(client: httpx.Client) -> None:
    user = create_user(client)
    runs = [create_run(client, f"falling {number}", assignee=user) for number in range(5)]
    for run in runs:
        move(client, run, "running", "failed")
    url = f"/api/argus/users/{user}/notifications"
    notifications = conftest.walk(client, f"{url}?limit=2")
    assert [notification["source"] for notification in notifications] == ids(runs[::-1])
    assert notifications[0].items() >= {"title": "falling 4 failed on r1", "read": False}.items()
    assert notifications == client.get(url).json()


def test_a_notification_is_read_once_and_for_all(client: httpx.Client) -> None:
    user = create_user(client)
    for test in ("one", "two"):
        move(client, create_run(client, test, assignee=user), "running", "failed")
    url = f"/api/argus/users/{user}/notifications"
    newest, oldest = client.get(url).json()
    for _ in range(2):
        answer = client.post(f"{url}/{oldest['id']}/read")
        assert (answer.status_code, answer.json()) == (200, {**oldest, "read": True})
    assert client.get(url).json() == [newest, {**oldest, "read": True}]


def test_what_is_not_there_cannot_be_read(client: httpx.Client, select: Select) -> None:
    user = create_user(client)
    for somebody in (user, uuid4()):
        answer = client.post(f"/api/argus/users/{somebody}/notifications/{uuid1()}/read")
        assert (answer.status_code, answer.json()) == (404, {"detail": {"error": "notification_not_found"}})
    assert select("SELECT * FROM argus_notifications WHERE receiver = ?", UUID(user)) == []
    assert client.post(f"/api/argus/users/{user}/notifications/{uuid4()}/read").status_code == 422
    unknown = client.get(f"/api/argus/users/{uuid4()}/notifications")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": {"error": "user_not_found"}})
    for cursor in ("x", uuid4()):
        assert client.get(f"/api/argus/users/{user}/notifications?cursor={cursor}").status_code == 422


# --- Plugins ---------------------------------------------------------------------------------------------------------


def test_a_plugin_keeps_its_fields_in_its_own_table(client: httpx.Client, select: Select) -> None:
    run = create_run(client, **LONGEVITY)
    (row,) = select("SELECT * FROM argus_longevity_runs WHERE run_id = ?", UUID(run["id"]))
    assert row == {"run_id": UUID(run["id"]), **LONGEVITY["details"]}
    plain = create_run(client)
    assert (plain["plugin"], plain["details"]) == ("generic", DETAILS)
    assert select("SELECT * FROM argus_generic_runs WHERE run_id = ?", UUID(plain["id"]))


@pytest.mark.parametrize(
    ("details", "wrong"),
    [
        ({}, {"hours", "dataset_gb"}),
        ({"hours": 0, "dataset_gb": 1_000_001}, {"hours", "dataset_gb"}),
        ({"hours": 1, "dataset_gb": 1, "command": "x"}, {"command"}),
        ({"hours": 2**40, "dataset_gb": 1, "nemesis": " "}, {"hours", "nemesis"}),
    ],
)
def test_a_plugin_says_which_of_its_fields_is_wrong(
    client: httpx.Client, details: dict[str, Any], wrong: set[str]
) -> None:
    body = {"test_name": "herding", "release": "r1", "plugin": "longevity", "details": details}
    answer = client.post("/api/argus/runs", json=body)
    assert answer.status_code == 422
    assert [error["loc"][:2] for error in answer.json()["detail"]] == [["body", "details"]] * len(wrong)
    assert {error["loc"][2] for error in answer.json()["detail"]} == wrong


ONE_FILE = """
from typing import Annotated
from uuid import UUID

from coodie.fields import PrimaryKey

from ...db.documents import Document
from .base import Plugin, PluginDetails


class SmokeDetails(PluginDetails):
    cases: int

    def panel(self, ran):
        return {"Cases": str(self.cases)}


class SmokeRun(Document):
    run_id: Annotated[UUID, PrimaryKey()]
    cases: int

    class Settings:
        name = "argus_smoke_runs"


class Smoke(Plugin):
    name = "smoke"
    Details = SmokeDetails
    Row = SmokeRun
"""


def test_a_new_plugin_is_one_file(client: httpx.Client, select: Select, tmp_path: Path) -> None:
    here = Path(models.__file__).parents[1]
    package = tmp_path / here.name
    shutil.copytree(here, package, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    (package / "argus" / "plugins" / "smoke.py").write_text(ONE_FILE)
    for entry in conftest.SERVE:
        if (conftest.PROJECT / entry).exists():
            shutil.copy(conftest.PROJECT / entry, tmp_path)
    sync = conftest.run(conftest.SYNC, tmp_path)
    assert sync.returncode == 0, sync.stderr
    with conftest.serving(tmp_path / "server.log", tmp_path) as address, httpx.Client(base_url=address) as server:
        conftest.wait_until(lambda: conftest.answers(address), 30, lambda: "the copy does not start")
        run_id = create_run(server, plugin="smoke", details={"cases": 7})["id"]
        page = server.get(f"/tracker/run?run={run_id}").text
    assert re.search(r"<bdi>Cases</bdi></th>\s*<td><bdi>7</bdi></td>", page)
    assert select("SELECT cases FROM argus_smoke_runs WHERE run_id = ?", UUID(run_id)) == [{"cases": 7}]
    # This server does not have the plugin: the run is there all the same.
    assert client.get(f"/api/argus/runs/{run_id}").json()["details"] == {}
    assert client.get(f"/tracker/run?run={run_id}").status_code == 200


# --- Prepared statements ---------------------------------------------------------------------------------------------


def test_the_same_work_twice_prepares_nothing_twice(client: httpx.Client) -> None:
    def work(number: int) -> int:
        user = create_user(client)
        for more in ({}, LONGEVITY):
            run = create_run(client, f"busy {number}", assignee=user, tags=["x"] * number, **more)
            send(client, run, *SEVERITIES * (37 * number + 1))
            move(client, run, "running", "failed", "passed")
            for query in ("", "&severity=error", f"&cursor={uuid1()}"):
                client.get(f"/api/argus/runs/{run['id']}/events?limit={number}{query}")
            for query in (f"test_name=busy {number}", "release=r1", f"assignee={user}&status=failed"):
                conftest.walk(client, f"/api/argus/runs?limit={number}&{query}")
            client.get(f"/tracker/run?run={run['id']}&viewer={user}")
        (notification, _) = client.get(f"/api/argus/users/{user}/notifications").json()
        client.post(f"/api/argus/users/{user}/notifications/{notification['id']}/read")
        client.get(f"{HOME}?release=r1&viewer={user}")
        return int(client.get("/api/argus/statements").json()["cached"])

    first = work(1)
    assert first > 20
    assert [work(2), work(3)] == [first, first]


# --- Pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("empty_tables")
def test_the_page_creates_moves_and_tells_without_javascript(client: httpx.Client, submit: Submit) -> None:
    user = create_user(client, "<b>Io</b>")
    chosen = f"{HOME}?plugin=longevity&viewer={user}"
    fields = {"test_name": "<i>grazing</i>", "release": "r & d", "tags": "arm, , gating", "assignee": user}
    answer = submit(chosen, "/tracker/create", hours="4", dataset_gb="100", **fields)
    assert answer.status_code == 303
    run_page = answer.headers["location"]
    (run,) = client.get("/api/argus/runs", params={"release": "r & d"}).json()
    assert (run["test_name"], run["tags"], run["plugin"]) == ("<i>grazing</i>", ["arm", "gating"], "longevity")
    shown = client.get(run_page).text
    assert "&lt;i&gt;grazing&lt;/i&gt;" in shown and "<i>" not in shown
    assert "Status: created" in shown and "4 h 0 min" in shown and "not ended" in shown
    for status, expected in [("running", 303), ("running", 409), ("failed", 303)]:
        moved = submit(run_page, "/tracker/run/move", status=status)
        assert moved.status_code == expected
        if expected == 303:
            assert moved.headers["location"] == run_page
        else:
            assert "the run is running already" in moved.text
    assert "0 h 0 min, 0% of it" in client.get(run_page).text
    board = client.get(f"{HOME}?viewer={user}").text
    assert "1 unread for <bdi>&lt;b&gt;Io&lt;/b&gt;</bdi>" in board and "<bdi>r &amp; d</bdi>: 1 run" in board
    assert "1 unread" in client.get(run_page).text
    back = submit(f"{HOME}?viewer={user}", "/tracker/read")
    assert (back.status_code, httpx.URL(back.headers["location"]).params["release"]) == (303, "r & d")
    assert "0 unread" in client.get(back.headers["location"]).text


def test_the_page_adds_events_and_shows_them_by_severity(client: httpx.Client, submit: Submit) -> None:
    run = create_run(client)
    url = f"/tracker/run?run={run['id']}"
    send(client, run, *["debug"] * 501, *["warning"] * 16)
    answer = submit(url, "/tracker/run/event", severity="critical", message="<u>gone</u>", node="hill")
    assert answer.status_code == 303
    shown = client.get(url).text
    assert "&lt;u&gt;gone&lt;/u&gt;" in shown and "hill" in shown and "<u>" not in shown
    assert "critical 1</a>" in shown and "warning 16</a>" in shown and "debug 500+</a>" in shown
    first = client.get(f"{url}&severity=warning").text
    assert first.count('<span class="tag">warning</span>') == 15
    (earlier,) = re.findall(r'href="([^"]+)">Earlier events', first)
    second = client.get(html.unescape(earlier)).text
    assert second.count('<span class="tag">warning</span>') == 1
    assert 'hx-trigger="every 5s"' in first and 'hx-trigger="every 5s"' not in second


@pytest.mark.usefixtures("empty_tables")
def test_the_page_counts_and_filters_the_runs_of_a_release(client: httpx.Client) -> None:
    for number in range(17):
        run = create_run(client, f"test {number % 3}", "r9")
        if number % 2:
            move(client, run, "running")
    first = client.get(HOME).text
    assert "<bdi>r9</bdi>: 17 runs" in first and "running 8" in first and "created 9" in first
    assert 'aria-label="Runs of r9 by test and status"' in first
    (more,) = re.findall(r'href="([^"]+)">More runs', first)
    second = client.get(html.unescape(more)).text
    links = [set(re.findall(r"/tracker/run\?run=([0-9a-f-]+)", shown)) for shown in (first, second)]
    assert [len(found) for found in links] == [15, 2] and not links[0] & links[1]
    running = client.get(f"{HOME}?release=r9&status=running").text
    assert len(re.findall(r"/tracker/run\?run=", running)) == 8


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"hours": "4"}, "Field required"),
        ({"release": "r1", "hours": "721", "dataset_gb": "1"}, "less than or equal to 720"),
        ({"release": "r1", "hours": "1", "dataset_gb": "1", "tags": "x" * 61}, "at most 60"),
    ],
)
def test_the_page_shows_a_refused_run_again_with_what_was_typed(
    submit: Submit, fields: dict[str, str], told: str
) -> None:
    answer = submit(f"{HOME}?plugin=longevity", "/tracker/create", test_name="kept as typed", **fields)
    assert answer.status_code == 422
    assert 'value="kept as typed"' in answer.text and told in answer.text
    assert 'name="hours" type="number" value="' + fields["hours"] in answer.text


def test_the_page_shows_a_refused_event_again_with_what_was_typed(client: httpx.Client, submit: Submit) -> None:
    run = create_run(client)
    answer = submit(f"/tracker/run?run={run['id']}", "/tracker/run/event", node="kept as typed", severity="error")
    assert answer.status_code == 422
    assert 'value="kept as typed"' in answer.text and '<option value="error" selected>' in answer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/tracker/run", 422),
        ("/tracker/run?run=x", 422),
        (f"/tracker/run?run={uuid4()}", 404),
        (f"{HOME}?viewer={uuid4()}", 404),
        (f"{HOME}?release=r1&cursor={uuid4()}", 422),
        (f"{HOME}?plugin=unknown", 422),
        (f"{HOME}?status=resting", 422),
    ],
)
def test_a_page_of_nothing_is_an_error(client: httpx.Client, address: str, status: int) -> None:
    create_run(client)
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_the_panel_shows_the_models_and_the_cql_of_the_page(client: httpx.Client, submit: Submit) -> None:
    submit(HOME, "/tracker/create", test_name="seen", release="under the hood")
    (run,) = client.get("/api/argus/runs?test_name=seen").json()
    url = f"/tracker/run?run={run['id']}"
    submit(url, "/tracker/run/move", status="running")
    for address in (HOME, url):
        _, _, panel = client.get(address).text.partition('id="hood"')
        assert "class TestRun(Document)" in panel and "SELECT" in panel and "LOCAL_QUORUM" in panel
        assert "INSERT" not in panel and "UPDATE" not in panel, "what somebody else has created and moved"


@pytest.mark.usefixtures("keyspace")
def test_status_is_only_written_by_transactions() -> None:
    cql_log.start()
    run = service.create_run(RunCreate(test_name="transactions", release="r1"))
    service.move_run(run.id, RunMove(status="running"))
    statements = [statement.cql for statement in cql_log.statements() if "argus_runs " in statement.cql]
    insert, update = (cql for cql in statements if not cql.startswith("SELECT"))
    assert "IF NOT EXISTS" in insert
    assert 'IF "status" = ?' in update


# --- The seed --------------------------------------------------------------------------------------------------------


class Stopped(Exception):
    """The end of a seed, anywhere."""


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize("step", ["events.store_events", "people.notify_of_failure", "runs.write_run"])
def test_the_next_seed_completes_one_that_ended_halfway(
    select: Select, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    line = RunLine.model_validate(
        {
            "test_name": "half-tracked",
            "release": "r1",
            "assignee": {"name": "Io", "email": "io@argus.example"},
            "started_at": "2026-01-05T06:00:00Z",
            "status": "failed",
            "hours": 1,
            "events": [{"severity": "error", "message": f"eye {number}"} for number in range(3)],
        }
    )

    def stop(*_: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched, pytest.raises(Stopped):
        patched.setattr(f"{seed.__package__}.{step}", stop)
        seed.track(line)
    assert seed.track(line)
    assert not seed.track(line)
    numbers = [
        select(f"SELECT COUNT(*) AS n FROM argus_{name}")[0]["n"] for name in ("runs", "events", "notifications")
    ]
    assert numbers == [1, 3, 1]


@pytest.mark.usefixtures("empty_tables")
def test_seeding_again_leaves_what_has_happened_since(client: httpx.Client, select: Select) -> None:
    command = [*conftest.SEEDS["argus"], "--count", "12"]
    done = conftest.run(command)
    assert done.returncode == 0, done.stdout + done.stderr
    users = {user["name"]: user["id"] for user in client.get("/api/argus/users").json()}
    url = f"/api/argus/users/{users['Ada Sentinel']}/notifications"
    for notification in client.get(url).json():
        client.post(f"{url}/{notification['id']}/read")
    tables = ("argus_runs", "argus_events", "argus_notifications")
    before = {table: select(f"SELECT * FROM {table}") for table in tables}
    assert len(before["argus_runs"]) == 12 and before["argus_events"]
    assert {row["receiver"] for row in before["argus_notifications"]} == {UUID(user) for user in users.values()}
    assert conftest.run(command).returncode == 0
    assert {table: select(f"SELECT * FROM {table}") for table in tables} == before
