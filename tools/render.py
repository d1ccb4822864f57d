"""Renders projects from the template in the working tree, from presets or any other answers.

copier and Jinja take longer to import than `make demo` takes to find that nothing has changed: only what renders
imports them.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PRESETS = ROOT / "presets"
GENERATED = ROOT / "generated"
PUBLISHED = "gh:org/coodie-demos"
"""The template that .copier-answers.yml names in the committed projects."""


def preset_names() -> list[str]:
    """Return the names of all presets, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.yml"))


def read_preset(name: str) -> dict[str, Any]:
    """Return a preset's answers, and its name for the title that it asks for; KeyError for an unknown name."""
    if name not in preset_names():
        raise KeyError(name)
    return {"project_title": name, **yaml.safe_load((PRESETS / f"{name}.yml").read_text(encoding="utf-8"))}


def listed(variable: str) -> list[str]:
    """Return the names in an environment variable, separated by commas or blanks, each once."""
    return list(dict.fromkeys(re.findall(r"[^\s,]+", os.environ.get(variable, ""))))


def read_template() -> dict[str, Any]:
    """Return copier.yml: the questions and the registries."""
    return yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))


def digest_of_template() -> str:
    """Return a digest of everything that a rendering depends on."""
    files = [path for name in ("template", "includes") for path in (ROOT / name).rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted([ROOT / "copier.yml", *(path for path in files if "__pycache__" not in path.parts)]):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


@contextmanager
def snapshot(root: Path = ROOT) -> Iterator[Path]:
    """Yield a copy of the template without its git history: copier renders it faster, with uncommitted changes."""
    with tempfile.TemporaryDirectory(prefix="coodie-demos-") as folder, faster():
        copy = Path(folder).resolve()
        shutil.copy(root / "copier.yml", copy)
        for name in ("template", "includes"):
            shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        yield copy


@contextmanager
def faster() -> Iterator[None]:
    """Render in half of the time, and nothing otherwise."""
    from unittest.mock import patch

    from copier._main import Worker
    from jinja2 import Environment

    with (
        patch.object(Environment, "compile", compile_once(Environment.compile)),
        # It asks git about every single file, for the sake of file systems without an executable bit.
        patch.object(Worker, "_sync_git_index_executable_bit", lambda *_: None),
    ):
        yield


def compile_once(compile: Callable[..., Any]) -> Callable[..., Any]:
    """Let Jinja compile each source once; copier's own are compiled again for every file, and those of all projects."""
    compiled: dict[tuple, Any] = {}

    def look_up(jinja: Any, source: str, *arguments: Any, **options: Any) -> Any:
        key = (type(jinja), jinja.block_start_string, source, arguments, *options.items())
        if key not in compiled:
            compiled[key] = compile(jinja, source, *arguments, **options)
        return compiled[key]

    return look_up


def render(template: Path, destination: Path, answers: dict[str, Any]) -> Path:
    """Render one project into an emptied folder and return the folder; bad answers raise copier's own errors."""
    import copier

    shutil.rmtree(destination, ignore_errors=True)
    copier.run_copy(str(template), destination, data=answers, defaults=True, quiet=True)
    answers_file = destination / ".copier-answers.yml"
    answers_file.write_text(
        answers_file.read_text(encoding="utf-8").replace(str(template), PUBLISHED), encoding="utf-8"
    )
    return destination
