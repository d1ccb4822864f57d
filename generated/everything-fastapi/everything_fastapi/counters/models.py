"""Counter tables: every column is a counter or part of the key, and every write adds to counters or subtracts."""

from typing import Annotated

from coodie.fields import ClusteringKey, Counter, PrimaryKey
from pydantic import AfterValidator

from ..db.counters import CounterDocument
from ..db.dates import Day
from ..db.documents import Model

AtLeastZero = AfterValidator(lambda count: max(count, 0))


class PageViews(CounterDocument):
    """A page's views and visitors on one day (UTC); the newest day comes first."""

    page: Annotated[str, PrimaryKey()]
    day: Annotated[Day, ClusteringKey(order="DESC")]
    views: Annotated[int, Counter()] = 0
    visitors: Annotated[int, Counter()] = 0

    class Settings:
        name = "page_views"


class PageTotals(CounterDocument):
    """A page's views and visitors over all days: adding up its days would cost more with each of them."""

    page: Annotated[str, PrimaryKey()]
    views: Annotated[int, Counter()] = 0
    visitors: Annotated[int, Counter()] = 0

    class Settings:
        name = "page_totals"


class Votes(CounterDocument):
    """The votes for and against a topic. A counter that concurrent requests left below zero reads 0."""

    topic: Annotated[str, PrimaryKey()]
    up: Annotated[int, Counter(), AtLeastZero] = 0
    down: Annotated[int, Counter(), AtLeastZero] = 0

    class Settings:
        name = "votes"


MODELS: list[Model] = [PageViews, PageTotals, Votes]
