"""How many projects per second the template renders."""

import time
from pathlib import Path

from tools.bench.projects import FRAMEWORKS, answers, counted
from tools.bench.report import table
from tools.render import render

RUNS = 3


def measure(template: Path, folder: Path, frameworks: list[str], features: list[str]) -> str:
    """Render each framework's project with the first feature, and with all features."""
    rows = []
    for framework in frameworks:
        rates = [rate(template, folder, framework, chosen) for chosen in (features[:1], features)]
        rows.append([FRAMEWORKS[framework]["title"], *(f"{rendered:.1f}" for rendered in rates)])
    return table(["renders per second", counted(1), counted(len(features))], rows)


def rate(template: Path, folder: Path, framework: str, features: list[str]) -> float:
    """Return how many such projects are rendered in a second."""
    began = time.perf_counter()
    for _ in range(RUNS):
        render(template, folder, answers(framework, features))
    return RUNS / (time.perf_counter() - began)
