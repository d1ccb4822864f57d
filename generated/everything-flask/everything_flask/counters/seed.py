"""Sample views and votes for the Tally Storm."""

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from random import Random
from typing import Any

import click

from ..samples.seeding import Seeding, Tally
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
"""The topics, each with the share of its votes that are in favour."""
OPTIONS = (
    click.Option(
        ["--pages"], type=click.IntRange(1, 10_000), default=8, show_default=True, help="How many pages are viewed."
    ),
    click.Option(
        ["--views-once"],
        is_flag=True,
        help="Do nothing if the table already has views: seeding again would add them twice.",
    ),
)


class Weather:
    """Generated traffic: a few pages get most views, some days more than others, recent days more than old ones."""

    def __init__(self, random: Random, pages: int) -> None:
        self._random = random
        self._pages = [_name(number) for number in range(pages)]
        self._popularity = list(accumulate(1 / rank for rank in range(1, pages + 1)))
        self._gusts = list(accumulate(random.uniform(0.3, 1) * (2 * DAYS - ago) for ago in range(DAYS)))

    def view(self, number: int) -> ViewsLine:
        """Return a view; the first ones go to one page each, so that every page has some."""
        (page,) = self._random.choices(self._pages, cum_weights=self._popularity)
        (ago,) = self._random.choices(range(DAYS), cum_weights=self._gusts)
        return ViewsLine(
            page=self._pages[number] if number < len(self._pages) else page,
            day=today() - timedelta(days=ago),
            visitors=int(self._random.random() < 0.6),
        )

    def vote(self) -> Ballot:
        """Return a vote."""
        topic = self._random.choice(list(TOPICS))
        return Ballot(topic=topic, direction="up" if self._random.random() < TOPICS[topic] else "down")


def seed(run: Seeding, pages: int, views_once: bool, **_: Any) -> None:
    """Count `run.count` views over the last DAYS days, and a quarter as many votes; or just the views in the feed."""
    if views_once and PageViews.find().limit(1).first():
        run.console.print("There are views already: nothing is added to them.")
        return
    weather = Weather(run.random, pages)
    run.adds_up = True

    def count(line: ViewsLine) -> bool:
        service.add_views(line.page, line.day, line)
        return True

    def cast(ballot: Ballot) -> bool:
        service.cast_vote(ballot.topic, ballot)
        return True

    run.write("Counting views", run.rows(ViewsLine, weather.view), count)
    if run.feed is None:
        votes = replace(run, count=max(1, run.count // 4), tally=Tally())
        votes.write("Casting votes", (weather.vote() for _ in range(votes.count)), cast)


def _name(number: int) -> str:
    section = SECTIONS[number % len(SECTIONS)]
    return section if number < len(SECTIONS) else f"{section}-{number // len(SECTIONS) + 1}"
