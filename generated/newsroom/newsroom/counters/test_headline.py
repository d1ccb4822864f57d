"""The figure of this feature on the dashboard, as its rows grow."""

import httpx
import pytest

from .headline import headline
from .test_counters import count


@pytest.mark.usefixtures("empty_tables")
def test_the_headline_counts_the_pages(client: httpx.Client) -> None:
    headlines = []
    for page in ("one", "two"):
        count(client, page)
        headlines.append(headline())
    assert headlines == ["1 page counted", "2 pages counted"]
