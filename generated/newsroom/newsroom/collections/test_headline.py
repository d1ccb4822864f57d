"""The figure of this feature on the dashboard, as its rows grow."""

import httpx
import pytest

from .headline import headline
from .test_collections import insert


@pytest.mark.usefixtures("empty_tables")
def test_the_headline_counts_articles_and_tags(client: httpx.Client) -> None:
    headlines = []
    for tags in (["one"], ["one", "two"]):
        insert(client, tags=tags)
        headlines.append(headline())
    assert headlines == ["1 article, 1 tag", "2 articles, 2 tags"]
