"""Runs ruff and mypy over the Python that the template renders, and reports each error at its source; for make lint.

One project with every feature is rendered per framework: together they contain all the Python there is, and they are
checked with their own settings. Between its framing lines, a feature's source is the same in the FastAPI project, byte
by byte (tests/test_sources.py), so checking the rendering checks the source.
"""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from tools.environments import environment_of
from tools.render import ROOT, digest_of_template, read_template, render, snapshot

RENDERINGS = ROOT / ".work" / "lint"
TEMPLATE = ROOT / "template"
INCLUDES = ROOT / "includes"
PACKAGE = "thedemo"

FRAMING = re.compile(
    r"(?P<head><% import 'includes/(?P<kind>python|pages)\.jinja' as (?P=kind) with context %>\n"
    r"<% call (?P=kind)\.source\((?:'(?P<feature>\w+)')?\) %>\n)"
    r"(?P<body>.*)<% endcall %>\n",
    re.DOTALL,
)
"""The three lines around plain Python."""
INCLUDE = re.compile(r"<% include 'includes/' ~ .+ ~ '/(?P<path>[\w./]+)' %>\n")
"""A file that includes the one of a framework, or that of asyncio or threads."""
COMPLAINT = re.compile(r"(?P<path>[^:\s]+\.py):(?P<line>\d+)(?::\d+)?: (?P<message>.+)")


@dataclass(frozen=True, order=True)
class Complaint:
    """What a checker says about a line of a source."""

    path: Path
    line: int
    message: str


def framed_sources() -> list[Path]:
    """Return the sources that are plain Python between framing lines."""
    sources = [*TEMPLATE.rglob("*.py.jinja"), *INCLUDES.rglob("*.py.jinja")]
    return sorted(path for path in sources if FRAMING.fullmatch(path.read_text(encoding="utf-8")))


def body_of(source: Path) -> str:
    """Return the Python of a framed source."""
    framing = FRAMING.fullmatch(source.read_text(encoding="utf-8"))
    assert framing, f"{source} has no framing lines"
    # A test beside the package has to import it by its name.
    return framing["body"].replace("<<demo_name>>", "thedemo")


def source_of(path: str, framework: str) -> Path:
    """Return the file of the template from which a file was rendered."""
    plain = TEMPLATE / path.replace(f"{PACKAGE}/", "<<demo_name>>/", 1)
    source = plain if plain.exists() else plain.with_name(f"{plain.name}.jinja")
    include = INCLUDE.fullmatch(source.read_text(encoding="utf-8"))
    if include is None:
        return source
    folders = (framework, "async" if framework == "fastapi" else "sync")
    return next(found for folder in folders if (found := INCLUDES / folder / include["path"]).exists())


@cache
def lines_by_rendered_line(source: Path, rendered: Path) -> dict[int, int]:
    """Return for each line of a rendered file the line of its source, or the nearest one."""
    written, made = (path.read_text(encoding="utf-8").splitlines() for path in (source, rendered))
    lines = {}
    for _, first, last, begin, end in SequenceMatcher(None, written, made, autojunk=False).get_opcodes():
        for number in range(begin, end):
            lines[number + 1] = min(first + number - begin, max(last - 1, first)) + 1
    return lines


def render_all(frameworks: list[str], features: list[str]) -> dict[str, Path]:
    """Return a project of each framework with every feature, rendered again if the template has changed."""
    folders = {framework: RENDERINGS / framework for framework in frameworks}
    digest, stamp = digest_of_template(), RENDERINGS / "template.sha256"
    if not stamp.exists() or stamp.read_text() != digest:
        with snapshot() as template:
            for framework, folder in folders.items():
                render(template, folder, {"framework": framework, "features": features, "demo_name": PACKAGE})
        stamp.write_text(digest)
    return folders


def check(framework: str, project: Path) -> Iterator[Complaint]:
    """Run ruff and mypy over a project, and yield their complaints at the source."""
    commands = {
        "ruff": ["ruff", "check", "--no-cache", "--no-respect-gitignore", "--output-format", "concise"],
        "format": ["ruff", "format", "--check", "--no-cache", "--no-respect-gitignore", "--output-format", "concise"],
        "mypy": [
            *("mypy", "--no-error-summary", "--no-pretty", "--hide-error-context"),
            *("--python-executable", str(environment_of(project) / "bin" / "python")),
            *("--cache-dir", str(RENDERINGS / f"{framework}.mypy_cache")),
        ],
    }
    for command in commands.values():
        done = subprocess.run(
            [sys.executable, "-m", *command, "."], cwd=project, capture_output=True, text=True, check=False
        )
        found = [match for line in done.stdout.splitlines() if (match := COMPLAINT.fullmatch(line))]
        if done.returncode and not found:
            sys.exit(f"{' '.join(command)} in {project}:\n{done.stdout}{done.stderr}")
        for match in found:
            source = source_of(match["path"], framework)
            line = lines_by_rendered_line(source, project / match["path"]).get(int(match["line"]), 1)
            yield Complaint(source.relative_to(ROOT), line, match["message"])


def main() -> None:
    """Print each complaint once, with its frameworks unless all have it; exit with 1 if there is any."""
    registries = read_template()
    frameworks = list(registries["frameworks"]["default"])
    projects = render_all(frameworks, list(registries["registry"]["default"]))
    frameworks_by_complaint = defaultdict(list)
    with ThreadPoolExecutor() as pool:
        checked = pool.map(lambda framework: list(check(framework, projects[framework])), frameworks)
        for framework, complaints in zip(frameworks, checked, strict=True):
            for complaint in complaints:
                frameworks_by_complaint[complaint].append(framework)
    for complaint, having in sorted(frameworks_by_complaint.items()):
        where = "" if having == frameworks else f" ({', '.join(having)})"
        print(f"{complaint.path}:{complaint.line}: {complaint.message}{where}")
    if frameworks_by_complaint:
        sys.exit(1)


if __name__ == "__main__":
    main()
