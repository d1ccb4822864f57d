"""Each feature's main read and main write beside its twin, framework by framework."""

import json
from dataclasses import astuple

from tools.bench.projects import FRAMEWORKS, PACKAGE, Project
from tools.bench.report import Comparison, milliseconds, table

TARGETS = {"read": 0.90, "write": 0.95}

Comparisons = dict[tuple[str, str], Comparison]
"""By feature, and by "read" or "write"."""


def compare(project: Project, features: list[str], seconds: float) -> Comparisons:
    """Return what a project's endpoints and their twins took, each called for this many seconds."""
    printed = project.python(
        *("-m", "tools.bench.turns", project.framework, PACKAGE, *features, "--seconds", str(seconds))
    )
    return {(slug, kind): Comparison(**figures) for slug, kind, figures in json.loads(printed)}


def overview(comparisons: dict[str, Comparisons]) -> str:
    """Return the ratios of all frameworks; those below the target are in bold."""
    rows = []
    for slug, kind in next(iter(comparisons.values())):
        ratios = [f"{compared[slug, kind].ratio:.2f}" for compared in comparisons.values()]
        shown = [ratio if float(ratio) >= TARGETS[kind] else f"**{ratio}**" for ratio in ratios]
        rows.append([f"{slug}, {kind}", *shown])
    return table(["", *(FRAMEWORKS[framework]["title"] for framework in comparisons)], rows)


def details(compared: Comparisons) -> str:
    """Return the times of one framework."""
    rows = []
    for comparison in compared.values():
        endpoint, calls, ours, twin, low, high = astuple(comparison)
        figures = [f"{calls:,}", milliseconds(ours), milliseconds(twin), f"{comparison.ratio:.2f}"]
        rows.append([f"`{endpoint}`", *figures, f"{low:.2f} to {high:.2f}"])
    return table(["endpoint", "calls of each", "ours, ms", "twin, ms", "ratio", "middle half"], rows)
