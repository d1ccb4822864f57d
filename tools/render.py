"""Renders projects from the template in the working tree, from presets or any other answers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import copier
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
    """Return a preset's answers; KeyError for an unknown name."""
    if name not in preset_names():
        raise KeyError(name)
    return yaml.safe_load((PRESETS / f"{name}.yml").read_text(encoding="utf-8"))


def read_template() -> dict[str, Any]:
    """Return copier.yml: the questions and the registries."""
    return yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))


@contextmanager
def snapshot(root: Path = ROOT) -> Iterator[Path]:
    """Yield a copy of the template without its git history: copier renders it faster, with uncommitted changes."""
    with tempfile.TemporaryDirectory(prefix="coodie-demos-") as folder:
        copy = Path(folder)
        shutil.copy(root / "copier.yml", copy)
        for name in ("template", "includes"):
            shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        yield copy


def render(template: Path, destination: Path, answers: dict[str, Any]) -> Path:
    """Render one project into an emptied folder and return the folder; bad answers raise copier's own errors."""
    shutil.rmtree(destination, ignore_errors=True)
    copier.run_copy(str(template), destination, data=answers, defaults=True, quiet=True)
    answers_file = destination / ".copier-answers.yml"
    answers_file.write_text(
        answers_file.read_text(encoding="utf-8").replace(str(template), PUBLISHED), encoding="utf-8"
    )
    return destination
