"""The identity registry as its users meet it: over HTTP, with a look into the database."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import conftest

from ..db import cql_log
from ..errors import Conflict, NotFound, OutcomeUnknown
from . import service
from .models import UserProfile, UserRegistration
from .schemas import ProfileUpdate, UserCreate

HOME = conftest.PAGES["lwt"]

HERO = {"email": "real@heroes.example", "display_name": "The real one", "dimension": "Dimension-6"}
CLONE = {"email": "copy@doppel-9.example", "display_name": "A copy", "dimension": "Dimension-9"}


def register(client: httpx.Client, username: str, **query: str) -> str:
    """Register a hero and return the user_id."""
    answer = client.post("/api/users", params={"username": username, **HERO, **query})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["user_id"])


def at_once(times: int, request: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Send requests at the same time, each from its own thread, and return their answers."""
    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(request, range(times)))


def test_the_published_commands(client: httpx.Client) -> None:
    command = "/api/users?username=nova&email=nova@heroes.example&display_name=Nova&dimension=Dimension-6"
    answer = client.post(command)
    assert answer.status_code == 201
    user_id = answer.json()["user_id"]
    assert answer.json() == {"applied": True, "username": "nova", "user_id": user_id}
    assert user_id == str(UUID(user_id))

    taken = client.post(command)
    assert taken.status_code == 409
    assert taken.json()["detail"]["error"] == "username_taken"
    assert taken.json()["detail"]["existing"]["user_id"] == client.get("/api/users/nova").json()["user_id"] == user_id
    assert "nova" in [user["username"] for user in client.get("/api/users?dimension=Dimension-6&limit=500").json()]

    profile = client.get(f"/api/profiles/{user_id}").json()
    assert (profile["username"], profile["status"], profile["version"]) == ("nova", "active", 1)
    assert profile["updated_at"].endswith("Z")
    change = f"/api/profiles/{user_id}?bio=Keeps+the+tower&status=on+patrol&expected_version=1"
    current = {"user_id": user_id, "username": "nova", "bio": "Keeps the tower", "status": "on patrol", "version": 2}
    changed = client.put(change)
    assert changed.status_code == 200
    assert changed.json().items() >= current.items()
    stale = client.put(change)
    assert stale.status_code == 409
    assert stale.json()["detail"]["error"] == "version_conflict"
    assert stale.json()["detail"]["existing"].items() >= current.items()

    assert client.delete("/api/users/nova").json() == {"applied": True}
    gone = client.delete("/api/users/nova")
    assert (gone.status_code, gone.json()) == (404, {"detail": {"error": "user_not_found"}})
    assert client.get("/api/users/nova").status_code == 404
    assert client.get(f"/api/profiles/{user_id}").status_code == 404


def test_a_taken_name_keeps_its_holder(client: httpx.Client, select: conftest.Select) -> None:
    user_id = register(client, "original")
    answer = client.post("/api/users", params={"username": "original", **CLONE})
    assert answer.status_code == 409
    existing = answer.json()["detail"]["existing"]
    assert existing.items() >= {"username": "original", "user_id": user_id, **HERO}.items()
    assert existing["registered_at"].endswith("Z")
    by_name = "SELECT email, display_name, dimension, user_id FROM user_registrations WHERE username = ?"
    (row,) = select(by_name, "original")
    assert row == {**HERO, "user_id": UUID(user_id)}


@pytest.mark.usefixtures("empty_tables")
def test_of_fifty_registrations_of_one_name_exactly_one_is_applied(
    client: httpx.Client, select: conftest.Select
) -> None:
    def attempt(number: int) -> httpx.Response:
        query = {"username": "contested", **CLONE, "display_name": f"Copy {number}"}
        return client.post("/api/users", params=query)

    answers = at_once(50, attempt)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    (winner,) = [answer.json()["user_id"] for answer in answers if answer.status_code == 201]
    holders = {answer.json()["detail"]["existing"]["user_id"] for answer in answers if answer.status_code == 409}
    assert holders == {winner}
    assert select("SELECT user_id FROM user_profiles") == [{"user_id": UUID(winner)}]


def test_of_fifty_changes_from_one_version_exactly_one_is_applied(
    client: httpx.Client, select: conftest.Select
) -> None:
    url = f"/api/profiles/{register(client, 'many-tabs')}"

    answers = at_once(50, lambda number: client.put(url, params={"bio": f"Tab {number}", "expected_version": 1}))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert winner["version"] == 2
    assert client.get(url).json() == winner
    refusals = [answer.json()["detail"]["existing"] for answer in answers if answer.status_code == 409]
    assert {(existing["version"], existing["bio"]) for existing in refusals} == {(2, winner["bio"])}


