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
    met = [(candidate, meetings(candidate)) for candidate in candidates]
    found: list[Item] = []
    while missing:
        best, meeting = max(met, key=lambda candidate: len(missing & candidate[1]))
        found.append(best)
        missing = missing - meeting
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


def proofs(combination: Combination) -> set[Any]:
    """Return what a project's own tests prove: that a framework holds all features, or one, and that feature alone."""
    framework, features = combination
    if len(features) == len(FEATURES):
        return {(framework, "all")}
    return {(framework, "one"), *features} if len(features) == 1 else set()


def identifier(combination: Combination) -> str:
    """Return a short name of a combination that is a legal package name."""
    framework, features = combination
    name = "_".join([framework, *features])
    return name if len(name) <= 32 else f"{name[:23]}_{zlib.crc32(name.encode()):08x}"


PRESETS: dict[str, Combination] = {
    name: (preset["framework"], tuple(preset["features"]))
    for name, preset in zip(preset_names(), map(read_preset, preset_names()), strict=True)
}

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

TESTED: list[str] = [name for name, preset in PRESETS.items() if proofs(preset)]
"""The presets whose own tests are run: with one feature, or with all; what fails in between fails in one of those."""

ADDED: list[Combination] = cover(
    ALONE_AND_ALL,
    lambda combination: proofs(combination) | choices(combination),
    set().union(*map(proofs, ALONE_AND_ALL), *map(choices, ALONE_AND_ALL))
    - set().union(*(proofs(preset) | choices(preset) for preset in PRESETS.values())),
)
"""The projects that are tested besides the presets, for what none of those proves."""

RUNNING: list[Combination] = [*PRESETS.values(), *ADDED]
"""The projects that are started, and asked for their pages and their API; every two choices meet in one."""
