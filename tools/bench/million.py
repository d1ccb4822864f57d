"""A large import and a large time series beside the bare driver: rows per second, and the memory of each process."""

import subprocess
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tools.bench.projects import PACKAGE, Project
from tools.bench.report import table
from tools.bench.writers import WRITERS, write_cargo

MIB = 1024 * 1024
SAMPLED = 0.05
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Load:
    """How long a process wrote, in seconds, and its peak resident memory, in bytes."""

    seconds: float
    memory: int


def measure(project: Project, rows: int) -> str:
    """Fill tables with this many rows in every way there is, each in its own process."""
    file = project.folder.with_name("cargo.csv")
    write_cargo(file, rows)
    lines = []
    for filled, ways in WRITERS.items():
        loads = {way: run(project, filled, way, str(rows), str(file)) for way in ways}
        ours = next(iter(loads.values())).seconds
        for way, load in loads.items():
            figures = [f"{rows / load.seconds:,.0f}", f"{load.seconds / ours:.2f}", f"{load.memory / MIB:,.0f}"]
            lines.append([f"{filled}: {way}", *figures])
    return table([f"{rows:,} rows", "rows/s", "ratio", "memory, MiB"], lines)


def run(project: Project, *arguments: str) -> Load:
    """Run one writer; SystemExit if it fails."""
    process = project.start("-m", "tools.bench.writers", PACKAGE, *arguments)
    watched, memory = psutil.Process(process.pid), 0
    while True:
        with suppress(psutil.Error):  # it has just ended
            memory = max(memory, watched.memory_info().rss)
        try:
            printed, errors = process.communicate(timeout=SAMPLED)
        except subprocess.TimeoutExpired:
            continue
        if process.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{errors.decode()}")
        return Load(float(printed), memory)
