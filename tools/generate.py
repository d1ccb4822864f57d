"""Renders every preset into generated/, and the gallery that presents them."""

import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.render import GENERATED, PRESETS, ROOT, preset_names, read_preset, read_template, render, snapshot


def generate(destination: Path) -> None:
    """Render all presets and README.md into a folder; whatever else was in it is removed."""
    shutil.rmtree(destination, ignore_errors=True)
    destination.mkdir(parents=True)
    with snapshot() as template:
        for name in preset_names():
            render(template, destination / name, read_preset(name))
    (destination / "README.md").write_text(gallery(), encoding="utf-8")


def gallery() -> str:
    """Return the gallery: what each preset shows, and how to run it."""
    jinja = Environment(loader=FileSystemLoader(ROOT / "tools"), undefined=StrictUndefined, trim_blocks=True)
    template = read_template()
    presets = [
        {"name": name, "about": first_comment(PRESETS / f"{name}.yml"), **read_preset(name)} for name in preset_names()
    ]
    return jinja.get_template("gallery.md.jinja").render(
        presets=presets, registry=template["registry"]["default"], frameworks=template["frameworks"]["default"]
    )


def first_comment(path: Path) -> str:
    """Return the sentence on top of a file."""
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


if __name__ == "__main__":
    generate(GENERATED)
