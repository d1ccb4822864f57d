"""Twins of lwt: names that only one can take."""

from uuid import uuid4

from tools.bench.twins import Bare, Endpoint, Feature, Received, Request, Steps, now, rfc3339

INSERT_USER = (
    "INSERT INTO user_registrations (username, email, display_name, dimension, registered_at, user_id) "
    "VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS"
)
INSERT_PROFILE = (
    "INSERT INTO user_profiles (user_id, username, bio, status, version, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS"
)
SELECT_USER = (
    "SELECT username, email, display_name, dimension, registered_at, user_id FROM user_registrations WHERE username = ?"
)


def create_user(bare: Bare, request: Received) -> Steps:
    user, user_id, moment = request.data, uuid4(), now()
    yield bare.bind(INSERT_PROFILE, [user_id, user.username, "", "active", 1, moment])
    rows = yield bare.bind(INSERT_USER, [user.username, user.email, user.display_name, user.dimension, moment, user_id])
    if not rows[0]["[applied]"]:
        return 409, {"detail": {"error": "username_taken"}}
    return 201, {"applied": True, "username": user.username, "user_id": str(user_id)}


def get_user(bare: Bare, request: Received) -> Steps:
    rows = yield bare.bind(SELECT_USER, [request.path["username"]])
    if not rows:
        return 404, {"detail": {"error": "user_not_found"}}
    user = rows[0]
    return 200, {**user, "registered_at": rfc3339(user["registered_at"]), "user_id": str(user["user_id"])}


FEATURE = Feature(
    write=Endpoint(
        "POST",
        "/api/users",
        lambda number, _: Request(
            query={"username": f"hero-{number}", "email": "hero@example.org", "display_name": "A hero"}
        ),
        create_user,
        query="UserCreate",
    ),
    read=Endpoint(
        "GET", "/api/users/{username}", lambda _, made: Request(path={"username": made["username"]}), get_user
    ),
)
