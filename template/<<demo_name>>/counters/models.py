"""The tables of counters: such a table holds counters and its key, and every write to it is a step up or down."""

from typing import Annotated

from coodie.fields import ClusteringKey, Counter, PrimaryKey

from ..db.counters import CounterDocument
from ..db.dates import Day
from ..db.documents import Model


class PageViews(CounterDocument):
    """How often a page was viewed on one day (UTC), and by how many visitors; a page's newest day comes first."""

    page: Annotated[str, PrimaryKey()]
    day: Annotated[Day, ClusteringKey(order="DESC")]
    views: Annotated[int, Counter()] = 0
    visitors: Annotated[int, Counter()] = 0

    class Settings:
        name = "page_views"


class Votes(CounterDocument):
    """The votes for and against a topic; where many take back at once, a counter can end up below zero."""

    topic: Annotated[str, PrimaryKey()]
    up: Annotated[int, Counter()] = 0
    down: Annotated[int, Counter()] = 0

    class Settings:
        name = "votes"


MODELS: list[Model] = [PageViews, Votes]
