"""Renders the project that `make demo` runs, and prints its folder: PRESET=name, or FRAMEWORK=name FEATURES=a,b."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tools.render import ROOT, digest_of_template, listed, preset_names, read_preset, snapshot

DEFAULT_PRESET = "ttl-sessions"


def chosen() -> tuple[str, dict[str, Any]]:
    """Return the name and the answers that the environment asks for; SystemExit for what does not exist."""
    preset, framework = (os.environ.get(name, "").strip() for name in ("PRESET", "FRAMEWORK"))
    features = listed("FEATURES")
    if preset and (framework or features):
        raise SystemExit("A preset has a framework and features of its own: ask for PRESET, or FRAMEWORK and FEATURES.")
    if framework or features:
        framework, features = framework or "fastapi", features or ["ttl"]
        name = "_".join([framework, *features]).replace("/", "-")  # copier refuses it, not the file system
        return name, {"project_title": name[:40], "framework": framework, "features": features}
    name = preset or DEFAULT_PRESET
    if name not in preset_names():
        raise SystemExit(f"There is no preset {name}; choose one of {', '.join(preset_names())}.")
    return name, read_preset(name)


def render(folder: Path, answers: dict[str, Any]) -> None:
    """Render a project over what is there, which keeps its environment and its data; SystemExit for wrong answers."""
    import copier
    import copier.errors

    with snapshot() as template:
        try:
            copier.run_copy(str(template), folder, data=answers, defaults=True, overwrite=True, quiet=True)
        except (copier.errors.CopierError, ValueError) as error:
            sys.exit(f"This demo cannot be rendered: {error}")


def main() -> None:
    """Render into .work/demo/, unless nothing has changed since: then what was tried in the project stays, too."""
    name, answers = chosen()
    folder = Path(os.environ.get("DEMO_DIR") or ROOT / ".work" / "demo") / name
    rendered, asked = folder.with_name(f"{name}.rendered"), f"{digest_of_template()} {json.dumps(answers)}"
    if not (folder.exists() and rendered.exists() and rendered.read_text(encoding="utf-8") == asked):
        rendered.unlink(missing_ok=True)
        render(folder, answers)
        rendered.write_text(asked, encoding="utf-8")
    print(folder)


if __name__ == "__main__":
    main()
