"""The figure of this feature on the dashboard."""

from coodie.sync import execute_raw

from ..db.headlines import ENOUGH, in_words


def headline() -> str:
    """Return how many pages are counted, in words."""
    pages = execute_raw(f"SELECT DISTINCT page FROM page_views LIMIT {ENOUGH}")
    return in_words(len(pages), "page counted", "pages counted")
