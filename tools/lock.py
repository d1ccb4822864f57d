"""Locks the dependencies of the template's own environment, of every framework's projects and of parts, with hashes.

If that changes what is installed, it also writes anew which names a project's package cannot have (tools/taken.py).
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import taken
from tools.environments import UV
from tools.render import ROOT, read_template, render, snapshot

LOCKS = ROOT / "includes" / "locks"
HEADER_OF_PART = "# What the part {name} adds to a framework's lock, with hashes.\n"
HEADER = "# Every dependency with its hashes; `make lock` in the template's repository renews it.\n"


def compile_lock(project: Path, lock: Path, *options: str) -> str:
    """Return the lock of a folder's pyproject.toml and its dev group; what `lock` pins already stays as it is.

    SystemExit with what uv says when nothing fits together.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Of a project that uv is not to manage it takes no groups.
        declared = (project / "pyproject.toml").read_text(encoding="utf-8")
        (Path(folder) / "pyproject.toml").write_text(declared.replace("managed = false\n", ""), encoding="utf-8")
        output = Path(folder) / "requirements.lock"
        if lock.exists():
            shutil.copy(lock, output)
        command = [
            *(UV, "pip", "compile", "pyproject.toml", "--output-file", str(output)),
            *("--group", "dev", "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-header", "--no-annotate", "--quiet", *options),
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return output.read_text(encoding="utf-8")


def write(lock: Path, text: str) -> None:
    """Write a lock unless it holds that text already: make would set up the environment again."""
    if not lock.exists() or lock.read_text(encoding="utf-8") != text:
        lock.write_text(text, encoding="utf-8")


def lock_part(name: str, dependencies: list[str], base: Path, folder: Path, *options: str) -> None:
    """Write the lock of what a part adds to every project: those packages alone that the base has not."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "part"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = {dependencies}\n'
        "[dependency-groups]\ndev = []\n",
        encoding="utf-8",
    )
    lock = LOCKS / "parts" / f"{name}.lock"
    compiled = compile_lock(folder, lock, "--constraint", str(base), *options)
    there = {package_name(package) for package in packages(base.read_text(encoding="utf-8"))}
    added = [package for package in packages(compiled) if package_name(package) not in there]
    write(lock, HEADER_OF_PART.format(name=name) + "".join(added))


def packages(lock: str) -> list[str]:
    """Return the entries of a lock's text, each with its hashes."""
    return re.findall(r"^[a-z0-9][^\n]*\n(?:    [^\n]*\n)*", lock, re.MULTILINE)


def package_name(package: str) -> str:
    """Return the name of a lock's entry."""
    return package.partition("==")[0]


def main() -> None:
    """Renew every lock; `--upgrade` takes the newest versions that fit."""
    options = [option for option in sys.argv[1:] if option == "--upgrade"]
    write(ROOT / "requirements.lock", HEADER + compile_lock(ROOT, ROOT / "requirements.lock", *options))
    registries = read_template()
    with snapshot() as template, tempfile.TemporaryDirectory() as folder:
        for framework in registries["frameworks"]["default"]:
            project = render(template, Path(folder) / framework, {"framework": framework})
            lock = LOCKS / f"{framework}.lock"
            write(lock, HEADER + compile_lock(project, lock, *options))
        for name, part in registries["parts"]["default"].items():
            if part["dependencies"]:
                base = LOCKS / f"{framework}.lock"
                lock_part(name, part["dependencies"], base, Path(folder) / f"part-{name}", *options)
    if not taken.is_current():
        write_taken_names(list(registries["frameworks"]["default"]), list(registries["registry"]["default"]))


def write_taken_names(frameworks: list[str], features: list[str]) -> None:
    """Render a project of each framework with every feature, and write the names that their environments have."""
    with snapshot() as template, tempfile.TemporaryDirectory() as folder:
        taken.write(
            [
                render(template, Path(folder) / framework, {"framework": framework, "features": features})
                for framework in frameworks
            ]
        )


if __name__ == "__main__":
    main()
