"""The rendered projects that are measured, with a database and keyspaces that only the bench uses."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.render import ROOT, read_template, render

PACKAGE = "demo"
TEMPLATE = read_template()
FRAMEWORKS: dict[str, Any] = TEMPLATE["frameworks"]["default"]
FEATURES = list(TEMPLATE["registry"]["default"])

DROP_KEYSPACE = f"""
from {PACKAGE}.db import connection
connection.open_connection()
driver = connection.get_driver()
driver.execute(f"DROP KEYSPACE {{driver._default_keyspace}}", [])
connection.close_connection()
"""


@dataclass(frozen=True)
class Project:
    """A rendered project, the environment of its commands, and the interpreter that has its dependencies."""

    folder: Path
    framework: str
    environment: dict[str, str]
    interpreter: Path

    def make(self, *arguments: str) -> None:
        """Run make silently; SystemExit with its output if it fails."""
        self._run("make", "--no-print-directory", *arguments)

    def python(self, *arguments: str) -> str:
        """Run the project's Python and return what it printed; SystemExit with its output if it fails."""
        return self._run(str(self.interpreter), *arguments)

    def create_tables(self) -> None:
        """Create the keyspace, tables and views."""
        self.python("-c", f"from {PACKAGE} import schema; schema.sync()")

    def drop_keyspace(self) -> None:
        """Drop the keyspace."""
        self.python("-c", DROP_KEYSPACE)

    def serve(self, port: int) -> subprocess.Popen[bytes]:
        """Start the server silently."""
        serve = FRAMEWORKS[self.framework]["serve"].split()
        return self.start(*serve, output=subprocess.DEVNULL, HOST="127.0.0.1", PORT=str(port))

    def start(self, *arguments: str, output: int = subprocess.PIPE, **environment: str) -> subprocess.Popen[bytes]:
        """Start the project's Python with more environment; what it prints goes to `output`."""
        return subprocess.Popen(
            [self.interpreter, *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=output,
            stderr=output,
        )

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} in {self.folder} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def answers(framework: str, features: list[str]) -> dict[str, Any]:
    """Return the answers to the template's questions."""
    return {"framework": framework, "features": features, "demo_name": PACKAGE}


def set_up(template: Path, folder: Path, framework: str, features: list[str], hosts: str) -> Project:
    """Render a project and install its dependencies."""
    render(template, folder, answers(framework, features))
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "VIRTUAL_"))
    }
    environment = {
        **inherited,
        "SCYLLA_HOSTS": hosts,
        "SCYLLA_KEYSPACE": f"bench_{framework}",
        "CASSANDRA_DIR": str(folder.parent / "cassandra"),
        # As in production: collecting what "Under the hood" shows costs time.
        "SHOW_CQL": "0",
        "PYTHONPATH": str(ROOT),
    }
    project = Project(folder, framework, environment, folder / ".venv" / "bin" / "python")
    project.make("setup")
    return project


@contextmanager
def keyspace(project: Project) -> Iterator[None]:
    """Create a project's tables, and drop its keyspace at the end."""
    project.create_tables()
    try:
        yield
    finally:
        project.drop_keyspace()


def counted(features: int) -> str:
    """Return how many features a project has; "all" stays true when there is another one."""
    return "all features" if features == len(FEATURES) else f"{features} feature{'s' if features > 1 else ''}"


def free_port() -> int:
    """Return a port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
