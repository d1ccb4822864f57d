"""Locks the dependencies of the template's own environment and of every framework's projects, with hashes."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.render import ROOT, read_template, render, snapshot

HEADER = "# Every dependency with its hashes; `make lock` in the template's repository renews it.\n"


def compile_lock(project: Path, destination: Path, *options: str) -> None:
    """Write the lock of a folder's pyproject.toml and its dev group; CalledProcessError when nothing fits together."""
    command = [
        *(shutil.which("uv") or sys.exit("uv is missing: run make setup."), "pip", "compile", "pyproject.toml"),
        *("--group", "dev", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-header", "--no-annotate", "--quiet", *options),
    ]
    locked = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout
    destination.write_text(HEADER + locked, encoding="utf-8")


def main() -> None:
    """Renew every lock; `--upgrade` takes the newest versions that fit."""
    options = [option for option in sys.argv[1:] if option == "--upgrade"]
    compile_lock(ROOT, ROOT / "requirements.lock", *options)
    with snapshot() as template, tempfile.TemporaryDirectory() as folder:
        for framework in read_template()["frameworks"]["default"]:
            project = render(template, Path(folder) / framework, {"framework": framework})
            compile_lock(project, ROOT / "includes" / "locks" / f"{framework}.lock", *options)


if __name__ == "__main__":
    main()
