"""The workarounds that only asyncio needs: nothing blocks the event loop, and a cancelled request leaves no trace."""

import asyncio
import threading
from typing import Any

import pytest

from everything_fastapi.db import connection
from everything_fastapi.db.concurrency import Stream
from everything_fastapi.web.schemas import Detail
from everything_fastapi.web.streams import lines

SELECT = "SELECT key FROM system.local"


@pytest.mark.usefixtures("keyspace")
async def test_statements_are_prepared_once_and_outside_of_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    driver, threads = connection.get_driver(), []
    prepare = driver._session.prepare

    def prepare_and_note(cql: str) -> Any:
        threads.append(threading.current_thread())
        return prepare(cql)

    monkeypatch.setattr(driver._session, "prepare", prepare_and_note)
    monkeypatch.setattr(driver, "_prepared", {})
    assert await driver.execute_async(SELECT, []) == await driver.execute_async(SELECT, [])
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


@pytest.mark.usefixtures("keyspace")
async def test_the_answer_to_a_cancelled_request_is_dropped() -> None:
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    for _ in range(20):
        request = asyncio.create_task(connection.get_driver().execute_async(SELECT, []))
        await asyncio.sleep(0)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    assert await connection.ping()
    assert errors == []


async def test_others_have_their_turn_between_two_pieces_of_a_stream() -> None:
    turns = 0

    async def wait_for_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def pieces() -> Stream[list[Detail]]:
        for number in range(10):
            yield [Detail(detail=str(number))]

    waiting = asyncio.create_task(wait_for_turns())
    seen = [turns async for _ in await lines(pieces())]
    waiting.cancel()
    assert len(seen) == len(set(seen)) == 10
