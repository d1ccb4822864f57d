"""The figure of this feature on the dashboard, as its rows grow."""

import httpx
import pytest

from .headline import headline
from .test_timeseries import DAY, WARM, send


@pytest.mark.usefixtures("empty_tables")
def test_the_headline_counts_partitions(client: httpx.Client) -> None:
    assert headline() == "0 partitions of readings"
    send(client, "one", WARM, {**WARM, "at": f"{DAY}T00:00:00Z"}, {**WARM, "at": f"{DAY}T01:00:00Z"})
    assert headline() == "2 partitions of readings"
