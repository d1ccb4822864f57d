"""A run's events: written many at once, in batches of one partition each, and read back newest first."""

from collections.abc import Iterable
from heapq import merge
from itertools import islice
from uuid import UUID, uuid1

from ..db.batches import save_in_batches
from ..db.each import each
from ..db.paging import Page
from ..db.timeuuids import place
from .models import Event
from .runs import find_run
from .schemas import SEVERITIES, EventBatch, EventCreate, EventList, EventOut, Ingested


def add_events(run_id: UUID, batch: EventBatch) -> Ingested:
    """Store events of a run in their order; NotFound without such a run.

    Each gets a timeuuid of its own, not only a time: many happen in one millisecond.
    """
    find_run(run_id)
    store_events(run_id, batch.root, (uuid1() for _ in batch.root))
    return Ingested(ingested=len(batch.root))


def store_events(run_id: UUID, events: list[EventCreate], ids: Iterable[UUID]) -> None:
    """Write events with these timeuuids, in batches of one partition each."""
    pairs = zip(events, ids, strict=True)
    rows = (Event(run_id=run_id, id=event_id, **vars(event)) for event, event_id in pairs)
    save_in_batches(rows, [Event])


def list_events(run_id: UUID, query: EventList) -> Page[EventOut]:
    """Return events of a run, newest first, those of all severities merged; NotFound without such a run."""
    find_run(run_id)
    before = {} if query.cursor is None else {"id__lt": query.cursor}

    def read(severity: str) -> list[Event]:
        return Event.find(run_id=run_id, severity=severity, **before).limit(query.limit + 1).all()

    partitions = each([query.severity] if query.severity else SEVERITIES, read)
    newest = islice(merge(*partitions, key=lambda event: place(event.id), reverse=True), query.limit + 1)
    events = [EventOut.model_validate(event) for event in newest]
    return Page.cut(events, query.limit, lambda last: last.id)
