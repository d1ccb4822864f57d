"""Writing articles and changing their collections, each change one statement; counting their tags."""

from collections import Counter
from dataclasses import dataclass
from textwrap import shorten
from typing import Any
from uuid import UUID

from cassandra.metadata import Murmur3Token

from .. import database
from ..coodie_fixes import now
from ..errors import Conflict, NotFound
from ..schemas import Page
from .models import Article, Author, Event
from .schemas import (
    MOST_METADATA,
    MOST_NOTES,
    MOST_TAGS,
    ArticleCreate,
    ArticleList,
    ArticleUpdate,
    MetadataValue,
    MindQuery,
    NoteAdd,
    TaggedArticle,
    TagList,
    TagOut,
    TagsAdd,
)

HISTORY = 50
"""How many events of an article are kept at least; from twice as many on, the oldest are removed."""
SHOWN = 12
"""How many articles the page shows at once."""
CLOUD = 40
"""How many tags the cloud shows, the most used."""
SIZES = 5
"""In how many sizes it shows them."""
SAMPLED = 1000
"""From how many articles the page counts them: it must not read more the more there are."""

NO_ARTICLE = "There is no such article."


@dataclass(frozen=True)
class CloudTag:
    """A tag of the cloud, and its size: 1 for the least used to SIZES for the most used."""

    tag: str
    number: int
    size: int


@dataclass(frozen=True)
class Mind:
    """What the page shows: the cloud, how many articles and tags it comes from, and a part of the articles."""

    shown: MindQuery
    articles: Page[TaggedArticle]
    cloud: list[CloudTag]
    counted: int
    tags: int


async def create_article(data: ArticleCreate) -> TaggedArticle:
    """Write a new article; Conflict where `data` brings the id of one that is there already."""
    article = Article(**data.model_dump(), history=[_event("created")])
    # Later changes of the row are transactions, and plain writes must not be mixed with them.
    result = await article.insert()
    if not result.applied:
        raise Conflict("There is such an article already.")
    return TaggedArticle.model_validate(article)


async def list_articles(query: ArticleList) -> Page[TaggedArticle]:
    """Return articles in the order of their tokens; those of one tag through the index on the set."""
    found = Article.find().limit(query.limit + 1)
    if query.tag is not None:
        found = found.filter(tags__contains=query.tag)
    if query.cursor is not None:
        found = found.filter(id__token__gt=Murmur3Token.from_key(query.cursor.bytes).value)
    rows = await found.all()
    items = [TaggedArticle.model_validate(row) for row in rows[: query.limit]]
    return Page(items=items, cursor=str(items[-1].id) if len(rows) > query.limit else None)


async def get_article(article_id: UUID) -> TaggedArticle:
    """Return one article; NotFound where there is none."""
    return TaggedArticle.model_validate(await _find_article(article_id))


async def replace_article(article_id: UUID, data: ArticleUpdate) -> TaggedArticle:
    """Replace all of an article but its notes and history, in one statement; NotFound where there is none."""
    article = await _find_article(article_id)
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
    """Delete an article; NotFound where there is none, or somebody else deleted it first."""
    article = await _find_article(article_id)
    result = await article.delete(if_exists=True)
    if not result.applied:
        raise NotFound(NO_ARTICLE)


async def add_tags(article_id: UUID, data: TagsAdd) -> TaggedArticle:
    """Add tags to an article's set; Conflict where it would hold too many, NotFound where there is no article."""
    article = await _find_article(article_id)
    _refuse_more(len(article.tags | set(data.tags)), MOST_TAGS, "tags")
    return await _change(article, f"tagged {', '.join(sorted(data.tags))}", tags__add=set(data.tags))


async def remove_tag(article_id: UUID, tag: str) -> TaggedArticle:
    """Remove a tag from an article's set; NotFound where it isn't there, or no article is."""
    article = await _find_article(article_id)
    if tag not in article.tags:
        raise NotFound("The article has no such tag.")
    return await _change(article, f"untagged {tag}", tags__remove={tag})


async def add_note(article_id: UUID, data: NoteAdd) -> TaggedArticle:
    """Prepend or append a note to an article's list; Conflict where it is full, NotFound where there is no article."""
    article = await _find_article(article_id)
    _refuse_more(len(article.notes) + 1, MOST_NOTES, "notes")
    if data.at == "start":
        return await _change(article, "note prepended", notes__prepend=[data.text])
    return await _change(article, "note appended", notes__append=[data.text])


