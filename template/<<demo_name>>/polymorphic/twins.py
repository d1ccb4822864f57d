"""Twins of polymorphic: contents of several kinds in one table."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from tools.bench.twins import Bare, Endpoint, Feature, Received, Request, Steps, now, rfc3339, to_json

COMMON = ("id", "kind", "title", "author", "published_at", "tags")
KINDS = {
    "article": ("body", "reading_minutes"),
    "video": ("url", "duration_seconds", "resolution"),
    "podcast": ("audio_url", "episode", "guests"),
}
INSERT_CONTENT = {
    kind: f"INSERT INTO contents ({', '.join(COMMON + columns)}) "
    f"VALUES ({', '.join('?' for _ in COMMON + columns)}) IF NOT EXISTS"
    for kind, columns in KINDS.items()
}
SELECT_CONTENT = "SELECT * FROM contents WHERE id = ?"


def content_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in COMMON + KINDS[row["kind"]]},
        "id": str(row["id"]),
        "published_at": rfc3339(row["published_at"]),
        "tags": sorted(row["tags"] or ()),
    }


def create_content(bare: Bare, request: Received) -> Steps:
    content = {**request.data.root.model_dump(), "id": uuid4(), "published_at": now()}
    columns = COMMON + KINDS[content["kind"]]
    rows = yield bare.bind(INSERT_CONTENT[content["kind"]], [content[name] for name in columns])
    if not rows[0]["[applied]"]:
        return 409, {"detail": {"error": "key_taken"}}
    return 201, content_json(content)


def get_content(bare: Bare, request: Received) -> Steps:
    rows = yield bare.bind(SELECT_CONTENT, [UUID(request.path["content_id"])])
    return (200, content_json(rows[0])) if rows else (404, {"detail": "There is no such content."})


FEATURE = Feature(
    write=Endpoint(
        "POST",
        "/api/content",
        lambda number, _: Request(
            body=to_json(
                {
                    "kind": "article",
                    "title": f"Shapes, part {number}",
                    "author": "Ada",
                    "tags": ["form", "matter"],
                    "body": "Each row comes back as what it was.",
                    "reading_minutes": 5,
                }
            )
        ),
        create_content,
        body="ContentIn",
    ),
    read=Endpoint(
        "GET", "/api/content/{content_id}", lambda _, made: Request(path={"content_id": made["id"]}), get_content
    ),
)
