"""What the page of the Tag Mind shows: the tag cloud, and some of the articles."""

from collections import Counter
from dataclasses import dataclass

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
"""The tags of at most this many articles are counted, however many there are."""


@dataclass(frozen=True)
class CloudTag:
    """A tag of the cloud, and its size: from 1 for the least used to SIZES for the most used."""

    tag: str
    number: int
    size: int


@dataclass(frozen=True)
class Mind:
    """The cloud, how many articles and tags it was counted from, and a part of the articles."""

    shown: MindQuery
    articles: Page[Article]
    cloud: list[CloudTag]
    counted: int
    tags: int


def read_mind(query: MindQuery) -> Mind:
    """Return what the page shows."""
    counted, numbers = count_sample()
    articles = service.list_articles(ArticleList(**query.model_dump(), limit=SHOWN))
    return Mind(query, articles, _to_cloud(numbers), counted, len(numbers))


def count_sample() -> tuple[int, Counter[str]]:
    """Return how many articles there are, up to SAMPLED, and how many of them have each tag."""
    return service.count_tags(f"SELECT tags FROM articles LIMIT {SAMPLED}")


def _to_cloud(numbers: Counter[str]) -> list[CloudTag]:
    """Return the most used tags in alphabetical order, their sizes spread evenly between the extremes."""
    tags = numbers.most_common(CLOUD)
    if not tags:
        return []
    highest, lowest = tags[0][1], tags[-1][1]
    sizes = {number: 1 + round((SIZES - 1) * (number - lowest) / max(highest - lowest, 1)) for _, number in tags}
    return [CloudTag(tag, number, sizes[number]) for tag, number in sorted(tags)]
