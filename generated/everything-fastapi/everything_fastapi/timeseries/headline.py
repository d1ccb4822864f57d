"""The figure of this feature on the dashboard."""

from ..db.headlines import ENOUGH, in_words
from .models import Reading


async def headline() -> str:
    """Return how many days of sensors are on record, in words."""
    days = await Reading.find().per_partition_limit(1).limit(ENOUGH).all()
    return in_words(len(days), "sensor day on record", "sensor days on record")
