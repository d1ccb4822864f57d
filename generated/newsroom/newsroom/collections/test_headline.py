"""The figure of this feature on the dashboard, as its rows grow."""

import httpx
import pytest

from .headline import headline
from .test_collections import insert


@pytest.mark.usefixtures("empty_tables")
def test_the_headline_counts_the_articles(client: httpx.Client) -> None:
    headlines = []
    for _ in range(2):
        insert(client)
        headlines.append(headline())
    assert headlines == ["1 article in mind", "2 articles in mind"]
