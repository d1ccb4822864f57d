"""Twins of counters: views of pages counted."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tools.bench.twins import Bare, Endpoint, Feature, Received, Request, Steps, now

COUNT_VIEWS = "UPDATE page_views SET views = views + ?, visitors = visitors + ? WHERE page = ? AND day = ?"
COUNT_TOTALS = "UPDATE page_totals SET views = views + ?, visitors = visitors + ? WHERE page = ?"
SELECT_DAY = "SELECT page, day, views, visitors FROM page_views WHERE page = ? AND day = ?"
SELECT_DAYS = "SELECT page, day, views, visitors FROM page_views WHERE page = ? AND day >= ? LIMIT ?"


def day_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "page": row["page"],
        "day": str(row["day"]),
        "views": row["views"] or 0,
        "visitors": row["visitors"] or 0,
    }


def count_views(bare: Bare, request: Received) -> Steps:
    page, today = request.path["page"], now().date()
    counted = [request.data.count, request.data.visitors]
    yield [bare.bind(COUNT_VIEWS, [*counted, page, today]), bare.bind(COUNT_TOTALS, [*counted, page])]
    rows = yield bare.bind(SELECT_DAY, [page, today])
    return 200, day_json(rows[0])


def list_days(bare: Bare, request: Received) -> Steps:
    first = now().date() - timedelta(days=request.data.days - 1)
    rows = yield bare.bind(SELECT_DAYS, [request.path["page"], first, request.data.limit + 1])
    if not rows:
        return 404, {"detail": "never viewed"}
    return 200, [day_json(row) for row in rows[: request.data.limit]]


FEATURE = Feature(
    write=Endpoint(
        "POST",
        "/api/pages/{page}/views",
        lambda number, _: Request(path={"page": f"page-{number}"}, query={"count": "2", "visitors": "1"}),
        count_views,
        query="ViewsCount",
    ),
    read=Endpoint(
        "GET",
        "/api/pages/{page}",
        lambda _, made: Request(path={"page": made["page"]}),
        list_days,
        query="DayList",
    ),
)
