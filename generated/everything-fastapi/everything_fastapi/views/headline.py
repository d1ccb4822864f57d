"""The figure of this feature on the dashboard."""

from ..db.headlines import count_in_words
from .models import Product


async def headline() -> str:
    """Return how many rows there are, in words."""
    return await count_in_words(Product, "product reflected", "products reflected")