def test_of_fifty_deletions_exactly_one_is_applied(client: httpx.Client, select: conftest.Select) -> None:
    user_id = register(client, "leaving")
    answers = at_once(50, lambda _: client.delete("/api/users/leaving"))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 404: 49}
    assert select("SELECT user_id FROM user_profiles WHERE user_id = ?", UUID(user_id)) == []


def test_a_name_that_was_freed_can_be_taken_again(client: httpx.Client) -> None:
    first = register(client, "phoenix")
    client.delete("/api/users/phoenix")
    second = register(client, "phoenix", display_name="The second one")
    assert first != second
    assert client.get("/api/users/phoenix").json()["display_name"] == "The second one"
    assert client.get(f"/api/profiles/{second}").json()["version"] == 1


def test_what_a_change_does_not_give_stays_as_it_is(client: httpx.Client, select: conftest.Select) -> None:
    user_id = register(client, "half-and-half")
    url = f"/api/profiles/{user_id}"
    client.put(url, params={"bio": "first", "status": "away", "expected_version": 1})
    assert client.put(url, params={"bio": "second", "expected_version": 2}).json()["status"] == "away"
    assert client.put(url, params={"status": "back", "expected_version": 3}).json()["bio"] == "second"
    (row,) = select("SELECT username, bio, status, version FROM user_profiles WHERE user_id = ?", UUID(user_id))
    assert row == {"username": "half-and-half", "bio": "second", "status": "back", "version": 4}


def test_a_refused_change_is_not_shown_as_made(client: httpx.Client) -> None:
    url = f"/api/profiles/{register(client, 'unmoved')}"
    untouched = client.get(url).json()
    answer = client.put(url, params={"bio": "never written", "expected_version": 7})
    assert answer.status_code == 409
    existing = answer.json()["detail"]["existing"]
    assert (existing["version"], existing["bio"], existing["status"]) == (1, "", "active")
    assert client.get(url).json() == untouched


def read_and_be_overtaken(monkeypatch: pytest.MonkeyPatch, model: type[Any], overtake: Callable[[], Any]) -> None:
    """Let something happen between the next reading of a row and what follows it."""
    find_one = model.find_one

    def read_first(**filters: Any) -> Any:
        found = find_one(**filters)
        monkeypatch.setattr(model, "find_one", find_one)
        overtake()
        return found

    monkeypatch.setattr(model, "find_one", read_first)


