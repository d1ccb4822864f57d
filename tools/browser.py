"""The Chromium that photographs and tests the pages: the one installed here, which sends no requests by itself."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ViewportSize, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""--no-sandbox because containers run as root; the rest because Chromium would call home otherwise."""

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


def executable() -> str:
    """Return the path of an installed Chromium; FileNotFoundError says what was looked for."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise FileNotFoundError(f"No browser found: install Chromium (looked for {', '.join(NAMES)} in PATH).")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a headless Chromium, and close it at the end."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
