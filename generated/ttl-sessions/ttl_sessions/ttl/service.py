"""Stealing, reading and forgetting memories; the database itself removes them when their time is up."""

import secrets
from typing import Any

from coodie.aio import execute_raw

from ..db.documents import readable, reading
from ..db.paging import Page
from ..db.times import now
from ..db.tokens import after_token
from ..errors import NotFound
from .models import Session
from .schemas import SessionCreate, SessionList, SessionOut

# TTL() exists only in CQL. "token" is also the name of a CQL function, so it is quoted.
SELECT = 'SELECT "token", memory, dimension, stolen_at, ttl_seconds, TTL(memory) AS remaining_ttl FROM sessions'


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
    """Return memories still alive in the order of their tokens' hashes, the only order that partitions have."""
    if query.cursor is None:
        rows = await execute_raw(f"{SELECT} LIMIT ?", [query.limit + 1])
    else:
        seen = after_token(query.cursor)
        rows = await execute_raw(f'{SELECT} WHERE token("token") > ? LIMIT ?', [seen, query.limit + 1])
    page = Page.cut(rows, query.limit, lambda last: last["token"])
    return Page(readable((row for row in page.items if row["remaining_ttl"]), _to_answer), page.cursor)


async def get_session(token: str) -> SessionOut:
    """Return one memory; NotFound once it has faded."""
    rows = await execute_raw(f'{SELECT} WHERE "token" = ?', [token])
    if not rows or not rows[0]["remaining_ttl"]:
        raise NotFound("This memory has faded, or was never stolen.")
    return _to_answer(rows[0])


async def delete_session(token: str) -> None:
    """Forget a memory before its time; NotFound when it is gone already."""
    await get_session(token)
    await Session.find(token=token).delete()


def _to_answer(row: dict[str, Any]) -> SessionOut:
    with reading(Session, row):
        return SessionOut(**row)
