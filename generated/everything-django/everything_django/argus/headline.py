"""The figure of this feature on the dashboard."""

from ..db.headlines import count_in_words
from .models import TestRun


def headline() -> str:
    """Return how many rows there are, in words."""
    return count_in_words(TestRun, "run tracked", "runs tracked")
