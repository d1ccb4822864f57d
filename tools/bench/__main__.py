"""Measures what the rendered projects cost: Markdown on standard output, progress on standard error."""

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.bench import comparisons, million, renders, starts
from tools.bench.projects import FEATURES, FRAMEWORKS, Project, free_port, keyspace, set_up
from tools.bench.report import table
from tools.bench.twins import has_twins
from tools.render import listed, snapshot

SECTIONS = ("requests", "starts", "renders", "database", "million")
"""The last one takes minutes and runs only on request."""


def main() -> None:
    """Measure what is asked for; FRAMEWORK and FEATURES choose some of each, ROWS sets the size of the large tables."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section", help=f"{', '.join(SECTIONS)}; all but the last one")
    parser.add_argument("--seconds", type=float, default=2.5, help="for each endpoint and its twin (2.5)")
    options = parser.parse_args()
    sections = set(options.sections or SECTIONS[:-1])
    if not sections <= set(SECTIONS):
        parser.error(f"a section is one of {', '.join(SECTIONS)}")
    frameworks = chosen("FRAMEWORK", list(FRAMEWORKS))
    features = chosen("FEATURES", FEATURES)
    with_twins = [slug for slug in features if has_twins(slug)]

    with tempfile.TemporaryDirectory(prefix="coodie-bench-") as name, snapshot() as template, ExitStack() as stack:
        folder = Path(name)
        if "renders" in sections:
            say("rendering")
            section("Rendering", renders.measure(template, folder / "rendered", frameworks, features))
        if sections == {"renders"}:
            return
        hosts = os.environ.get("SCYLLA_HOSTS") or f"127.0.0.1:{free_port()}"
        projects = {}
        for framework in frameworks:
            say(f"setting up {framework}")
            projects[framework] = set_up(template, folder / framework, framework, features, hosts)
        ups = stack.enter_context(database(next(iter(projects.values()))))
        if "database" in sections:
            section("db-up", ups)
        compared, started = {}, {}
        for framework, project in projects.items():
            with keyspace(project):
                if "requests" in sections and with_twins:
                    say(f"comparing {', '.join(with_twins)} in {framework} with the bare driver")
                    compared[framework] = comparisons.compare(project, with_twins, options.seconds)
                if "starts" in sections:
                    say(f"starting {framework}")
                    started[framework] = starts.measure(template, project, features)
                if "million" in sections:
                    rows = int(os.environ.get("ROWS") or 1_000_000)
                    say(f"writing {rows:,} rows with {framework}")
                    section(f"{rows:,} rows, {FRAMEWORKS[framework]['title']}", million.measure(project, rows))
        if compared:
            section("Ratios", comparisons.overview(compared))
        for framework, figures in compared.items():
            section(FRAMEWORKS[framework]["title"], comparisons.details(figures))
        if started:
            section("Starting", starts.report(started))
        print(f"Measured with Python {platform.python_version()} on {os.cpu_count()} cores ({platform.machine()}).")


def chosen(variable: str, names: list[str]) -> list[str]:
    """Return the names that an environment variable lists, or all if it is empty; SystemExit for an unknown one."""
    wanted = listed(variable) or names
    for name in wanted:
        if name not in names:
            raise SystemExit(f"{variable}: there is no {name}; choose from {', '.join(names)}.")
    return [name for name in names if name in wanted]


@contextmanager
def database(project: Project) -> Iterator[str]:
    """Start a database, and yield how long `make db-up` took; one that SCYLLA_HOSTS names is only used."""
    rows = []

    def up(when: str) -> None:
        say(f"db-up, {when}")
        began = time.perf_counter()
        project.make("db-up")
        rows.append([when, f"{time.perf_counter() - began:.1f}"])

    if os.environ.get("SCYLLA_HOSTS"):
        up("already running")
        yield table(["make db-up", "seconds"], rows)
        return
    try:
        project.make("db-up")  # may have to download it first
        project.make("db-down")
        up("stopped, with its data")
        up("already running")
        yield table(["make db-up", "seconds"], rows)
    finally:
        project.make("db-down")


def section(title: str, text: str) -> None:
    """Print a part of the report."""
    print(f"### {title}\n\n{text}\n", flush=True)


def say(what: str) -> None:
    """Print what is being done to standard error."""
    print(f"{what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # Stop what was started, however this process ends.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
