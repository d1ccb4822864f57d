"""Writes includes/taken.jinja for `make lock`: names of modules that a project's package would hide."""

import hashlib
import keyword
import re
import subprocess
import textwrap
from pathlib import Path

from stdlibs import KNOWN_VERSIONS, stdlib_module_names

from tools.environments import UV, environment_of
from tools.render import ROOT

TAKEN = ROOT / "includes" / "taken.jinja"
LOCKS = ROOT / "includes" / "locks"
OLDEST = (3, 11)
"""The oldest Python that projects run on."""
SETUP = {"pip", "pkg_resources", "setuptools", "uv"}
"""What `make setup` needs before the project has an environment."""
HEADER = "<# Keywords, and modules that a package would hide; `make lock` wrote this file for the locks {digest}. #>\n"
SCRIPT = re.compile(r"^# /// script\n(?:#.*\n)+", re.MULTILINE)
"""What a script depends on, in its header (PEP 723)."""


def scripts() -> list[Path]:
    """Return the scripts of rendered projects that have dependencies of their own."""
    tools = sorted((ROOT / "template" / "tools").glob("*.py"))
    return [path for path in tools if SCRIPT.search(path.read_text(encoding="utf-8"))]


def digest() -> str:
    """Return a digest of everything that is installed: the locks, and the headers of the scripts."""
    headers = [SCRIPT.findall(path.read_text(encoding="utf-8")) for path in scripts()]
    locks = [path.read_text(encoding="utf-8") for path in sorted(LOCKS.rglob("*.lock"))]
    return hashlib.sha256(repr([headers, locks]).encode()).hexdigest()[:16]


def is_current() -> bool:
    """Return True if the names were written for what is installed now."""
    return TAKEN.exists() and HEADER.format(digest=digest()) in TAKEN.read_text(encoding="utf-8")


def write(projects: list[Path]) -> None:
    """Write the names anew from the environments of projects that have every dependency between them."""
    python = {version for version in KNOWN_VERSIONS if tuple(map(int, version.split("."))) >= OLDEST}
    library = set().union(*map(stdlib_module_names, python))
    environments = [*map(environment_of, projects), *map(environment_of_script, scripts())]
    names = set().union(SETUP, distributions(), *map(modules, environments))
    sections = {
        "keywords": keyword.kwlist,
        # The package `test` is not among the modules of sys.stdlib_module_names, but can be imported all the same.
        "standard_library": {"test"} | {name.lower() for name in library if not name.startswith("_")},
        "dependencies": {name.lower() for name in names},
    }
    text = HEADER.format(digest=digest())
    for section, words in sections.items():
        lines = textwrap.fill(" ".join(sorted(words)), 118, initial_indent="  ", subsequent_indent="  ")
        text += f"<% set {section} = '''\n{lines}\n'''.split() %>\n"
    TAKEN.write_text(text, encoding="utf-8")


def environment_of_script(script: Path) -> Path:
    """Return the environment that uv runs a script in."""
    subprocess.run([UV, "sync", "--quiet", "--script", script], check=True)
    found = subprocess.run([UV, "python", "find", "--script", script], check=True, capture_output=True, text=True)
    return Path(found.stdout.strip()).parent.parent


def modules(environment: Path) -> set[str]:
    """Return the names under which the packages of an environment can be imported."""
    (packages,) = environment.glob("lib/python*/site-packages")
    names = {path.name.partition(".")[0] for path in packages.iterdir()}
    # mypy's own compiled modules are called after a hash of their contents.
    return {name for name in names if name.isidentifier() and not name.startswith("_") and "__mypyc" not in name}


def distributions() -> set[str]:
    """Return what the locks pin, on any system, as the name of a package would be written."""
    locks = [path.read_text(encoding="utf-8") for path in LOCKS.rglob("*.lock")]
    return {name.replace("-", "_") for lock in locks for name in re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)}
