"""How long a server takes from its start to its first answer, and to its first page."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import httpx

from tools.bench.projects import FRAMEWORKS, Project, answers, counted, free_port
from tools.bench.report import milliseconds, table
from tools.render import render

RUNS = 5
PATIENCE = 60.0


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process until /health answers 200, for the start page, and for it again."""

    ready: float
    first_page: float
    second_page: float


def measure(template: Path, project: Project, features: list[str]) -> dict[int, list[Start]]:
    """Start servers with the first feature, the first three and all of them, on the tables that `project` made."""
    starts = {}
    for size in sorted({1, min(3, len(features)), len(features)}):
        folder = project.folder.with_name(f"{project.framework}-{size}")
        render(template, folder, answers(project.framework, features[:size]))
        server = replace(project, folder=folder)
        begin(server)  # compiles the Python files
        starts[size] = [begin(server) for _ in range(RUNS)]
    return starts


def begin(project: Project) -> Start:
    """Start a server, request its first pages, and end it; SystemExit if it does not answer."""
    port = free_port()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False) as client:
        began = time.perf_counter()
        process = project.serve(port)
        try:
            while not is_ready(client):
                if process.poll() is not None or time.perf_counter() > began + PATIENCE:
                    raise SystemExit(f"{project.folder.name} does not serve.")
                time.sleep(0.005)
            ready = time.perf_counter() - began
            return Start(ready, page(client), page(client))
        finally:
            process.terminate()
            process.wait(PATIENCE)


def is_ready(client: httpx.Client) -> bool:
    """Return True once the server and its database answer."""
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False


def page(client: httpx.Client) -> float:
    """Return the seconds that the start page takes."""
    began = time.perf_counter()
    client.get("/").raise_for_status()
    return time.perf_counter() - began


def report(starts: dict[str, dict[int, list[Start]]]) -> str:
    """Return the medians of all frameworks."""
    rows = []
    for framework, sizes in starts.items():
        for size, runs in sizes.items():
            times = [[run.ready for run in runs], [run.first_page for run in runs], [run.second_page for run in runs]]
            name = f"{FRAMEWORKS[framework]['title']}, {counted(size)}"
            rows.append([name, *(milliseconds(median(seconds)) for seconds in times)])
    return table(["", "ready, ms", "first page, ms", "again, ms"], rows)
