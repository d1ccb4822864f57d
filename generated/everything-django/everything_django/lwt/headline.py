"""The figure of this feature on the dashboard."""

from ..db.headlines import count_in_words
from .models import UserRegistration


def headline() -> str:
    """Return how many rows there are, in words."""
    return count_in_words(UserRegistration, "hero registered", "heroes registered")
