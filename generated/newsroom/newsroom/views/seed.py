"""Sample products for the Oracle's Mirror."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from ..errors import Conflict
from ..samples.seeding import Seeding
from . import service
from .schemas import ProductLine

COUNT = 50

THINGS = {
    "Scrying glass": ("hand mirror", "obsidian disc", "crystal ball", "ink bowl", "salt window"),
    "Amulets": ("locket", "iron key", "moon charm", "knotted cord", "glass eye"),
    "Candles": ("black taper", "beeswax pillar", "smokeless wick", "hour candle"),
    "Star charts": ("comet map", "tide table", "eclipse wheel", "pocket planisphere"),
    "Prophecies": ("sealed scroll", "torn almanac", "riddle card", "letter from tomorrow"),
}
BRANDS = ("Delphi & Daughters", "Nine Veils", "Café Cassandra", "Moth & Mirror", "Übermorgen", "The Blind Glazier")
TRAITS = ("clouded", "silver-backed", "thrice-broken", "whispering", "borrowed", "unblinking", "backwards")
WARNINGS = (
    "Shows what comes next, never when.",
    "Do not ask it twice on the same day.",
    "Cover it with a cloth at night.",
    "It answers in the voice of the last owner.",
    None,
)
OPTIONS = ()
"""This seed has no options of its own."""


def seed(run: Seeding, **_: Any) -> None:
    """Write `run.count` products, or those of the feed, to the base table; existing ones stay as they are."""

    def product(_number: int) -> ProductLine:
        category = run.random.choice(list(THINGS))
        thing = f"{run.random.choice(TRAITS)} {run.random.choice(THINGS[category])}"
        return ProductLine(
            id=UUID(int=run.random.getrandbits(128), version=4),
            name=f"{run.faker.first_name()}'s {thing}",
            category=category,
            brand=run.random.choice(BRANDS),
            price=Decimal(run.random.randrange(300, 90_000)).scaleb(-2),
            description=run.random.choice(WARNINGS),
        )

    def write(data: ProductLine) -> bool:
        try:
            service.create_product(data)
        except Conflict:
            return False
        return True

    run.write("Writing products", run.rows(ProductLine, product), write)
