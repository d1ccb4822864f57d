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

from .. import database
from ..batches import MOST_ROWS, save_in_batches
from ..coodie_fixes import now
from ..errors import HANDLED, NotFound, Refused
from ..records import BadFeed
from ..schemas import Page
from ..uploads import Upload
from .models import BUCKETS, CargoItem, CargoManifest, ImportReport, Rejection
from .schemas import ImportList, ImportOut, ImportQuery, ItemList, ItemOut, ManifestList, ManifestOut
from .sources import Piece, Source, check, pieces

Row = CargoItem | CargoManifest

CONCURRENCY = 16
"""How many batches are on their way at once."""
MOST_REJECTIONS = 100
"""How many rejected records a report names."""
SILENCE = timedelta(minutes=1)
"""After how long without news a running import counts as interrupted."""


def create_import(query: ImportQuery, upload: Upload) -> ImportOut:
    """Import a file and return the report; Refused, with nothing written, where any part of it cannot be read."""
    try:
        source = check(upload)
    except BadFeed as error:
        raise Refused([{"loc": ("body", "file"), "msg": str(error), "type": "unreadable"}]) from error
    return _to_schema(run_import(source, new_report(source, query.mode)))


def new_report(source: Source, mode: str, import_id: UUID | None = None) -> ImportReport:
    """Return the report of an import that is to begin; it replaces that of an earlier one whose id is given."""
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
    """Return the report of the last import of the same records in this mode; None where there was none."""
    reports = ImportReport.find(fingerprint=source.fingerprint).all()
    return max((report for report in reports if report.mode == mode), key=lambda report: report.id.time, default=None)


def run_import(
    source: Source,
    report: ImportReport,
    stored: Callable[[int], None] = lambda items: None,
    refused: Callable[[list[Rejection]], None] = lambda rejected: None,
    most_rows: int = MOST_ROWS,
    concurrency: int = CONCURRENCY,
) -> ImportReport:
    """Write the records that a report does not count yet, keep the report up to date, and return it as it ends.

    It counts a piece once all of it is stored: an import that ended early goes on from there, and writes again what it
    may have written since. `stored` is told how many items each batch had, `refused` which records of a piece are bad.
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
        while piece := next(remaining, None):
            save_in_batches(
                _rows(piece, report),
                together=attrgetter("manifest_id") if logged else None,
                logged=logged,
                done=count,
                most_rows=most_rows,
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
    shown = reports[: query.limit]
    cursor = str(shown[-1].id) if len(reports) > query.limit else None
    return Page(items=[_to_schema(report) for report in shown], cursor=cursor)


def get_import(import_id: UUID) -> ImportOut:
    """Return the report of one import; NotFound where there is none."""
    report = None
    if import_id.version == 1:  # no other UUID has a time, or may be compared with a timeuuid
        report = ImportReport.find_one(day=ImportReport.day_of(import_id), id=import_id)
    if report is None:
        raise NotFound("There was no such import.")
    return _to_schema(report)


def get_manifest(manifest_id: str, query: ItemList) -> Page[ItemOut]:
    """Return a part of a manifest's items, by number; NotFound where there is no such manifest."""
    after = {} if query.cursor is None else {"item_no__gt": query.cursor}
    items = CargoItem.find(manifest_id=manifest_id, **after).limit(query.limit + 1).all()
    if not items and get_header(manifest_id) is None:
        raise NotFound("There is no such manifest.")
    shown = items[: query.limit]
    cursor = str(shown[-1].item_no) if len(items) > query.limit else None
    return Page(items=[ItemOut.model_validate(item) for item in shown], cursor=cursor)


def get_header(manifest_id: str) -> ManifestOut | None:
    """Return a manifest's header; None where there is none, as an unlogged import that ended early may leave it."""
    header = CargoManifest.find_one(bucket=CargoManifest.bucket_of(manifest_id), manifest_id=manifest_id)
    return header and ManifestOut.model_validate(header)


def list_manifests(query: ManifestList) -> Page[ManifestOut]:
    """Return a part of the manifests' headers, from one bucket after the other, by name in each."""
    first = 0 if query.cursor is None else CargoManifest.bucket_of(query.cursor)
    headers: list[CargoManifest] = []
    for bucket in range(first, BUCKETS):
        after = {"manifest_id__gt": query.cursor} if query.cursor is not None and bucket == first else {}
        wanted = query.limit + 1 - len(headers)
        headers += CargoManifest.find(bucket=bucket, **after).limit(wanted).all()
        if len(headers) > query.limit:
            break
    shown = headers[: query.limit]
    cursor = shown[-1].manifest_id if len(headers) > query.limit else None
    return Page(items=[ManifestOut.model_validate(header) for header in shown], cursor=cursor)


def headline() -> str:
    """Return the one figure that the dashboard shows."""
    items = database.count_up_to(CargoItem, 1000)
    if items == 1000:
        return "1,000 items on their way and more"
    return f"{items} item{'' if items == 1 else 's'} on their way"


def _rows(piece: Piece, report: ImportReport) -> Iterator[Row]:
    """Yield each manifest's header, and then its items: in a batch for both, it goes with the first of them."""
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
            "rejected": [*report.rejected, *piece.rejected][:MOST_REJECTIONS],
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


def _to_schema(report: ImportReport) -> ImportOut:
    silent = report.status == "running" and now() - report.updated_at > SILENCE
    return ImportOut(
        **report.model_dump(include=ImportOut.model_fields.keys() - {"status", "seconds"}),
        status="interrupted" if silent else report.status,
        seconds=round(report.seconds, 3),
        rows_per_second=round(report.rows / report.seconds, 1) if report.seconds else 0,
    )
