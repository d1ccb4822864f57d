"""The figure of this feature on the dashboard."""

from ..db.headlines import count_in_words
from .models import PageTotals


def headline() -> str:
    """Return how many pages are counted, in words."""
    return count_in_words(PageTotals, "page counted", "pages counted")
