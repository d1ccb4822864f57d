"""Which projects the tests render and run: computed from the registries, so that a new feature is covered by itself.

Every set of features in every framework is too many. What goes wrong with a combination goes wrong between a few of its
parts, so it is enough that every few parts meet in some project: covering arrays, made greedily.
"""

import zlib
from collections.abc import Callable, Iterable
from itertools import chain, combinations, cycle, product
from typing import Any, TypeVar

from tools.render import preset_names, read_preset, read_template

TEMPLATE = read_template()
FRAMEWORKS: list[str] = list(TEMPLATE["frameworks"]["default"])
FEATURES: list[str] = list(TEMPLATE["registry"]["default"])

Features = tuple[str, ...]
Combination = tuple[str, Features]
"""A framework, and features in the order of the registry."""
Item = TypeVar("Item")


def cover(candidates: list[Item], meetings: Callable[[Item], set[Any]], missing: set[Any]) -> list[Item]:
    """Return a few candidates in which everything missing is met; each is the one that meets most of the rest."""
    found: list[Item] = []
    while missing:
        best = max(candidates, key=lambda candidate: len(missing & meetings(candidate)))
        found.append(best)
        missing = missing - meetings(best)
    return found


def sets(sizes: Iterable[int]) -> list[Features]:
    """Return the sets of features of these sizes."""
    return list(chain.from_iterable(combinations(FEATURES, size) for size in sizes))


def triples(features: Features) -> set[Features]:
    """Return which three features meet in a set."""
    return set(combinations(features, 3))


def choices(combination: Combination) -> set[Any]:
    """Return which two choices meet: the framework, and for each feature whether it is there."""
    framework, features = combination
    return set(combinations([("framework", framework), *((name, name in features) for name in FEATURES)], 2))


def identifier(combination: Combination) -> str:
    """Return a short name of a combination that is a legal package name."""
    framework, features = combination
    name = "_".join([framework, *features])
    return name if len(name) <= 32 else f"{name[:23]}_{zlib.crc32(name.encode()):08x}"


PRESETS: list[Combination] = [
    (preset["framework"], tuple(preset["features"])) for preset in map(read_preset, preset_names())
]
EVERY: list[Combination] = list(product(FRAMEWORKS, sets(range(1, len(FEATURES) + 1))))

TRIPLED: list[Features] = cover(sets([max(3, (len(FEATURES) + 1) // 2)]), triples, triples(tuple(FEATURES)))
"""Sets of half of the features, so that the other half is absent; every three features meet in one."""

RENDERED: list[Combination] = sorted(
    {
        *product(FRAMEWORKS, sets([1, 2, len(FEATURES)])),
        *zip(cycle(FRAMEWORKS), TRIPLED),
    }
)
"""The projects whose sources are checked."""

ALONE: list[Combination] = list(product(FRAMEWORKS, sets([1])))
"""The projects with one feature."""

ALONE_AND_ALL: list[Combination] = [*ALONE, *product(FRAMEWORKS, sets([len(FEATURES)]))]
"""The projects whose structure is checked: what one feature needs alone, and all that there is."""

PAIRED: list[Combination] = cover(EVERY, choices, set().union(*map(choices, EVERY)).difference(*map(choices, PRESETS)))
"""The projects that run besides the presets; every two choices meet in one of these or in a preset."""
