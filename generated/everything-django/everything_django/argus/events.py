"""A run's events: many at once in batches of one partition each, and read back newest first."""

from collections import Counter
from collections.abc import Iterable
from heapq import merge
from itertools import islice
from uuid import UUID, uuid1

from coodie.sync import execute_raw

from ..batches import save_in_batches
from ..schemas import Page
from .models import Event
from .runs import find_run
from .schemas import SEVERITIES, EventBatch, EventCreate, EventList, EventOut, Ingested

COUNTED = 500
"""Up to how many events of each severity are counted."""

# All partitions of a run at once; PER PARTITION LIMIT keeps a noisy one from being read as a whole.
COUNT = (
    f"SELECT severity FROM argus_events WHERE run_id = ? AND severity IN ({', '.join('?' for _ in SEVERITIES)}) "
    f"PER PARTITION LIMIT {COUNTED}"
)


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
    save_in_batches(rows)


def list_events(run_id: UUID, query: EventList) -> Page[EventOut]:
    """Return events of a run, newest first; those of all severities are merged. NotFound without such a run."""
    find_run(run_id)
    before = {} if query.cursor is None else {"id__lt": query.cursor}
    partitions = [
        Event.find(run_id=run_id, severity=severity, **before).limit(query.limit + 1).all()
        for severity in ([query.severity] if query.severity else SEVERITIES)
    ]
    newest = list(islice(merge(*partitions, key=_place, reverse=True), query.limit + 1))
    items = [EventOut.model_validate(event) for event in newest[: query.limit]]
    return Page(items=items, cursor=str(items[-1].id) if len(newest) > query.limit else None)


def count_events(run_id: UUID) -> dict[str, int]:
    """Return how many events of each severity a run has, at most COUNTED each."""
    counted = Counter(row["severity"] for row in execute_raw(COUNT, [run_id, *SEVERITIES]))
    return {severity: counted[severity] for severity in SEVERITIES}


def _place(event: Event) -> tuple[int, bytes]:
    """Where the database sorts a timeuuid: by its time, then by its other bytes as signed numbers."""
    return event.id.time, bytes(byte ^ 0x80 for byte in event.id.bytes[8:])
