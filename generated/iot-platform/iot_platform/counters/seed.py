"""Sample views and votes for the Tally Storm."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from random import Random
from typing import Any

import click

from .. import database
from ..seeding import Seeding, Tally
from . import service
from .models import PageViews
from .schemas import Ballot, ViewsLine, today

COUNT = 800

DAYS = 30
SECTIONS = (
    "storm-warnings",
    "umbrella-exchange",
    "lost-hats",
    "eye-of-the-storm",
    "barometer",
    "thunder-choir",
    "wind-auction",
    "shelter-map",
)
TOPICS = {
    "rain-before-seven": 0.8,
    "name-the-next-storm": 0.7,
    "kites-on-the-roof": 0.55,
    "louder-thunder": 0.4,
    "one-umbrella-each": 0.3,
}
"""What is voted on, and how often a vote is for it."""


def options(command: Callable) -> Callable:
    """Add the options of this seed."""
    pages = click.option(
        "--pages", type=click.IntRange(1, 10_000), default=8, show_default=True, help="Pages that are viewed."
    )
    views_once = click.option(
        "--views-once", is_flag=True, help="Count nothing where views were counted before: they would count twice."
    )
    return pages(views_once(command))


class Weather:
    """What is viewed and voted on: few pages by many, some days more than others, lately more than long ago."""

    def __init__(self, random: Random, pages: int) -> None:
        self._random = random
        self._pages = [_name(number) for number in range(pages)]
        self._popularity = list(accumulate(1 / rank for rank in range(1, pages + 1)))
        self._gusts = list(accumulate(random.uniform(0.3, 1) * (2 * DAYS - ago) for ago in range(DAYS)))

    def view(self, number: int) -> ViewsLine:
        """One view; the first ones go to a page each, so that all pages are there."""
        (page,) = self._random.choices(self._pages, cum_weights=self._popularity)
        (ago,) = self._random.choices(range(DAYS), cum_weights=self._gusts)
        return ViewsLine(
            page=self._pages[number] if number < len(self._pages) else page,
            day=today() - timedelta(days=ago),
            visitors=int(self._random.random() < 0.6),
        )

    def vote(self) -> Ballot:
        """One vote."""
        topic = self._random.choice(list(TOPICS))
        return Ballot(topic=topic, direction="up" if self._random.random() < TOPICS[topic] else "down")


async def seed(run: Seeding, pages: int, views_once: bool, **_: Any) -> None:
    """Count `run.count` views of the last DAYS days, and a quarter as many votes; of a feed, the views."""
    if views_once and await database.count_up_to(PageViews, 1):
        run.console.print("Views were counted before: nothing is added to them.")
        return
    weather = Weather(run.random, pages)

    async def count(line: ViewsLine) -> bool:
        await service.add_views(line.page, line.day, line)
        return True

    async def cast(ballot: Ballot) -> bool:
        await service.cast_vote(ballot.topic, ballot)
        return True

    await run.write("Counting views", run.rows(ViewsLine, weather.view), count)
    if run.feed is None:
        votes = replace(run, count=max(1, run.count // 4), tally=Tally())
        await votes.write("Casting votes", (weather.vote() for _ in range(votes.count)), cast)


def _name(number: int) -> str:
    section = SECTIONS[number % len(SECTIONS)]
    return section if number < len(SECTIONS) else f"{section}-{number // len(SECTIONS) + 1}"
