"""Streams: what the query asks for, in small pieces."""

from typing import Annotated

import pytest
from coodie.fields import ClusteringKey, PrimaryKey

from batch_importer.db.documents import Document, sync_schema
from batch_importer.db.streams import PIECE, stream


class Drop(Document):
    """A row of a stream."""

    source: Annotated[str, PrimaryKey()]
    number: Annotated[int, ClusteringKey()]

    class Settings:
        name = "stream_drops"


@pytest.mark.usefixtures("keyspace")
async def test_a_stream_reads_what_all_would_read_page_by_page() -> None:
    await sync_schema([Drop])
    for number in range(30):
        await Drop(source=f"source {number % 2}", number=number).save()
    assert [len(page) async for page in stream(Drop.find().limit(25), fetch_size=10)] == [10, 10, 5]
    assert max([len(piece) async for piece in stream(Drop.find())]) <= PIECE < 30
    query = Drop.find().per_partition_limit(1)
    firsts = [drop async for page in stream(query) for drop in page]
    assert firsts == await query.all()
    assert {(drop.source, drop.number) for drop in firsts} == {("source 0", 0), ("source 1", 1)}
