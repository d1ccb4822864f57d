"""Lists with a second condition: the database finds the rows of one, and the other is compared here."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from .documents import Found
from .paging import Page
from .streams import stream

D = TypeVar("D")

MAX_COMPARED = 1_000
"""How many rows are compared before the client decides whether to go on."""
FETCHED = 100


async def read_matching(
    queries: Iterable[Found[D]], matches: Callable[[D], bool], limit: int, cursor: Callable[[D], object]
) -> Page[D]:
    """Return the documents that match, of queries that follow one another.

    After MAX_COMPARED documents it returns what it has, if only nothing, and the cursor continues after the last.
    """
    items: list[D] = []
    compared: list[D] = []
    for query in queries:
        async for documents in stream(query.limit(MAX_COMPARED + 1 - len(compared)), fetch_size=FETCHED):
            for document in documents:
                if len(compared) == MAX_COMPARED:
                    return Page(items, str(cursor(compared[-1])))
                compared.append(document)
                if matches(document):
                    items.append(document)
                if len(items) > limit:
                    return Page.cut(items, limit, cursor)
    return Page(items)
