"""Which projects the tests render: computed from the registries, so that a new feature is covered by itself."""

from itertools import chain, combinations

from tools.render import read_template

TEMPLATE = read_template()
FRAMEWORKS: list[str] = list(TEMPLATE["frameworks"]["default"])
FEATURES: list[str] = list(TEMPLATE["registry"]["default"])

SUBSETS: list[tuple[str, ...]] = list(
    chain.from_iterable(combinations(FEATURES, size) for size in range(1, len(FEATURES) + 1))
)
"""Every combination of features."""

PROJECTS: list[tuple[str, tuple[str, ...]]] = [(framework, subset) for framework in FRAMEWORKS for subset in SUBSETS]

PROJECT_IDS: list[str] = ["-".join([framework, *subset]) for framework, subset in PROJECTS]
