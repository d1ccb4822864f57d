"""Twins of collections: an article and its tags."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tools.bench.twins import ROWS, Bare, Call, Endpoint, Feature, Received, Request, Steps, now, rfc3339, to_json

SELECT_ARTICLE = "SELECT id, title, body, author, tags, notes, metadata, badges, history FROM articles WHERE id = ?"
ADD_TAGS = "UPDATE articles SET tags = tags + ?, history = history + ? WHERE id = ? IF EXISTS"
SHORTEN_HISTORY = "UPDATE articles SET history = history - ? WHERE id = ? IF EXISTS"


def article_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "title": row["title"],
        "body": row["body"],
        "author": row["author"]._asdict(),
        "tags": sorted(row["tags"] or ()),
        "notes": row["notes"] or [],
        "metadata": dict(row["metadata"] or {}),
        "badges": sorted(row["badges"] or ()),
        "history": [{"at": rfc3339(event.at), "action": event.action} for event in row["history"] or ()],
    }


def add_tags(bare: Bare, request: Received) -> Steps:
    article_id, tags = UUID(request.path["article_id"]), set(request.data.tags)
    rows = yield bare.bind(SELECT_ARTICLE, [article_id])
    if not rows:
        return 404, {"detail": "There is no such article."}
    history = rows[0]["history"] or []
    if len(history) >= 100:
        yield bare.bind(SHORTEN_HISTORY, [history[:-50], article_id])
    if len((rows[0]["tags"] or set()) | tags) > 100:
        return 409, {"detail": "An article holds at most 100 tags."}
    event = (now(), f"tagged {', '.join(sorted(tags))}"[:120])
    rows = yield bare.bind(ADD_TAGS, [tags, [event], article_id])
    if not rows[0]["[applied]"]:
        return 404, {"detail": "There is no such article."}
    rows = yield bare.bind(SELECT_ARTICLE, [article_id])
    return 200, article_json(rows[0])


def get_article(bare: Bare, request: Received) -> Steps:
    rows = yield bare.bind(SELECT_ARTICLE, [UUID(request.path["article_id"])])
    return (200, article_json(rows[0])) if rows else (404, {"detail": "There is no such article."})


FEATURE = Feature(
    first=Call(
        "POST",
        "/api/articles",
        lambda *_: Request(
            body=to_json(
                {
                    "title": "What minds share",
                    "body": "A thought that is tagged is half remembered.",
                    "author": {"name": "Ada", "email": "ada@example.org"},
                    "notes": ["Begins well."],
                    "metadata": {"language": "en"},
                    "badges": ["curated"],
                }
            )
        ),
    ),
    write=Endpoint(
        "POST",
        "/api/articles/{article_id}/tags",
        lambda number, made: Request(path={"article_id": made["id"]}, body=to_json({"tags": [f"tag {number % ROWS}"]})),
        add_tags,
        body="TagsAdd",
    ),
    read=Endpoint(
        "GET", "/api/articles/{article_id}", lambda _, made: Request(path={"article_id": made["id"]}), get_article
    ),
)
