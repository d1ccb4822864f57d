"""The figure of this feature on the dashboard."""

from ..db.headlines import count_in_words
from .models import SensorDay


async def headline() -> str:
    """Return how many partitions of readings there are, in words."""
    return await count_in_words(SensorDay, "partition of readings", "partitions of readings")
