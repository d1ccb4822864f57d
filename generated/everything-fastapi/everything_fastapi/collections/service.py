"""Writing articles and changing their collections, each change in one statement; counting their tags."""

from collections import Counter
from heapq import nsmallest
from textwrap import shorten
from uuid import UUID

from coodie.aio import execute_raw

from ..db.paging import Page
from ..db.times import now
from ..db.tokens import after_token
from ..errors import Conflict, NotFound
from .models import Article, Author, Event
from .schemas import (
    MAX_METADATA,
    MAX_NOTES,
    MAX_TAGS,
    ArticleCreate,
    ArticleList,
    ArticleUpdate,
    MetadataValue,
    NoteAdd,
    TagList,
    TagOut,
    TagsAdd,
)

HISTORY = 50
"""How many events of an article are always kept; once there are twice as many, the oldest are removed."""

NO_ARTICLE = "There is no such article."
MAX_COUNTED = 5_000
"""Of how many articles the tags are counted at most."""


async def create_article(data: ArticleCreate) -> Article:
    """Write a new article; Conflict if `data` brings the id of an existing one."""
    article = Article(**data.model_dump(), history=[_event("created")])
    # Later changes of the row are transactions, and plain writes must not be mixed with them.
    result = await article.insert()
    if not result.applied:
        raise Conflict("There is such an article already.")
    return article


async def list_articles(query: ArticleList) -> Page[Article]:
    """Return articles in the order of their tokens; those with one tag come from the index on the set."""
    found = Article.find().limit(query.limit + 1)
    if query.tag is not None:
        found = found.filter(tags__contains=query.tag)
    if query.cursor is not None:
        found = found.filter(id__token__gt=after_token(query.cursor.bytes))
    return Page.cut(await found.all(), query.limit, lambda last: last.id)


async def get_article(article_id: UUID) -> Article:
    """Return one article; NotFound if there is none."""
    article = await Article.find_one(id=article_id)
    if article is None:
        raise NotFound(NO_ARTICLE)
    return article


async def replace_article(article_id: UUID, data: ArticleUpdate) -> Article:
    """Replace an article except for its notes and history, in one statement; NotFound if there is none."""
    article = await get_article(article_id)
    return await _change(
        article,
        "replaced",
        title=data.title,
        body=data.body,
        author=Author(**data.author.model_dump()),
        tags=set(data.tags),
        metadata=data.metadata,
        badges=frozenset(data.badges),
    )


async def delete_article(article_id: UUID) -> None:
    """Delete an article; NotFound if there is none, or if another request deleted it first."""
    article = await get_article(article_id)
    result = await article.delete(if_exists=True)
    if not result.applied:
        raise NotFound(NO_ARTICLE)


async def add_tags(article_id: UUID, data: TagsAdd) -> Article:
    """Add tags to an article's set; Conflict if it would hold too many, NotFound if there is no article."""
    article = await get_article(article_id)
    _refuse_more(len(article.tags | set(data.tags)), MAX_TAGS, "tags")
    return await _change(article, f"tagged {', '.join(sorted(data.tags))}", tags__add=set(data.tags))


async def remove_tag(article_id: UUID, tag: str) -> Article:
    """Remove a tag from an article's set; NotFound if it isn't there, or there is no article."""
    article = await get_article(article_id)
    if tag not in article.tags:
        raise NotFound("The article has no such tag.")
    return await _change(article, f"untagged {tag}", tags__remove={tag})


async def add_note(article_id: UUID, data: NoteAdd) -> Article:
    """Prepend or append a note to an article's list; Conflict if it is full, NotFound if there is no article."""
    article = await get_article(article_id)
    _refuse_more(len(article.notes) + 1, MAX_NOTES, "notes")
    if data.at == "start":
        return await _change(article, "note prepended", notes__prepend=[data.text])
    return await _change(article, "note appended", notes__append=[data.text])


async def set_metadata(article_id: UUID, key: str, data: MetadataValue) -> Article:
    """Set one entry of an article's map; Conflict if that would be one too many, NotFound if there is no article."""
    article = await get_article(article_id)
    _refuse_more(len(article.metadata.keys() | {key}), MAX_METADATA, "metadata entries")
    return await _change(article, f"metadata {key} set", metadata__put=(key, data.value))


async def remove_metadata(article_id: UUID, key: str) -> Article:
    """Remove one entry of an article's map; NotFound if it isn't there, or there is no article."""
    article = await get_article(article_id)
    if key not in article.metadata:
        raise NotFound("The article has no such metadata.")
    return await _change(article, f"metadata {key} removed", metadata__remove={key})


async def list_tags(query: TagList) -> Page[TagOut]:
    """Return the tags and how many articles have each, most used first; of at most MAX_COUNTED articles."""
    numbers, counted, there_are_more = await count_tags(MAX_COUNTED)
    after = _parse_cursor(query.cursor)
    ranks = ((-number, tag) for tag, number in numbers.items())
    ranking = nsmallest(query.limit + 1, (rank for rank in ranks if rank > after))
    tags = [TagOut(tag=tag, number=-rank) for rank, tag in ranking]
    counted_over = counted if there_are_more else None
    return Page.cut(tags, query.limit, lambda last: f"{last.number}-{last.tag}", counted_over)


async def count_tags(most: int) -> tuple[Counter[str], int, bool]:
    """Return how many articles have each tag, of how many articles that is, at `most`, and whether there are more."""
    rows = await execute_raw("SELECT tags FROM articles LIMIT ?", [most + 1])
    counted = rows[:most]
    return Counter(tag for row in counted for tag in row["tags"] or ()), len(counted), len(rows) > most


async def _change(article: Article, action: str, **changes: object) -> Article:
    """Make one change and record it in the history, both in one statement; return the article as it is then."""
    if len(article.history) >= 2 * HISTORY:
        # By value, not by index: a request that does the same at the same time removes nothing else.
        await article.update(if_exists=True, history__remove=article.history[:-HISTORY])
    result = await article.update(if_exists=True, history__append=[_event(action)], **changes)
    if not result.applied:
        raise NotFound(NO_ARTICLE)
    return await get_article(article.id)


def _event(action: str) -> Event:
    return Event(at=now(), action=shorten(action, 120, placeholder=" …"))


def _refuse_more(number: int, limit: int, elements: str) -> None:
    if number > limit:
        raise Conflict(f"An article holds at most {limit} {elements}.")


def _parse_cursor(cursor: str | None) -> tuple[int, str]:
    number, _, tag = (cursor or "999999999-").partition("-")
    return -int(number), tag
