"""Virtual environments of rendered projects: one for all projects with the same lock, kept in .work/environments."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.render import ROOT

ENVIRONMENTS = ROOT / ".work" / "environments"
UV = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, so that only one of several processes does something."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def inherited() -> dict[str, str]:
    """Return the environment for a project's commands: ours, without what our own make or setup decided."""
    foreign = ("ARGS", "SCYLLA_", "CASSANDRA_", "MAKE", "MFLAGS", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "UV": UV}


def environment_of(project: Path) -> Path:
    """Return the environment of a project's lock; if there is none yet, the project's own Makefile makes it."""
    lock = project / "requirements.lock"
    shared = ENVIRONMENTS / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    with locked(ENVIRONMENTS / f"{shared.name}.lock"):
        if not shared.exists():
            command = ["make", "--no-print-directory", ".venv/.ready"]
            subprocess.run(command, cwd=project, env=inherited(), check=True)
            (project / ".venv").rename(shared)
    return shared
