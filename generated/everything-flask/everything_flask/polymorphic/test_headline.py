"""The figure of this feature on the dashboard, as its rows grow."""

import httpx
import pytest

from .headline import headline
from .test_polymorphic import CONTENTS, publish


@pytest.mark.usefixtures("empty_tables")
def test_the_headline_counts_every_kind(client: httpx.Client) -> None:
    headlines = []
    for content in CONTENTS[:2]:
        publish(client, content)
        headlines.append(headline())
    assert headlines == ["1 piece in print", "2 pieces in print"]
