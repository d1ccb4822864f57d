"""What was measured, written as Markdown to be pasted into docs/performance.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median, quantiles

Turns = list[list[float]]
"""The seconds of every call, turn by turn."""


@dataclass(frozen=True)
class Comparison:
    """An endpoint beside its twin: the number of calls of each, both medians in seconds, and the ratio of the two.

    The ratio is the twin's median divided by ours: 1.0 is as fast as the bare driver, 0.5 takes twice as long. `low`
    and `high` enclose the middle half of the ratios that single turns had.
    """

    endpoint: str
    calls: int
    ours: float
    twin: float
    low: float
    high: float

    @classmethod
    def of(cls, endpoint: str, ours: Turns, twin: Turns) -> "Comparison":
        """Return the comparison that these turns make."""
        ratios = [median(theirs) / median(own) for own, theirs in zip(ours, twin, strict=True)]
        low, _, high = quantiles(ratios, n=4)
        calls = list(chain.from_iterable(ours))
        return cls(endpoint, len(calls), median(calls), median(chain.from_iterable(twin)), low, high)

    @property
    def ratio(self) -> float:
        """How fast we are, the bare driver being 1.0."""
        return self.twin / self.ours


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose source is readable, too; all columns but the first are aligned to the right."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        return f"| {' | '.join([cells[0].ljust(len(first)), *others])} |"

    rule = line(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join([line(head), rule, *map(line, lines[1:])])


def milliseconds(seconds: float) -> str:
    """Return a time in milliseconds, with the digits that are significant."""
    return f"{seconds * 1000:,.0f}" if seconds >= 0.1 else f"{seconds * 1000:.2f}"
