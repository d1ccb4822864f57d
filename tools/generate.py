"""Renders every preset into generated/, the gallery that presents them, and README.md's table of features."""

import re
import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.render import GENERATED, PRESETS, ROOT, preset_names, read_preset, read_template, render, snapshot

README = ROOT / "README.md"
TABLE = re.compile(r"(?<=<!-- make generate writes this table -->\n).*?(?=<!-- end of the table -->)", re.DOTALL)


def generate(destination: Path) -> None:
    """Render all presets and the gallery's README.md into a folder, and remove whatever else is in it."""
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
    """Return the comment on the first line of a file."""
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def with_features(text: str) -> str:
    """Return a README with the registry's features in its table, each linked to its smallest preset."""
    registry: dict[str, dict[str, Any]] = read_template()["registry"]["default"]
    rows = ["| feature | what it is | what it shows | demo |", "|---|---|---|---|"]
    for slug, entry in registry.items():
        link = f"[`{slug}`](generated/{smallest_preset(slug)}/)"
        rows.append(f"| {link} | {entry['about']} | {entry['shows']} | {entry['title']} |")
    table = "\n".join(["", *rows, "", ""])
    return TABLE.sub(lambda _: table, text)


def smallest_preset(feature: str) -> str:
    """Return the name of the preset that has a feature and the fewest others."""
    having = [name for name in preset_names() if feature in read_preset(name)["features"]]
    return min(having, key=lambda name: len(read_preset(name)["features"]))


def main() -> None:
    """Bring generated/ and README.md up to date with the template."""
    generate(GENERATED)
    README.write_text(with_features(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
