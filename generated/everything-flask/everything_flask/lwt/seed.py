"""Sample heroes, the clones that try to take their names, and the heroes' profiles."""

from dataclasses import replace
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..errors import Conflict, NotFound
from ..samples.seeding import Seeding, Tally
from . import service
from .schemas import ProfileUpdate, UserCreate

COUNT = 40

RACES_SHOWN = 10

COLOURS = ("Amber", "Cobalt", "Crimson", "Ivory", "Jade", "Onyx", "Saffron", "Silver", "Umber", "Violet")
CREATURES = ("Badger", "Comet", "Falcon", "Heron", "Lynx", "Mantis", "Otter", "Sparrow", "Tempest", "Wolf")
DIMENSIONS = ("Dimension-6", "Dimension-6", "Dimension-6", "Dimension-1", "Dimension-3", "Dimension-7")
DEEDS = ("Talks trains back onto their rails", "Carried the Łódź bridge home", "Reads storms before they happen")
PLACES = ("ever since the night of two moons", "then has soup at the Café Zénith", "and never mentions it again")
STATUSES = ("on patrol", "off duty", "under cover")
OPTIONS = ()
"""This seed has no options of its own."""


class Cast:
    """Everybody in the story: a number always stands for the same hero, so no phase has to hand them on to the next."""

    def __init__(self, random: Random) -> None:
        self._salt = random.getrandbits(64)

    def hero(self, number: int) -> UserCreate:
        """A hero; the number makes the name unique."""
        dice = Random(f"hero {number} {self._salt}")
        name = f"{dice.choice(COLOURS)} {dice.choice(CREATURES)}"
        username = f"{name.lower().replace(' ', '-')}-{number:06d}"
        dimension = dice.choice(DIMENSIONS)
        return UserCreate(username=username, email=f"{username}@heroes.example", display_name=name, dimension=dimension)

    def clone(self, number: int) -> UserCreate:
        """A copy from Doppel-9 that wants a hero's name."""
        return UserCreate(
            username=self.hero(number).username,
            email=f"copy-{number:06d}@doppel-9.example",
            display_name=f"Doppel-9, copy {number + 1}",
        )

    def profile(self, number: int) -> tuple[UUID, ProfileUpdate]:
        """Whose profile it is, and what the hero writes into it first."""
        dice = Random(f"profile {number} {self._salt}")
        change = ProfileUpdate(
            bio=f"{dice.choice(DEEDS)}, {dice.choice(PLACES)}.", status=dice.choice(STATUSES), expected_version=1
        )
        return hero_id(self.hero(number).username), change


def seed(run: Seeding, **_: Any) -> None:
    """Register `run.count` heroes, send clones after them, fill in the profiles; of a feed, register the heroes."""
    cast = Cast(run.random)
    run.write("[green]Registering heroes[/]", run.rows(UserCreate, cast.hero), register)
    if run.feed is None:
        send_clones(run, cast)
        fill_profiles(run, cast)


def send_clones(run: Seeding, cast: Cast) -> None:
    """Try to take a quarter of the names once more, and show how that went."""
    races: list[tuple[str, str]] = []

    def attack(number: int) -> bool:
        clone = cast.clone(number)
        try:
            service.create_user(clone)
        except Conflict as conflict:
            if number < RACES_SHOWN:
                races.append((f"{conflict.detail['existing']['display_name']}, {clone.username}", clone.display_name))
            return False
        return True

    attacks = replace(run, count=max(1, run.count // 4), tally=Tally())
    attacks.write("[red]Sending clones[/]", range(attacks.count), attack)
    run.console.print(race_panel(races, f"{attacks.tally.skipped:,} of {attacks.count:,} clones refused"))


def fill_profiles(run: Seeding, cast: Cast) -> None:
    """Write the first change of every hero's profile; a profile that has been changed before stays as it is."""

    def fill(number: int) -> bool:
        user_id, change = cast.profile(number)
        try:
            service.update_profile(user_id, change)
        except (Conflict, NotFound):
            return False
        return True

    profiles = replace(run, tally=Tally())
    profiles.write("Filling in profiles", range(run.count), fill)


def register(hero: UserCreate) -> bool:
    """Register a hero, unless somebody holds the name."""
    try:
        service.create_user(hero, hero_id(hero.username))
    except Conflict:
        return False
    return True


def hero_id(username: str) -> UUID:
    """The same user_id for the same name, in every run of the seed."""
    return uuid5(NAMESPACE_URL, f"hero:{username}")


def race_panel(races: list[tuple[str, str]], result: str) -> Panel:
    """Return the races as a panel: who holds the name on the left, who was refused it on the right."""
    table = Table("hero", "clone", box=None, padding=(0, 2))
    for hero, clone in sorted(races):
        table.add_row(Text(hero, "green"), Text(f"{clone}: refused", "red"))
    return Panel.fit(table, title="Identity wars", subtitle=result)
