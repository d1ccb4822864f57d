"""The figure of this feature on the dashboard."""

from ..db.headlines import count_in_words
from .models import Article


def headline() -> str:
    """Return how many articles there are, in words."""
    return count_in_words(Article, "article in mind", "articles in mind")
