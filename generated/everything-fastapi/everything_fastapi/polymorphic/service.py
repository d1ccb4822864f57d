"""Publishing, changing and reading content of every kind; one table holds it all."""

from datetime import datetime
from uuid import UUID, uuid4

from ..db.documents import readable, reading
from ..db.paging import Page
from ..db.times import now
from ..db.tokens import after_token
from ..errors import Conflict, NotFound
from .models import KINDS, Content
from .schemas import ContentIn, ContentList, ContentOut


async def create_content(data: ContentIn, key: UUID | None = None, published_at: datetime | None = None) -> ContentOut:
    """Write a row of the class that `data.kind` names; Conflict if there is already a row with the given key."""
    model = KINDS[data.root.kind]
    content = model(**data.root.model_dump(), id=key or uuid4(), published_at=published_at or now())
    # Later changes are lightweight transactions, and plain writes must not be mixed with them.
    result = await content.insert()
    if not result.applied:
        raise Conflict({"error": "key_taken"})
    return _to_schema(content)


async def list_contents(query: ContentList) -> Page[ContentOut]:
    """Return content in the order of the ids' tokens, the only order that partitions have."""
    # A query on the base class finds every kind, one on a subclass adds WHERE kind = ?.
    model = Content if query.kind is None else KINDS[query.kind]
    found = model.find().limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(id__token__gt=after_token(query.cursor.bytes))
    rows = Page.cut(await found.all(), query.limit, lambda last: last.id)
    return Page(readable((row for row in rows.items if row.kind in KINDS), _to_schema), rows.cursor)


async def get_content(content_id: UUID) -> ContentOut:
    """Return one piece of content; NotFound if there is none."""
    return _to_schema(await _find(content_id))


async def update_content(content_id: UUID, data: ContentIn) -> ContentOut:
    """Replace all but id, kind and published_at; NotFound if there is no such row, Conflict if its kind differs."""
    content = await _find(content_id)
    changes = data.root.model_dump(exclude={"kind"})
    # Neither a row of another kind nor one that is being deleted meets the condition.
    result = await content.update(if_conditions={"kind": data.root.kind}, **changes)
    if not result.applied:
        existing = await get_content(content_id)
        raise Conflict({"error": "kind_is_fixed", "existing": existing.model_dump(mode="json")})
    return _to_schema(content)


async def delete_content(content_id: UUID) -> None:
    """Delete a piece of content, whatever its kind; NotFound if there is none."""
    result = await Content.find(id=content_id).if_exists().delete()
    if not result.applied:
        raise NotFound("There is no such content.")


async def _find(content_id: UUID) -> Content:
    content = await Content.find_one(id=content_id)
    # A newer version of the application may have written a kind that this one does not know.
    if content is None or content.kind not in KINDS:
        raise NotFound("There is no such content.")
    return content


def _to_schema(content: Content) -> ContentOut:
    with reading(type(content), vars(content)):
        return ContentOut.model_validate(content, from_attributes=True)
