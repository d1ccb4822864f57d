"""The figure of this feature on the dashboard."""

from ..db.headlines import count_in_words
from .models import Article


async def headline() -> str:
    """Return how many articles there are, in words."""
    return await count_in_words(Article, "article in mind", "articles in mind")
