"""Importing cargo piece by piece, and reading reports and manifests back."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any
from uuid import UUID

from cassandra.util import min_uuid_from_time, uuid_from_time

from ..db.batches import MAX_ROWS, save_in_batches
from ..db.documents import readable, reading
from ..db.paging import Page
from ..db.streams import stream
from ..db.times import now
from ..db.tokens import after_token
from ..errors import HANDLED, NotFound, Refused
from ..samples.records import BadFeed
from ..web.blocking import run_blocking
from ..web.clients import HasLeft
from ..web.files import Upload
from .models import CargoItem, CargoManifest, ImportDay, ImportReport, Rejection
from .schemas import ImportList, ImportOut, ImportQuery, ItemList, ManifestList
from .sources import Piece, Source, check, pieces

Row = CargoItem | CargoManifest

CONCURRENCY = 16
"""How many batches are in flight at once."""
MAX_MANIFESTS = 10_000
"""How many manifests a request may bring: each takes a statement, however few items it has."""
MAX_REJECTIONS = 100
"""How many rejected records a report lists."""
MAX_EMPTY_DAYS = 10
"""How many days without reports a list passes before its client decides whether to go on."""
MAX_SILENCE = 60
"""For how many seconds a running import may be silent before it counts as interrupted."""


async def create_import(query: ImportQuery, upload: Upload) -> ImportOut:
    """Import a file and return the report; Refused, with nothing written, if it cannot be read or has too much in it.

    If its sender leaves, the import ends with the piece that is under way.
    """
    try:
        source = await run_blocking(check, upload.file, upload.kind, upload.name, MAX_MANIFESTS)
    except BadFeed as error:
        raise Refused([{"loc": ("body", "file"), "msg": str(error), "type": "unreadable"}]) from error
    return _to_answer(await run_import(source, new_report(source, query.mode), has_left=upload.has_left))


def new_report(source: Source, mode: str, import_id: UUID | None = None) -> ImportReport:
    """Return the report of an import that is about to begin; with the id of an earlier one, it replaces that report."""
    started_at = now()
    import_id = import_id or uuid_from_time(started_at)
    return ImportReport(
        day=ImportReport.day_of(import_id),
        id=import_id,
        fingerprint=source.fingerprint,
        file=source.name,
        mode=mode,
        status="running",
        total=source.total,
        started_at=started_at,
        updated_at=started_at,
    )


async def find_report(source: Source, mode: str) -> ImportReport | None:
    """Return the report of the last import of the same records in this mode; None if there was none."""
    reports = await ImportReport.find(fingerprint=source.fingerprint).all()
    return max((report for report in reports if report.mode == mode), key=lambda report: report.id.time, default=None)


async def stays() -> bool:
    """Return False: whoever has started the command line waits for its end."""
    return False


async def run_import(
    source: Source,
    report: ImportReport,
    stored: Callable[[int], None] = lambda items: None,
    refused: Callable[[list[Rejection]], None] = lambda rejected: None,
    batch_size: int = MAX_ROWS,
    concurrency: int = CONCURRENCY,
    has_left: HasLeft = stays,
) -> ImportReport:
    """Write the records that a report does not count yet, keep the report up to date, and return it as it ends.

    A piece counts once all of it is stored: an import that ended early continues from there, and rewrites whatever it
    had stored since. `stored` gets the number of items in each batch, `refused` the bad records of each piece. Before
    each piece, `has_left` says whether anybody still wants it.
    """
    logged = report.mode == "logged"
    remaining = pieces(islice(source.records(), report.rows, None))
    before, began = report.seconds, time.perf_counter()
    batches: list[int] = []

    def count(saved: list[Row]) -> None:
        if items := sum(isinstance(row, CargoItem) for row in saved):
            batches.append(items)
            stored(items)

    await ImportDay(day=report.day).save()  # first: no list shows a report that no day leads to
    try:
        report = await _save(report)
        while piece := await run_blocking(next, remaining, None):
            if await has_left():
                return await _save(report, "abandoned")
            await save_in_batches(
                _rows(piece, report),
                [CargoManifest, CargoItem],
                together=attrgetter("manifest_id") if logged else None,
                logged=logged,
                done=count,
                max_rows=batch_size,
                concurrency=concurrency,
            )
            report = _counted(report, piece, len(batches), before + time.perf_counter() - began)
            batches.clear()
            refused(piece.rejected)
            report = await _save(report)
        return report
    except BaseException as error:
        with suppress(*HANDLED):
            await _save(report, "failed" if isinstance(error, Exception) else "interrupted")
        raise


async def list_imports(query: ImportList) -> Page[ImportOut]:
    """Return a part of the imports, newest first: one day after the other, each of them a partition."""
    days, older = ImportDay.find(calendar="imports"), {}
    if query.cursor is not None:
        days, older = days.filter(day__lte=ImportReport.day_of(query.cursor)), {"id__lt": query.cursor}
    reports: list[ImportReport] = []
    empty = 0
    async for some_days in stream(days, fetch_size=100):
        for row in some_days:
            of_day = await ImportReport.find(day=row.day, **older).limit(query.limit + 1 - len(reports)).all()
            reports += of_day
            if len(reports) > query.limit:
                page = Page.cut(reports, query.limit, lambda last: last.id)
                return Page(readable(page.items, _to_answer), page.cursor)
            empty += not of_day
            if empty == MAX_EMPTY_DAYS:
                before = min_uuid_from_time(datetime.combine(row.day, datetime.min.time()))
                return Page(readable(reports, _to_answer), str(before))
    return Page(readable(reports, _to_answer))


async def get_import(import_id: UUID) -> ImportOut:
    """Return the report of an import; NotFound if there is none."""
    report = None
    if import_id.version == 1:  # no other UUID has a time, or may be compared with a timeuuid
        report = await ImportReport.find_one(day=ImportReport.day_of(import_id), id=import_id)
    if report is None:
        raise NotFound("There was no such import.")
    return _to_answer(report)


async def get_manifest(manifest_id: str, query: ItemList) -> Page[CargoItem]:
    """Return a part of a manifest's items, by number; NotFound if there is no such manifest."""
    after = {} if query.cursor is None else {"item_no__gt": query.cursor}
    items = await CargoItem.find(manifest_id=manifest_id, **after).limit(query.limit + 1).all()
    if not items and await get_header(manifest_id) is None:
        raise NotFound("There is no such manifest.")
    return Page.cut(items, query.limit, lambda last: last.item_no)


