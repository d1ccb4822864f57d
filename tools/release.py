"""Releases the template: the version in pyproject.toml, its section in CHANGELOG.md and its tag are always the same.

`make release VERSION=0.2.0` writes the first two and commits them. Without a version, the tag that the last commit
lacks is printed, if any: CI sets it once the tests have passed on main.
"""

import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT, CHANGELOG = ROOT / "pyproject.toml", ROOT / "CHANGELOG.md"
UNRELEASED = "## Unreleased\n"
VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")


def git(*arguments: str) -> str:
    """Run git in the repository and return what it prints; SystemExit with 2 if it fails, which says why itself."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(2)
    return done.stdout


def numbers(version: str) -> list[int]:
    """Return a version as it is compared."""
    return [int(number) for number in version.split(".")]


def last_version() -> str:
    """Return the version in pyproject.toml."""
    return str(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"])


def unreleased_changes() -> str:
    """Return what CHANGELOG.md says about changes since the last version."""
    text = CHANGELOG.read_text(encoding="utf-8").partition(UNRELEASED)[2] if CHANGELOG.exists() else ""
    return re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0].strip()


def due_tag() -> str:
    """Return the tag of the last version if it is not set yet and nothing has changed since; otherwise ""."""
    tag = f"v{last_version()}"
    return "" if unreleased_changes() or tag in git("tag").split() else tag


def refusal(version: str) -> str:
    """Return in one sentence why a version cannot be released now; empty if it can."""
    last, tags = last_version(), git("tag").split()
    if not VERSION.fullmatch(version):
        return "A version is three numbers: make release VERSION=0.2.0"
    # A tag that is there already, perhaps from another branch, would not be set, or not be the newest.
    newest = max([last, *(tag[1:] for tag in tags if VERSION.fullmatch(tag[1:]))], key=numbers)
    if numbers(version) <= numbers(newest):
        return f"The last version is {newest}: choose a higher one."
    if tags and f"v{last}" not in tags:
        return f"Version {last} has no tag here: push it first, or fetch the tag v{last}."
    if git("status", "--porcelain"):
        return "There are uncommitted changes: commit or stash them first."
    if not unreleased_changes():
        return "Under Unreleased, CHANGELOG.md says that nothing has changed since the last version."
    return ""


def release(version: str) -> None:
    """Write a version and its date into both files, and commit them; SystemExit with 2 if it is refused."""
    if why := refusal(version):
        print(why, file=sys.stderr)
        raise SystemExit(2)
    heading = f"{UNRELEASED}\n## {version} - {datetime.now(UTC):%Y-%m-%d}\n"
    changes = CHANGELOG.read_text(encoding="utf-8")
    CHANGELOG.write_text(changes.replace(UNRELEASED, heading, 1), encoding="utf-8")
    project = PROJECT.read_text(encoding="utf-8")
    line = f'version = "{last_version()}"'
    PROJECT.write_text(project.replace(line, f'version = "{version}"', 1), encoding="utf-8")
    try:
        git("commit", "--quiet", "--message", f"Release {version}", str(PROJECT), str(CHANGELOG))
    except SystemExit:
        CHANGELOG.write_text(changes, encoding="utf-8")
        PROJECT.write_text(project, encoding="utf-8")
        print("git did not commit the version, so both files are as they were.", file=sys.stderr)
        raise
    print(f"Version {version} is committed: push main, and CI tags it v{version} once its tests have passed.")


if __name__ == "__main__":
    release(sys.argv[1]) if sys.argv[1:] else print(due_tag())
