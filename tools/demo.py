"""Renders the project that `make demo` runs, and prints its folder: PRESET=name, or FRAMEWORK=name FEATURES=a,b."""

import os
import sys
from pathlib import Path
from typing import Any

import copier
import copier.errors

from tools.render import ROOT, preset_names, read_preset, snapshot

DEFAULT_PRESET = "ttl-sessions"


def chosen() -> tuple[str, dict[str, Any]]:
    """Return the name and the answers that the environment asks for; SystemExit for an unknown preset."""
    framework, features = os.environ.get("FRAMEWORK"), os.environ.get("FEATURES")
    if framework or features:
        names = (features or "ttl").split(",")
        name = "_".join([framework or "fastapi", *names])[:40]
        return name, {"framework": framework or "fastapi", "features": names, "demo_name": name}
    name = os.environ.get("PRESET") or DEFAULT_PRESET
    if name not in preset_names():
        raise SystemExit(f"There is no preset {name}; choose one of {', '.join(preset_names())}.")
    return name, read_preset(name)


def main() -> None:
    """Render into .work/demo/, and keep the environment and the data of an earlier run."""
    name, answers = chosen()
    folder = Path(os.environ.get("DEMO_DIR") or ROOT / ".work" / "demo") / name
    with snapshot() as template:
        try:
            copier.run_copy(str(template), folder, data=answers, defaults=True, overwrite=True, quiet=True)
        except (copier.errors.CopierError, ValueError) as error:
            sys.exit(f"This demo cannot be rendered: {error}")
    print(folder)


if __name__ == "__main__":
    main()
