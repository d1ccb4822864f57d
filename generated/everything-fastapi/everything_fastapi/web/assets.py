"""Static files: their addresses end in a hash of the contents, so that browsers may keep them until they change.

The hash is in the query: a file keeps its name, nothing has to be built, and one that is asked for without it still
answers, to be checked each time.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"


def address_of(path: str) -> str:
    """Return the address of a static file within the application."""
    version = version_of(path)
    return f"{PREFIX}{path}?v={version}" if version else f"{PREFIX}{path}"


def version_of(path: str) -> str | None:
    """Return a hash of a static file's contents; None if there is no such file."""
    file = FOLDER / path
    try:
        return _hash(file, file.stat().st_mtime_ns)
    except OSError:
        return None


def cache_control(path: str, query: str, status: int) -> str:
    """Return how long an answer may be kept: a static file for a year, everything else not at all."""
    if not path.startswith(PREFIX) or status >= 400:
        return "no-store"
    # Another version may be asked for while servers of two versions run.
    is_current = query == f"v={version_of(path.removeprefix(PREFIX))}"
    return "public, max-age=31536000, immutable" if is_current else "no-cache"


@lru_cache
def _hash(file: Path, _changed: int) -> str:
    """Return the hash of a file's contents, counted once for each time that the file changes."""
    return sha256(file.read_bytes()).hexdigest()[:12]
