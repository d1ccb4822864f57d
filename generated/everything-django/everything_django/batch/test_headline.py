"""The figure of this feature on the dashboard, as its rows grow."""

import httpx
import pytest

from .headline import headline
from .test_batch import as_csv, items, send


@pytest.mark.usefixtures("empty_tables")
def test_the_headline_counts_the_items(client: httpx.Client) -> None:
    headlines = []
    for number in (1, 2, 1_000, 1_001):
        send(client, as_csv(items(number)))
        headlines.append(headline())
    assert headlines == [
        "1 item on their way",
        "2 items on their way",
        "1,000 items on their way",
        "more than 1,000 items on their way",
    ]
