"""Sample memories for the vault."""

from typing import Any

import click

from ..samples.seeding import Seeding
from . import service
from .models import DEFAULT_TTL
from .schemas import SessionCreate

COUNT = 20

TTL = click.IntRange(1, 86_400)
OPTIONS = (
    click.Option(["--ttl"], type=TTL, default=DEFAULT_TTL, show_default=True, help="Seconds that a memory lasts."),
)

THINGS = ("first snow", "a lullaby", "the smell of rain", "a borrowed bicycle", "the old harbour", "a lost argument")
PLACES = ("behind the theatre", "at the night market", "in a stairwell", "on the last tram", "under the observatory")


async def seed(run: Seeding, ttl: int, **_: Any) -> None:
    """Steal `run.count` memories that last `ttl` seconds, or those of the feed."""

    def memory(number: int) -> SessionCreate:
        return SessionCreate(
            token=f"{run.faker.last_name_nonbinary()[:12]}-{number:06d}",
            memory=f"{run.faker.first_name()} remembers {run.random.choice(THINGS)} {run.random.choice(PLACES)}",
            ttl=ttl,
        )

    async def steal(data: SessionCreate) -> bool:
        await service.create_session(data)
        return True

    await run.write("Stealing memories", run.rows(SessionCreate, memory), steal)
