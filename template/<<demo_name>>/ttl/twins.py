"""Twins of ttl: memories that fade."""

import secrets

from tools.bench.twins import Bare, Endpoint, Feature, Received, Request, Steps, now, rfc3339

INSERT_SESSION = (
    'INSERT INTO sessions ("token", memory, dimension, stolen_at, ttl_seconds) VALUES (?, ?, ?, ?, ?) USING TTL ?'
)
SELECT_SESSION = (
    'SELECT "token", memory, dimension, stolen_at, ttl_seconds, TTL(memory) AS remaining_ttl '
    'FROM sessions WHERE "token" = ?'
)


def create_session(bare: Bare, request: Received) -> Steps:
    session = {
        "token": request.data.token or secrets.token_hex(4).upper(),
        "memory": request.data.memory,
        "dimension": request.data.dimension,
        "stolen_at": now(),
        "ttl_seconds": request.data.ttl,
    }
    yield bare.bind(INSERT_SESSION, [*session.values(), request.data.ttl])
    return 201, {**session, "stolen_at": rfc3339(session["stolen_at"]), "remaining_ttl": request.data.ttl}


def get_session(bare: Bare, request: Received) -> Steps:
    rows = yield bare.bind(SELECT_SESSION, [request.path["token"]])
    if not rows:
        return 404, {"detail": "gone"}
    session = rows[0]
    return 200, {**session, "stolen_at": rfc3339(session["stolen_at"])}


FEATURE = Feature(
    write=Endpoint(
        "POST",
        "/api/sessions",
        lambda number, _: Request(query={"token": f"T{number}", "memory": "The smell of rain", "ttl": "86400"}),
        create_session,
        query="SessionCreate",
    ),
    read=Endpoint("GET", "/api/sessions/{token}", lambda _, made: Request(path={"token": made["token"]}), get_session),
)
