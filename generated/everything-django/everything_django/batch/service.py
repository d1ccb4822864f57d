"""Importing cargo piece by piece, and reading reports and manifests back."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import islice
from operator import attrgetter
from uuid import UUID

from cassandra.util import uuid_from_time
from coodie.sync import execute_raw

from ..db.batches import MAX_ROWS, save_in_batches
from ..db.paging import Page
from ..db.times import now
from ..errors import HANDLED, NotFound, Refused
from ..samples.records import BadFeed
from ..web.blocking import run_blocking
from ..web.files import Upload
from .models import BUCKETS, CargoItem, CargoManifest, ImportReport, Rejection
from .schemas import ImportList, ImportOut, ImportQuery, ItemList, ManifestList
from .sources import Piece, Source, check, pieces

Row = CargoItem | CargoManifest

CONCURRENCY = 16
"""How many batches are in flight at once."""
MAX_REJECTIONS = 100
"""How many rejected records a report lists."""
SILENCE = timedelta(minutes=1)
"""How long a running import may be silent before it counts as interrupted."""


def create_import(query: ImportQuery, upload: Upload) -> ImportOut:
    """Import a file and return the report; Refused, with nothing written, if any part of it cannot be read."""
    try:
        source = run_blocking(check, upload.file, upload.kind, upload.name)
    except BadFeed as error:
        raise Refused([{"loc": ("body", "file"), "msg": str(error), "type": "unreadable"}]) from error
    return _to_answer(run_import(source, new_report(source, query.mode)))


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


def find_report(source: Source, mode: str) -> ImportReport | None:
    """Return the report of the last import of the same records in this mode; None if there was none."""
    reports = ImportReport.find(fingerprint=source.fingerprint).all()
    return max((report for report in reports if report.mode == mode), key=lambda report: report.id.time, default=None)


def run_import(
    source: Source,
    report: ImportReport,
    stored: Callable[[int], None] = lambda items: None,
    refused: Callable[[list[Rejection]], None] = lambda rejected: None,
    batch_size: int = MAX_ROWS,
    concurrency: int = CONCURRENCY,
) -> ImportReport:
    """Write the records that a report does not count yet, keep the report up to date, and return it as it ends.

    A piece counts once all of it is stored: an import that ended early continues from there, and rewrites whatever it
    had stored since. `stored` gets the number of items in each batch, `refused` the bad records of each piece.
    """
    logged = report.mode == "logged"
    remaining = pieces(islice(source.records(), report.rows, None))
    before, began = report.seconds, time.perf_counter()
    batches: list[int] = []

    def count(saved: list[Row]) -> None:
        if items := sum(isinstance(row, CargoItem) for row in saved):
            batches.append(items)
            stored(items)

    try:
        report = _save(report)
        while piece := run_blocking(next, remaining, None):
            save_in_batches(
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
            report = _save(report)
        return report
    except BaseException as error:
        with suppress(*HANDLED):
            _save(report, "failed" if isinstance(error, Exception) else "interrupted")
        raise


def list_imports(query: ImportList) -> Page[ImportOut]:
    """Return a part of the imports, newest first, from one day's partition after the other."""
    older = {} if query.cursor is None else {"id__lt": query.cursor}
    reports: list[ImportReport] = []
    for day in _days():
        if query.cursor is None or day <= ImportReport.day_of(query.cursor):
            wanted = query.limit + 1 - len(reports)
            reports += ImportReport.find(day=day, **older).limit(wanted).all()
        if len(reports) > query.limit:
            break
    return Page.cut([_to_answer(report) for report in reports], query.limit, lambda last: last.id)


def get_import(import_id: UUID) -> ImportOut:
    """Return the report of an import; NotFound if there is none."""
    report = None
    if import_id.version == 1:  # no other UUID has a time, or may be compared with a timeuuid
        report = ImportReport.find_one(day=ImportReport.day_of(import_id), id=import_id)
    if report is None:
        raise NotFound("There was no such import.")
    return _to_answer(report)


def get_manifest(manifest_id: str, query: ItemList) -> Page[CargoItem]:
    """Return a part of a manifest's items, by number; NotFound if there is no such manifest."""
    after = {} if query.cursor is None else {"item_no__gt": query.cursor}
    items = CargoItem.find(manifest_id=manifest_id, **after).limit(query.limit + 1).all()
    if not items and get_header(manifest_id) is None:
        raise NotFound("There is no such manifest.")
    return Page.cut(items, query.limit, lambda last: last.item_no)


def get_header(manifest_id: str) -> CargoManifest | None:
    """Return a manifest's header; None if there is none, as after an unlogged import that ended early."""
    return CargoManifest.find_one(bucket=CargoManifest.bucket_of(manifest_id), manifest_id=manifest_id)


def list_manifests(query: ManifestList) -> Page[CargoManifest]:
    """Return a part of the manifests' headers, from one bucket after the other, by name in each."""
    first = 0 if query.cursor is None else CargoManifest.bucket_of(query.cursor)
    headers: list[CargoManifest] = []
    for bucket in range(first, BUCKETS):
        after = {"manifest_id__gt": query.cursor} if query.cursor is not None and bucket == first else {}
        wanted = query.limit + 1 - len(headers)
        headers += CargoManifest.find(bucket=bucket, **after).limit(wanted).all()
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


def _save(report: ImportReport, status: str | None = None) -> ImportReport:
    status = status or ("done" if report.rows == report.total else "running")
    report = report.model_copy(update={"status": status, "updated_at": now()})
    report.save()
    return report


def _days() -> list[date]:
    """Return the days that have imports, newest first."""
    rows = execute_raw("SELECT DISTINCT day FROM import_reports")
    return sorted((row["day"].date() for row in rows), reverse=True)


def _to_answer(report: ImportReport) -> ImportOut:
    silent = report.status == "running" and now() - report.updated_at > SILENCE
    return ImportOut.model_validate(
        report.model_dump(exclude={"day", "fingerprint"})
        | {
            "status": "interrupted" if silent else report.status,
            "seconds": round(report.seconds, 3),
            "rows_per_second": round(report.rows / report.seconds, 1) if report.seconds else 0,
        }
    )
