"""What the page of the Tag Mind shows: the tag cloud, and some of the articles."""

from collections import Counter
from dataclasses import dataclass

from ..db.both import both
from ..db.paging import Page
from . import service
from .models import Article
from .schemas import ArticleList, MindQuery

SHOWN = 12
"""How many articles are shown at once."""
CLOUD = 40
"""How many tags the cloud shows, the most used ones."""
SIZES = 5
"""In how many sizes it shows them."""
SAMPLED = 1000
"""Of how many articles the cloud counts the tags at most."""


@dataclass(frozen=True)
class CloudTag:
    """A tag of the cloud, and its size: from 1 for the least used to SIZES for the most used."""

    tag: str
    number: int
    size: int


@dataclass(frozen=True)
class Mind:
    """The cloud, how many articles and tags it was counted from, whether there are more, and a part of the articles."""

    shown: MindQuery
    articles: Page[Article]
    cloud: list[CloudTag]
    counted: int
    tags: int
    there_are_more: bool


async def read_mind(query: MindQuery) -> Mind:
    """Return what the page shows."""
    part = ArticleList(**query.model_dump(), limit=SHOWN)
    (numbers, counted, there_are_more), articles = await both(
        lambda: service.count_tags(SAMPLED), lambda: service.list_articles(part)
    )
    return Mind(query, articles, _to_cloud(numbers), counted, len(numbers), there_are_more)


def _to_cloud(numbers: Counter[str]) -> list[CloudTag]:
    """Return the most used tags in alphabetical order, their sizes spread evenly between the extremes."""
    tags = numbers.most_common(CLOUD)
    if not tags:
        return []
    highest, lowest = tags[0][1], tags[-1][1]
    sizes = {number: 1 + round((SIZES - 1) * (number - lowest) / max(highest - lowest, 1)) for _, number in tags}
    return [CloudTag(tag, number, sizes[number]) for tag, number in sorted(tags)]
