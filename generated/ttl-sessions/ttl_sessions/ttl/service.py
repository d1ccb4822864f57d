"""Stealing, reading and forgetting memories; the database itself removes them when their time is up."""

import secrets
from heapq import nsmallest
from itertools import chain
from typing import Any

from coodie.aio import execute_raw

from ..db import connection
from ..db.paging import Page
from ..db.times import now
from ..errors import NotFound
from .models import Session
from .schemas import SessionCreate, SessionList, SessionOut

# TTL() and WRITETIME() exist only in CQL. "token" is also the name of a CQL function, so it is quoted.
SELECT = (
    'SELECT "token", memory, dimension, stolen_at, ttl_seconds, '
    "TTL(memory) AS remaining_ttl, WRITETIME(memory) AS written FROM sessions"
)


async def create_session(data: SessionCreate) -> SessionOut:
    """Write a memory that expires after `data.ttl` seconds; the same token again replaces it and restarts its time."""
    session = Session(
        token=data.token or secrets.token_hex(4).upper(),
        memory=data.memory,
        dimension=data.dimension,
        stolen_at=now(),
        ttl_seconds=data.ttl,
    )
    # save() writes every column, so all of them expire together.
    await session.save(ttl=data.ttl)
    return SessionOut(**session.model_dump(), remaining_ttl=data.ttl)


async def list_sessions(query: SessionList) -> Page[SessionOut]:
    """Return the memories still alive, soonest to fade first; reads the whole table, but keeps only one page of it."""
    after = _parse_cursor(query.cursor)
    soonest: list[dict[str, Any]] = []
    async for rows in connection.pages(SELECT, []):
        alive = (row for row in rows if row["remaining_ttl"] and _fades_at(row) > after)
        soonest = nsmallest(query.limit + 1, chain(soonest, alive), key=_fades_at)
    page = Page.cut(soonest, query.limit, lambda row: "{}-{}".format(*_fades_at(row)))
    return Page([SessionOut(**row) for row in page.items], page.cursor)


async def get_session(token: str) -> SessionOut:
    """Return one memory; NotFound once it has faded."""
    rows = await execute_raw(f'{SELECT} WHERE "token" = ?', [token])
    if not rows or not rows[0]["remaining_ttl"]:
        raise NotFound("This memory has faded, or was never stolen.")
    return SessionOut(**rows[0])


async def delete_session(token: str) -> None:
    """Forget a memory before its time; NotFound when it is gone already."""
    await get_session(token)
    await Session.find(token=token).delete()


def _fades_at(row: dict[str, Any]) -> tuple[int, str]:
    """The microsecond at which a row fades, the same in every read, and its token as a tie-breaker."""
    return row["written"] + row["ttl_seconds"] * 1_000_000, row["token"]


def _parse_cursor(cursor: str | None) -> tuple[int, str]:
    moment, _, token = (cursor or "0-").partition("-")
    return int(moment), token
