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


def git(*arguments: str) -> str:
    """Run git in the repository and return what it prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def last_version() -> str:
    """Return the version in pyproject.toml."""
    return str(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"])


def unreleased_changes() -> str:
    """Return what CHANGELOG.md says about changes since the last version."""
    text = CHANGELOG.read_text(encoding="utf-8").partition(UNRELEASED)[2]
    return re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0].strip()


def due_tag() -> str:
    """Return the tag of the last version if it is not set yet and nothing has changed since; otherwise ""."""
    tag = f"v{last_version()}"
    return "" if unreleased_changes() or tag in git("tag").split() else tag


def refusal(version: str) -> str:
    """Return in one sentence why a version cannot be released now; empty if it can."""
    last, tags = last_version(), git("tag").split()
    if not re.fullmatch(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}", version):
        return "A version is three numbers: make release VERSION=0.2.0"
    if [int(number) for number in version.split(".")] <= [int(number) for number in last.split(".")]:
        return f"The last version is {last}: choose a higher one."
    if tags and f"v{last}" not in tags:
        return f"Version {last} has no tag here: push it first, or fetch the tag v{last}."
    if git("status", "--porcelain"):
        return "There are uncommitted changes: commit or stash them first."
    if not unreleased_changes():
        return "CHANGELOG.md says that nothing has changed since the last version."
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
    git("commit", "--quiet", "--message", f"Release {version}", str(PROJECT), str(CHANGELOG))
    print(f"Version {version} is committed: push main, and CI tags it v{version} once its tests have passed.")


if __name__ == "__main__":
    release(sys.argv[1]) if sys.argv[1:] else print(due_tag())
