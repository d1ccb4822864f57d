"""Twins of batch: a file of 1,000 items imported."""

import csv
import hashlib
import io
import time
from typing import Any
from uuid import uuid1
from zlib import crc32

from pydantic import ValidationError

from tools.bench.twins import Bare, Endpoint, Feature, Received, Request, Steps, now, rfc3339

MANIFESTS = [f"bench-{number}" for number in range(20)]
ITEMS = 50
"""How many items each manifest of an import has."""
CARGO = ("manifest_id", "item_no", "name", "quantity", "weight_kg", "destination")
INSERT_ITEM = (
    "INSERT INTO cargo_items (manifest_id, item_no, name, quantity, weight_kg, destination) VALUES (?, ?, ?, ?, ?, ?)"
)
INSERT_MANIFEST = (
    "INSERT INTO cargo_manifests (bucket, manifest_id, import_id, file, imported_at) VALUES (?, ?, ?, ?, ?)"
)
REPORT = (
    *("fingerprint", "file", "mode", "total", "rows", "written", "replaced", "rejected_rows", "rejected", "batches"),
    *("seconds", "started_at", "updated_at"),
)
INSERT_DAY = "INSERT INTO import_days (calendar, day) VALUES (?, ?)"
SET_REPORT = f"UPDATE import_reports SET {', '.join(f'{name} = ?' for name in REPORT)} WHERE day = ? AND id = ?"
SET_RUNNING = "UPDATE import_reports USING TTL ? SET status = ? WHERE day = ? AND id = ?"
END_REPORT = SET_REPORT.replace(" SET ", " SET status = ?, ")
SELECT_ITEMS = (
    "SELECT manifest_id, item_no, name, quantity, weight_kg, destination FROM cargo_items WHERE manifest_id = ? LIMIT ?"
)


def cargo_csv() -> bytes:
    """Return a file of 1,000 items."""
    rows = [
        f"{manifest},{number},Crate of lamps,{number},12.5,Rotterdam"
        for manifest in MANIFESTS
        for number in range(1, ITEMS + 1)
    ]
    return "\n".join([",".join(CARGO), *rows, ""]).encode()


def create_import(bare: Bare, request: Received) -> Steps:
    began = time.perf_counter()
    started_at = now()
    import_id = uuid1()
    manifests: dict[str, list[list[Any]]] = {}
    rejected: list[tuple[int, str, str]] = []
    total = 0
    for total, record in enumerate(csv.DictReader(io.StringIO(request.body.decode())), start=1):
        try:
            item = request.schemas.CargoLine.model_validate(record)
        except ValidationError as error:
            first = error.errors()[0]
            rejected.append((total + 1, str(first["loc"][0]), first["msg"]))
        else:
            manifests.setdefault(item.manifest_id, []).append([getattr(item, name) for name in CARGO])
    written = sum(map(len, manifests.values()))
    report = {
        "fingerprint": hashlib.sha256(request.body).hexdigest(),
        "file": "a request's CSV",
        "mode": request.data.mode,
        "total": total,
        "rows": 0,
        "written": 0,
        "replaced": 0,
        "rejected_rows": 0,
        "rejected": rejected[:100],
        "batches": 0,
        "seconds": 0.0,
        "started_at": started_at,
        "updated_at": started_at,
    }
    key = [started_at.date(), import_id]
    yield bare.bind(INSERT_DAY, ["imports", started_at.date()])
    yield bare.bind(SET_REPORT, [*report.values(), *key])
    yield bare.bind(SET_RUNNING, [60, "running", *key])
    headers = [
        bare.bind(INSERT_MANIFEST, [crc32(name.encode()) % 16, name, import_id, report["file"], started_at])
        for name in manifests
    ]
    yield headers + [bare.batch(INSERT_ITEM, items) for items in manifests.values()]
    report |= {
        "rows": total,
        "written": written,
        "rejected_rows": len(rejected),
        "batches": len(manifests),
        "seconds": time.perf_counter() - began,
        "updated_at": now(),
    }
    yield bare.bind(END_REPORT, ["done", *report.values(), *key])
    answer = {name: value for name, value in report.items() if name != "fingerprint"}
    return 201, {
        **answer,
        "id": str(import_id),
        "status": "done",
        "rejected": [{"line": line, "field": name, "reason": reason} for line, name, reason in rejected[:100]],
        "rows_per_second": round(total / report["seconds"], 1),
        "started_at": rfc3339(report["started_at"]),
        "updated_at": rfc3339(report["updated_at"]),
    }


def get_manifest(bare: Bare, request: Received) -> Steps:
    rows = yield bare.bind(SELECT_ITEMS, [request.path["manifest_id"], request.data.limit + 1])
    if not rows:
        return 404, {"detail": "There is no such manifest."}
    return 200, rows[: request.data.limit]


FEATURE = Feature(
    write=Endpoint(
        "POST",
        "/api/imports",
        lambda *_: Request(body=cargo_csv(), media_type="text/csv"),
        create_import,
        query="ImportQuery",
        upload=True,
    ),
    read=Endpoint(
        "GET",
        "/api/manifests/{manifest_id}",
        lambda *_: Request(path={"manifest_id": MANIFESTS[0]}),
        get_manifest,
        query="ItemList",
    ),
)