async def get_header(manifest_id: str) -> CargoManifest | None:
    """Return a manifest's header; None if there is none, as after an unlogged import that ended early."""
    return await CargoManifest.find_one(bucket=CargoManifest.bucket_of(manifest_id), manifest_id=manifest_id)


async def list_manifests(query: ManifestList) -> Page[CargoManifest]:
    """Return a part of the manifests' headers, by name in each bucket, the buckets in the order of their tokens."""
    parts: list[dict[str, Any]] = [{}]
    if query.cursor is not None:
        bucket = CargoManifest.bucket_of(query.cursor)
        others = {"bucket__token__gt": after_token(bucket.to_bytes(4, "big"))}
        parts = [{"bucket": bucket, "manifest_id__gt": query.cursor}, others]
    headers: list[CargoManifest] = []
    for part in parts:
        headers += await CargoManifest.find(**part).limit(query.limit + 1 - len(headers)).all()
        if len(headers) > query.limit:
            break
    return Page.cut(headers, query.limit, lambda last: last.manifest_id)


def _rows(piece: Piece, report: ImportReport) -> Iterator[Row]:
    """Yield each manifest's header and then its items: if they share batches, it goes into the first one."""
    for manifest_id, items in piece.items.items():
        yield CargoManifest(
            bucket=CargoManifest.bucket_of(manifest_id),
            manifest_id=manifest_id,
            import_id=report.id,
            file=report.file,
            imported_at=report.started_at,
        )
        yield from items.values()


def _counted(report: ImportReport, piece: Piece, batches: int, seconds: float) -> ImportReport:
    rejected = len(piece.rejected)
    return report.model_copy(
        update={
            "rows": report.rows + piece.rows,
            "written": report.written + piece.written,
            "replaced": report.replaced + piece.rows - piece.written - rejected,
            "rejected_rows": report.rejected_rows + rejected,
            "rejected": [*report.rejected, *piece.rejected][:MAX_REJECTIONS],
            "batches": report.batches + batches,
            "seconds": seconds,
        }
    )


async def _save(report: ImportReport, status: str | None = None) -> ImportReport:
    """Write a report and return it as it was written. While its import runs, the status fades unless it is renewed.

    So an import is silent by the clock of the database: those of two servers can be minutes apart.
    """
    status = status or ("done" if report.rows == report.total else "running")
    report = report.model_copy(update={"status": status, "updated_at": now()})
    columns = {name: value for name, value in report if name not in ("day", "id", "status")}
    if status == "running":
        await report.update(**columns)
        await report.update(ttl=MAX_SILENCE, status=status)
    else:
        await report.update(**columns, status=status)
    return report


def _to_answer(report: ImportReport) -> ImportOut:
    with reading(ImportReport, vars(report)):
        return ImportOut.model_validate(
            report.model_dump(exclude={"day", "fingerprint"})
            | {
                "seconds": round(report.seconds, 3),
                "rows_per_second": round(report.rows / report.seconds, 1) if report.seconds else 0,
            }
        )
