"""Publishing, changing and reading contents of every kind; one table holds them all."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from cassandra.metadata import Murmur3Token

from .. import database
from ..coodie_fixes import now
from ..errors import Conflict, NotFound
from ..schemas import Page
from .models import KINDS, Content
from .schemas import ContentIn, ContentList, ContentOut, PressQuery


@dataclass(frozen=True)
class Press:
    """What the page shows: a part of the contents, and the one that has just been written."""

    contents: Page[ContentOut]
    printed: ContentOut | None = None


async def create_content(data: ContentIn, key: UUID | None = None, published_at: datetime | None = None) -> ContentOut:
    """Write a row of the class that `data.kind` names; Conflict where a row has the given key already."""
    model = KINDS[data.root.kind]
    content = model(**data.root.model_dump(), id=key or uuid4(), published_at=published_at or now())
    # Later changes are lightweight transactions, and plain writes must not be mixed with them.
    result = await content.insert()
    if not result.applied:
        raise Conflict({"error": "key_taken"})
    return _to_schema(content)


async def list_contents(query: ContentList) -> Page[ContentOut]:
    """Return contents in the order of their ids' tokens, the only order that partitions have."""
    # A query on the base class finds every kind, one on a subclass adds WHERE kind = ?.
    model = Content if query.kind is None else KINDS[query.kind]
    after = {} if query.cursor is None else {"id__token__gt": Murmur3Token.from_key(query.cursor.bytes).value}
    rows = await model.find(**after).limit(query.limit + 1).all()
    shown = rows[: query.limit]
    cursor = str(shown[-1].id) if len(rows) > query.limit else None
    return Page(items=[_to_schema(row) for row in shown if row.kind in KINDS], cursor=cursor)


async def get_content(content_id: UUID) -> ContentOut:
    """Return one content; NotFound where there is none."""
    return _to_schema(await _find(content_id))


async def update_content(content_id: UUID, data: ContentIn) -> ContentOut:
    """Replace all but id, kind and published_at; NotFound where there is none, Conflict where it is of another kind."""
    content = await _find(content_id)
    changes = data.root.model_dump(exclude={"kind"})
    # Neither a row of another kind nor one that is deleted in this moment fulfils the condition.
    result = await content.update(if_conditions={"kind": data.root.kind}, **changes)
    if not result.applied:
        existing = await get_content(content_id)
        raise Conflict({"error": "kind_is_fixed", "existing": existing.model_dump(mode="json")})
    return _to_schema(content)


async def delete_content(content_id: UUID) -> None:
    """Delete a content of whatever kind; NotFound where there is none."""
    result = await Content.find(id=content_id).if_exists().delete()
    if not result.applied:
        raise NotFound("There is no such content.")


async def look(query: PressQuery) -> Press:
    """Return what the page shows; a content that was written and is gone again is left out."""
    contents = await list_contents(query)
    with suppress(NotFound):
        if query.printed is not None:
            return Press(contents, await get_content(query.printed))
    return Press(contents)


async def headline() -> str:
    """Return the one figure that the dashboard shows."""
    contents = await database.count_up_to(Content, 1000)
    if contents == 1000:
        return "1,000 pieces in print and more"
    return f"{contents} piece{'' if contents == 1 else 's'} in print"


async def _find(content_id: UUID) -> Content:
    content = await Content.find_one(id=content_id)
    # A newer version of the application may have written a kind that this one does not know.
    if content is None or content.kind not in KINDS:
        raise NotFound("There is no such content.")
    return content


def _to_schema(content: Content) -> ContentOut:
    return ContentOut.model_validate(content, from_attributes=True)
