"""Photographs every preset's start page at the sizes of a desktop and a phone, with sample data in a real database."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, ViewportSize

from tools.browser import DESKTOP, PHONE, chromium
from tools.render import ROOT, preset_names, read_preset, read_template, render, snapshot

SCREENSHOTS = ROOT / "docs" / "screenshots"
MAX_BYTES = 300_000
START_SECONDS = 60


def main() -> None:
    """Photograph the presets named as arguments, or all of them, in keyspaces named screenshots_*.

    A database that had to be started is stopped again.
    """
    names = sys.argv[1:] or preset_names()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with snapshot() as template, tempfile.TemporaryDirectory(prefix="coodie-demos-") as folder, chromium() as browser:
        projects = {name: render(template, Path(folder) / name, read_preset(name)) for name in names}
        try:
            for name, project in projects.items():
                make(project, "setup", "db-up", "seed", f"ARGS={seed_options(read_preset(name))}")
                with served(project) as address:
                    for suffix, viewport in {"": DESKTOP, "-phone": PHONE}.items():
                        photograph(browser, address, SCREENSHOTS / f"{name}{suffix}.png", viewport)
                print(f"docs/screenshots/{name}.png and {name}-phone.png")
        finally:
            make(project, "db-down")


def seed_options(answers: dict[str, Any]) -> str:
    """Return the options that `make run` seeds a project with."""
    registry = read_template()["registry"]["default"]
    return " ".join(filter(None, (registry[slug]["run_options"] for slug in answers["features"])))


def environment(project: Path) -> dict[str, str]:
    """Return the environment of a project's commands: ours, with data that only the screenshots use."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "VIRTUAL_ENV"))}
    return {
        **inherited,
        "CASSANDRA_DIR": str(ROOT / ".work" / "screenshots"),
        "SCYLLA_KEYSPACE": f"screenshots_{project.name.replace('-', '_')}"[:48],
    }


def make(project: Path, *arguments: str) -> None:
    """Run make in a project; CalledProcessError if it fails."""
    subprocess.run(["make", "--no-print-directory", *arguments], cwd=project, env=environment(project), check=True)


@contextmanager
def served(project: Path) -> Iterator[str]:
    """Serve a project on a free port and yield its address; SystemExit if it is not ready in time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    entry = ["manage.py", "serve"] if (project / "manage.py").exists() else ["main.py"]
    process = subprocess.Popen(
        [".venv/bin/python", *entry],
        cwd=project,
        env={**environment(project), "HOST": "127.0.0.1", "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{project.name} does not serve its pages.")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def is_ready(address: str) -> bool:
    """Return True once a server and its database answer."""
    try:
        return httpx.get(f"{address}/health", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def photograph(browser: Browser, address: str, target: Path, viewport: ViewportSize) -> None:
    """Photograph what a window shows of a page without scrolling; SystemExit if the picture is too large."""
    page = browser.new_page(viewport=viewport, reduced_motion="reduce")
    page.goto(address, wait_until="networkidle")
    page.screenshot(path=target)
    page.close()
    if target.stat().st_size > MAX_BYTES:
        raise SystemExit(f"{target.name} is larger than {MAX_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
