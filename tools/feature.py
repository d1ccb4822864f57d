"""Adds a feature to the template: `make feature NAME=guestbook` copies tools/skeleton/ and registers the copy."""

import colorsys
import re
import sys
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.environment import TemplateModule
from jinja2_ansible_filters import AnsibleCoreFiltersExtension

from tools.render import PRESETS, ROOT, read_template

SKELETON = ROOT / "tools" / "skeleton"
PACKAGE = ROOT / "template" / "<<demo_name>>"
REGISTRIES = ROOT / "copier.yml"
MAX_LENGTH = 20
"""The lines of the skeleton stay short enough with a name of this length."""
ADDRESSES = {"api", "docs", "health", "static"}
"""The first words of addresses that every project has."""
NAMES = {"answers", "chosen", "dashboard", "include", "path", "render", "request", "router", "start", "system"}
"""Names that glue uses already, so that it could not import a feature under them."""
ICON = "🧩"

ENTRY = """\
    {name}:
      about: rows that are found by key and listed page by page
      title: "{title}"
      tagline: Entries that anyone may write
      shows: One table, read by key and page by page
      icon: "{icon}"
      keyspace: {name}
      page: /{name}
      accent: "{accent}"
      tables: [{name}_entries]
      types: []
      run_options: ""
      needs: [times, tokens]
"""
ADDED = """\
{name} is a feature now: a copy of tools/skeleton/ in template/<<demo_name>>/{name}/, an entry in copier.yml, and a name
in the presets that have every feature. Make it yours from the inside out, and try it at any time with
make demo FEATURES={name}:

  copier.yml     its title, tagline, icon, accent, tables; the keys are explained above the registry
  models.py      its tables; MODELS lists them
  schemas.py     what it takes
  service.py     all that it does
  routes.py      its JSON API, declared; includes/endpoints.jinja explains the keys
  pages.py       its pages, and templates/
  seed.py        COUNT generated rows, or those of a feed like sample.csv
  headline.py    its figure on the dashboard
  README.md      its section, with the lines of the source that matter most on top
  test_*.py      its tests, which come with every project; browser.py: its story, for the template alone

Then: make test-fast, and make test.
"""


def refusal(name: str) -> str:
    """Return in one sentence why a feature cannot have a name; empty if it can."""
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        return f"NAME={name} is not a name for a feature: use lower case letters and digits, and begin with a letter."
    if len(name) > MAX_LENGTH:
        return f"NAME={name} has {len(name)} characters; a feature's name has {MAX_LENGTH} at most."
    if name in registry():
        return f"NAME={name} is already a feature."
    if any(PACKAGE.glob(f"{name}.*")) or (PACKAGE / name).exists():
        return f"NAME={name} is a file or folder that every project may have; choose another name."
    if name in ADDRESSES | NAMES | addresses():
        return f"NAME={name} means something else in a project's code or addresses; choose another name."
    refused = says("refuse_package", name)
    return f"NAME={name} cannot be a package. {refused}" if refused else ""


def registry() -> dict[str, Any]:
    """Return the features there are."""
    features: dict[str, Any] = read_template()["registry"]["default"]
    return features


def addresses() -> set[str]:
    """Return the first words of all features' addresses, those behind /api/ among them."""
    declared = [*PACKAGE.glob("*/routes.py.jinja"), *PACKAGE.glob("*/pages.py.jinja")]
    found = [re.findall(r"""['"]/(?:api/)?([a-z]\w*)""", path.read_text(encoding="utf-8")) for path in declared]
    return set().union(*found)


def says(macro: str, value: str) -> str:
    """Return what a macro of includes/names.jinja makes of a value, as the template's questions do."""
    return str(getattr(names(), macro)(value)).strip()


@cache
def names() -> TemplateModule:
    """Return the macros of includes/names.jinja."""
    return jinja().get_template("includes/names.jinja").module


def jinja() -> Environment:
    """Return Jinja as the template's files are rendered with."""
    options = {**read_template()["_envops"], "undefined": StrictUndefined}
    return Environment(loader=FileSystemLoader(ROOT), extensions=[AnsibleCoreFiltersExtension], **options)


def copy_skeleton(name: str) -> None:
    """Write the feature's folder: the skeleton with the feature's name in its place."""
    for source in sorted(SKELETON.rglob("*")):
        if source.is_file() and "__pycache__" not in source.parts:
            target = PACKAGE / name / named(str(source.relative_to(SKELETON)), name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(named(source.read_text(encoding="utf-8"), name), encoding="utf-8")


def named(text: str, name: str) -> str:
    """Return a text of the skeleton with the name of a feature."""
    return text.replace("skeleton", name).replace("Skeleton", name.capitalize())


def register(name: str) -> None:
    """Add the feature to the end of the registry, and leave the rest of copier.yml as it is written."""
    text = REGISTRIES.read_text(encoding="utf-8")
    end = text.index("\n\n", text.index("\nregistry:\n")) + 1
    entry = ENTRY.format(name=name, title=new_title(name), icon=ICON, accent=new_accent())
    REGISTRIES.write_text(text[:end] + entry + text[end:], encoding="utf-8")


def new_title(name: str) -> str:
    """Return a title in the next dimension."""
    dimensions = re.findall(r"Dimension-(\d+)", " ".join(feature["title"] for feature in registry().values()))
    return f"Dimension-{max(map(int, dimensions), default=0) + 1}: The {name.capitalize()}"


def new_accent() -> str:
    """Return the light colour whose hue is farthest from those of all features."""
    hues = [hue_of(feature["accent"]) for feature in registry().values()]

    def distance(hue: int) -> float:
        return min(min(abs(hue - other), 360 - abs(hue - other)) for other in hues)

    red, green, blue = colorsys.hls_to_rgb(max(range(360), key=distance) / 360, 0.75, 0.85)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def hue_of(colour: str) -> float:
    """Return the hue of a colour #rrggbb in degrees."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)[0] * 360


def add_to_presets(name: str) -> None:
    """Write the feature into the presets that have every feature."""
    for preset in PRESETS.glob("everything-*.yml"):
        text = preset.read_text(encoding="utf-8")
        preset.write_text(re.sub(r"^(features: \[.*)\]$", rf"\1, {name}]", text, flags=re.MULTILINE), encoding="utf-8")


def main() -> None:
    """Add the feature that the argument names; one sentence and exit code 2 if there can be none of that name."""
    name = sys.argv[1]
    if refused := refusal(name):
        print(refused, file=sys.stderr)
        sys.exit(2)
    copy_skeleton(name)
    register(name)
    add_to_presets(name)
    print(ADDED.format(name=name))


if __name__ == "__main__":
    main()