def test_an_answer_is_what_was_stored_even_if_another_change_came_in_between(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = UUID(register(client, "overtaken"))
    first: dict[str, str | int] = {"bio": "from the other tab", "expected_version": 1}
    read_and_be_overtaken(
        monkeypatch, UserProfile, lambda: client.put(f"/api/profiles/{user_id}", params=first).raise_for_status()
    )
    answer = service.update_profile(user_id, ProfileUpdate(status="away", expected_version=2))
    assert (answer.bio, answer.status, answer.version) == ("from the other tab", "away", 3)
    assert client.get(f"/api/profiles/{user_id}").json() == answer.model_dump(mode="json")


def test_a_deletion_takes_the_name_from_nobody_else(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, select: conftest.Select
) -> None:
    first, second = register(client, "handed-on"), list[str]()

    def hand_on() -> None:
        client.delete("/api/users/handed-on").raise_for_status()
        second.append(register(client, "handed-on"))

    read_and_be_overtaken(monkeypatch, UserRegistration, hand_on)
    with pytest.raises(NotFound):
        service.delete_user("handed-on")
    assert client.get("/api/users/handed-on").json()["user_id"] == second[0] != first
    assert client.get(f"/api/profiles/{second[0]}").json()["version"] == 1
    assert select("SELECT user_id FROM user_profiles WHERE user_id = ?", UUID(first)) == []


class Crashed(BaseException):
    """The end of the process."""


def test_a_registration_that_ends_halfway_leaves_nothing_to_be_seen(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(user: UserRegistration) -> None:
        raise Crashed

    hero, user_id = UserCreate(username="half-born", email="half@x", display_name="Half"), uuid4()
    with monkeypatch.context() as patched, pytest.raises(Crashed):
        patched.setattr(UserRegistration, "insert", end)
        service.create_user(hero, user_id)
    assert client.get("/api/users/half-born").status_code == 404
    profile = f"/api/profiles/{user_id}"
    assert client.get(profile).status_code == 404
    assert client.put(profile, params={"bio": "boo", "expected_version": 1}).status_code == 404
    successor = register(client, "half-born")
    assert client.get(profile).status_code == 404, "the name is somebody else's"
    assert client.get(f"/api/profiles/{successor}").json()["version"] == 1


def test_a_registration_whose_outcome_is_unknown_has_its_profile_if_it_was_applied(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = UserRegistration.insert

    def insert_and_lose_the_answer(user: UserRegistration) -> None:
        insert(user)
        raise OutcomeUnknown

    hero, user_id = UserCreate(username="unheard", email="un@x", display_name="Unheard"), uuid4()
    with monkeypatch.context() as patched, pytest.raises(OutcomeUnknown):
        patched.setattr(UserRegistration, "insert", insert_and_lose_the_answer)
        service.create_user(hero, user_id)
    assert client.get("/api/users/unheard").json()["user_id"] == str(user_id)
    assert client.get(f"/api/profiles/{user_id}").json()["version"] == 1


def test_a_deletion_that_ends_halfway_leaves_nothing_to_be_seen(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = register(client, "half-gone")

    def end(**_: Any) -> None:
        raise Crashed

    with monkeypatch.context() as patched, pytest.raises(Crashed):
        patched.setattr(UserProfile, "find", end)
        service.delete_user("half-gone")
    assert client.get("/api/users/half-gone").status_code == 404
    assert client.get(f"/api/profiles/{user_id}").status_code == 404


def test_a_refused_registration_leaves_no_profile(client: httpx.Client, select: conftest.Select) -> None:
    user_id = register(client, "contender")
    before = select("SELECT COUNT(*) AS n FROM user_profiles")
    assert client.post("/api/users", params={"username": "contender", **CLONE}).status_code == 409
    assert select("SELECT COUNT(*) AS n FROM user_profiles") == before
    # Two seeds that run at once register the same hero under the same id.
    with pytest.raises(Conflict):
        service.create_user(UserCreate(username="contender", **HERO), UUID(user_id))
    assert client.get(f"/api/profiles/{user_id}").status_code == 200


def fight_over(name: str, addresses: list[str], stop: Event) -> list[str]:
    """Register, edit and delete at the first server until it is gone, then at the next; return the ids of the 201s."""
    registered: list[str] = []
    for address in addresses:
        try:
            with httpx.Client(base_url=address, timeout=30) as client:
                while not stop.is_set():
                    answer = client.post("/api/users", params={"username": name, **HERO})
                    assert answer.status_code in {201, 409, 504}, answer.text
                    if answer.status_code == 201:
                        registered.append(answer.json()["user_id"])
                    for version in (1, 2):
                        edit = {"bio": f"edit of {version}", "expected_version": version}
                        holder = client.get(f"/api/users/{name}").json().get("user_id", uuid4())
                        changed = client.put(f"/api/profiles/{holder}", params=edit)
                        assert changed.status_code in {200, 404, 409, 504}, changed.text
                        if changed.status_code == 200 and changed.json()["version"] == version + 1:
                            assert changed.json()["bio"] == edit["bio"]
                    answer = client.delete(f"/api/users/{name}")
                    assert answer.status_code in {200, 404, 504}, answer.text
        except httpx.TransportError:
            continue
    return registered


@pytest.mark.usefixtures("empty_tables")
def test_sixteen_clients_and_a_killed_server_leave_a_name_with_its_profile(
    server: str, client: httpx.Client, select: conftest.Select, tmp_path: Path
) -> None:
    port, log = conftest.free_port(), tmp_path / "doomed.log"
    doomed, stop = f"http://127.0.0.1:{port}", Event()
    with log.open("w") as output:
        environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
        command = [sys.executable, *conftest.SERVE]
        process = subprocess.Popen(command, cwd=conftest.PROJECT, env=environment, stdout=output, stderr=output)
    try:
        conftest.wait_until(lambda: conftest.answers(doomed), 60, log.read_text)
        with ThreadPoolExecutor(16) as pool:
            addresses = [[doomed, server], [server]] * 8
            clients = [pool.submit(fight_over, "fought-over", each, stop) for each in addresses]
            try:
                stop.wait(3)
                process.kill()
                stop.wait(3)
            finally:
                stop.set()
            registered = [user_id for each in clients for user_id in each.result()]
    finally:
        process.kill()
        process.wait()
    assert registered
    holders = {
        str(row["user_id"]): row["username"] for row in select("SELECT username, user_id FROM user_registrations")
    }
    for user_id in {*registered, *holders}:
        profile = client.get(f"/api/profiles/{user_id}")
        assert profile.status_code == (200 if user_id in holders else 404), user_id
        if user_id in holders:
            assert profile.json()["username"] == holders[user_id]


def test_changing_an_unknown_profile_writes_no_ghost(client: httpx.Client, select: conftest.Select) -> None:
    user_id = uuid4()
    answer = client.put(f"/api/profiles/{user_id}", params={"bio": "boo", "expected_version": 1})
    assert (answer.status_code, answer.json()) == (404, {"detail": {"error": "profile_not_found"}})
    assert select("SELECT user_id FROM user_profiles WHERE user_id = ?", user_id) == []


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize(("dimension", "expected"), [(None, range(12)), ("Dimension-1", range(0, 12, 2))])
def test_the_list_pages_without_loss(client: httpx.Client, dimension: str | None, expected: range) -> None:
    for number in range(12):
        register(client, f"hero-{number}", dimension=f"Dimension-{1 + number % 2}")
    seen = conftest.walk(client, "/api/users", limit=3, **({"dimension": dimension} if dimension else {}))
    assert sorted(user["username"] for user in seen) == sorted(f"hero-{number}" for number in expected)
    assert {user["dimension"] for user in seen} <= ({dimension} if dimension else {"Dimension-1", "Dimension-2"})


@pytest.mark.parametrize(
    "query",
    [
        {"username": None},
        {"email": None},
        {"display_name": None},
        {"username": "two words"},
        {"username": "with/slash"},
        {"username": ".."},
        {"username": "x" * 65},
        {"email": "no address"},
        {"email": "two@at@signs"},
        {"display_name": "   "},
        {"display_name": "nul \0 byte"},
        {"display_name": "x" * 101},
        {"dimension": "x" * 61},
        {"user_id": str(uuid4())},
    ],
)
def test_a_bad_registration_is_refused_and_writes_nothing(
    client: httpx.Client, select: conftest.Select, query: dict[str, str | None]
) -> None:
    valid = {"username": "unwritten", **HERO}
    answer = client.post("/api/users", params={name: value for name, value in {**valid, **query}.items() if value})
    assert answer.status_code == 422
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["detail"])
    assert select("SELECT username FROM user_registrations WHERE username = 'unwritten'") == []


@pytest.mark.parametrize(
    "query",
    [
        {"bio": "no version"},
        {"expected_version": 1},
        {"bio": "x", "expected_version": 0},
        {"bio": "x", "expected_version": 2_147_483_647},
        {"bio": "x", "expected_version": "latest"},
        {"bio": "x" * 501, "expected_version": 1},
        {"status": "x" * 41, "expected_version": 1},
        {"status": "  ", "expected_version": 1},
        {"bio": "x", "expected_version": 1, "version": 9},
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(client: httpx.Client, query: dict[str, str | int]) -> None:
    username = f"steady-{uuid4().hex}"
    url = f"/api/profiles/{register(client, username)}"
    answer = client.put(url, params=query)
    assert answer.status_code == 422
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["detail"])
    assert client.get(url).json()["version"] == 1


def test_the_largest_version_that_fits_is_compared(client: httpx.Client) -> None:
    url = f"/api/profiles/{register(client, 'long-lived')}"
    assert client.put(url, params={"bio": "x", "expected_version": 2_147_483_646}).status_code == 409


def test_a_malformed_user_id_is_refused(client: httpx.Client) -> None:
    assert client.get("/api/profiles/not-a-uuid").status_code == 422


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=with%20space", "cursor=", "page=2"])
def test_a_made_up_page_is_refused(client: httpx.Client, query: str) -> None:
    assert client.get(f"/api/users?{query}").status_code == 422


def test_the_page_registers_shows_and_deletes_without_javascript(client: httpx.Client, submit: conftest.Submit) -> None:
    markup = "<b>bold</b> & sharp"
    answer = submit(HOME, "/registry/register", username="page-1", email="one@x", display_name=markup)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}?registered=page-1")
    page = client.get(answer.headers["location"]).text
    assert 'id="registered"' in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; sharp" in page and markup not in page
    assert submit(HOME, "/registry/remove", username="page-1").status_code == 303
    assert client.get("/api/users/page-1").status_code == 404
    assert submit(HOME, "/registry/remove", username="page-1").status_code == 303


def test_the_page_shows_a_collision_side_by_side(client: httpx.Client, submit: conftest.Submit) -> None:
    register(client, "page-2", display_name="<i>the first</i>")
    answer = submit(HOME, "/registry/register", username="page-2", email="copy@x", display_name="<i>a copy</i>")
    assert answer.status_code == 409
    collision = answer.text.split('id="collision"')[1].split("</section>")[0]
    assert "&lt;i&gt;a copy&lt;/i&gt;" in collision and "&lt;i&gt;the first&lt;/i&gt;" in collision
    assert "<i>" not in answer.text
    assert 'value="page-2"' in answer.text, "the form keeps what was typed"


def test_the_page_shows_a_refused_form_again_with_what_was_typed(submit: conftest.Submit) -> None:
    answer = submit(HOME, "/registry/register", username="no spaces", email="kept@as.typed", display_name="x")
    assert answer.status_code == 422
    assert 'value="kept@as.typed"' in answer.text
    assert 'aria-invalid="true" aria-describedby="username-error"' in answer.text
    assert 'id="collision"' not in answer.text


@pytest.mark.usefixtures("empty_tables")
def test_the_page_filters_by_dimension_and_leads_on(client: httpx.Client) -> None:
    for number in range(4):
        register(client, f"page-hero-{number}", dimension=f"Dimension {number % 2} & up")
    first = client.get(HOME, params={"dimension": "Dimension 1 & up", "limit": 1}).text
    link = first.split('">More heroes')[0].rsplit('href="', 1)[1].replace("&amp;", "&")
    second = client.get(link).text
    shown = re.findall(r"Profile of ([a-z0-9-]+)", first + second)
    assert sorted(shown) == ["page-hero-1", "page-hero-3"]
    assert "More heroes" not in second


def test_of_two_tabs_the_second_sees_the_conflict(client: httpx.Client, submit: conftest.Submit) -> None:
    user_id = register(client, "two-tabs")
    url, save = f"/registry/profile?user_id={user_id}", "/registry/profile/save"
    stale = {"expected_version": "1"}
    answer = submit(url, save, bio="from the first tab", status="away")
    assert (answer.status_code, answer.headers["location"]) == (303, url)
    conflict = submit(url, save, bio="<i>from the second tab</i>", **stale)
    assert conflict.status_code == 409
    assert "&lt;i&gt;from the second tab&lt;/i&gt;" in conflict.text and "from the first tab" in conflict.text
    assert "<i>" not in conflict.text
    assert "made from version 1" in conflict.text and "Load version 2" in conflict.text
    assert 'name="expected_version" value="2"' in conflict.text
    assert client.get(f"/api/profiles/{user_id}").json()["bio"] == "from the first tab"
    assert submit(url, save, bio="from the second tab").status_code == 303
    profile = client.get(f"/api/profiles/{user_id}").json()
    assert (profile["bio"], profile["status"], profile["version"]) == ("from the second tab", "away", 3)


def test_a_refused_profile_form_stays_at_its_version(client: httpx.Client, submit: conftest.Submit) -> None:
    user_id = register(client, "stale-form")
    url, save = f"/registry/profile?user_id={user_id}", "/registry/profile/save"
    submit(url, save, bio="version two now")
    answer = submit(url, save, bio=" ", status=" ", expected_version="1")
    assert answer.status_code == 422
    assert "give a bio, a status, or both" in answer.text
    assert 'name="expected_version" value="1"' in answer.text


@pytest.mark.parametrize(("user_id", "status"), [("nobody", 422), ("", 422), (uuid4(), 404)])
def test_the_page_of_no_profile_is_an_error(client: httpx.Client, user_id: object, status: int) -> None:
    assert client.get(f"/registry/profile?user_id={user_id}").status_code == status


def test_the_panel_shows_the_models_and_the_cql_of_the_page(client: httpx.Client, submit: conftest.Submit) -> None:
    user_id = register(client, "seen-under-the-hood")
    url = f"/registry/profile?user_id={user_id}"
    taken = submit(HOME, "/registry/register", username="seen-under-the-hood", email="a@x", display_name="x").text
    assert "IF NOT EXISTS" in taken
    page = submit(url, "/registry/profile/save", bio="x", expected_version="9").text
    assert "class UserRegistration(Document)" in page and "class UserProfile(Document)" in page
    assert "IF &#34;version&#34; = ?" in page and "LOCAL_QUORUM" in page
    submit(HOME, "/registry/remove", username="seen-under-the-hood")
    assert "seen-under-the-hood" not in client.get(HOME).text, "what somebody else has removed"


@pytest.mark.usefixtures("keyspace")
def test_a_name_is_taken_and_given_back_by_transactions() -> None:
    cql_log.start()
    service.create_user(UserCreate(username="by-transaction", email="a@x.example", display_name="x"))
    service.delete_user("by-transaction")
    statements = [statement.cql for statement in cql_log.statements() if "user_registrations" in statement.cql]
    taken, given_back = (cql for cql in statements if not cql.startswith("SELECT"))
    assert taken.endswith(" IF NOT EXISTS")
    assert given_back.endswith(' IF "user_id" = ?')