async def set_metadata(article_id: UUID, key: str, data: MetadataValue) -> TaggedArticle:
    """Set one entry of an article's map; Conflict where it would be too many, NotFound where there is no article."""
    article = await _find_article(article_id)
    _refuse_more(len(article.metadata.keys() | {key}), MOST_METADATA, "metadata entries")
    return await _change(article, f"metadata {key} set", metadata__put=(key, data.value))


async def remove_metadata(article_id: UUID, key: str) -> TaggedArticle:
    """Remove one entry of an article's map; NotFound where it isn't there, or no article is."""
    article = await _find_article(article_id)
    if key not in article.metadata:
        raise NotFound("The article has no such metadata.")
    return await _change(article, f"metadata {key} removed", metadata__remove={key})


async def list_tags(query: TagList) -> Page[TagOut]:
    """Return the tags and on how many articles each is, most used first; reads the tags of every article."""
    _, numbers = await _count_tags("SELECT tags FROM articles")
    after = _parse_cursor(query.cursor)
    tags = sorted((-number, tag) for tag, number in numbers.items() if (-number, tag) > after)
    shown = tags[: query.limit]
    cursor = f"{-shown[-1][0]}-{shown[-1][1]}" if len(tags) > query.limit else None
    return Page(items=[TagOut(tag=tag, number=-number) for number, tag in shown], cursor=cursor)


async def look(query: MindQuery) -> Mind:
    """Return what the page shows."""
    counted, numbers = await _count_sample()
    articles = await list_articles(ArticleList(**query.model_dump(), limit=SHOWN))
    return Mind(query, articles, _to_cloud(numbers), counted, len(numbers))


async def headline() -> str:
    """Return the one figure that the dashboard shows."""
    articles, numbers = await _count_sample()
    if articles == SAMPLED:
        return f"{SAMPLED:,} articles and more"
    return f"{articles} article{'' if articles == 1 else 's'}, {len(numbers)} tag{'' if len(numbers) == 1 else 's'}"


async def _find_article(article_id: UUID) -> Article:
    article = await Article.find_one(id=article_id)
    if article is None:
        raise NotFound(NO_ARTICLE)
    return article


async def _change(article: Article, action: str, **changes: Any) -> TaggedArticle:
    """Make one change and note it in the history, both in one statement, and return the article as it is then."""
    if len(article.history) >= 2 * HISTORY:
        # By value, not by index: whoever does the same at the same time removes nothing else.
        await article.update(if_exists=True, history__remove=article.history[:-HISTORY])
    result = await article.update(if_exists=True, history__append=[_event(action)], **changes)
    if not result.applied:
        raise NotFound(NO_ARTICLE)
    return await get_article(article.id)


async def _count_sample() -> tuple[int, Counter[str]]:
    return await _count_tags(f"SELECT tags FROM articles LIMIT {SAMPLED}")


async def _count_tags(cql: str) -> tuple[int, Counter[str]]:
    """Return how many articles a SELECT of tags reads, and on how many of them each tag is."""
    articles, numbers = 0, Counter[str]()
    async for rows in database.pages(cql, []):
        articles += len(rows)
        for row in rows:
            numbers.update(row["tags"] or ())
    return articles, numbers


def _event(action: str) -> Event:
    return Event(at=now(), action=shorten(action, 120, placeholder=" …"))


def _refuse_more(number: int, most: int, elements: str) -> None:
    if number > most:
        raise Conflict(f"An article holds at most {most} {elements}.")


def _to_cloud(numbers: Counter[str]) -> list[CloudTag]:
    """Return the most used tags in alphabetical order; their sizes are spread evenly between the extremes."""
    tags = numbers.most_common(CLOUD)
    if not tags:
        return []
    most, least = tags[0][1], tags[-1][1]
    sizes = {number: 1 + round((SIZES - 1) * (number - least) / max(most - least, 1)) for _, number in tags}
    return [CloudTag(tag, number, sizes[number]) for tag, number in sorted(tags)]


def _parse_cursor(cursor: str | None) -> tuple[int, str]:
    number, _, tag = (cursor or "999999999-").partition("-")
    return -int(number), tag
