"""Runs the commands of a document as somebody pastes them into a shell, and compares what happens with the text."""

import os
import pty
import re
import select
import subprocess
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from tests.conftest import free_port
from tests.documents import Answer, Line
from tests.test_projects import running
from tools.environments import UV

LAST = ("make db-down", "make clean", "make -C")
"""What the commands begin with that end what the others need."""

SERVES = re.compile(r"make (demo|run|dev|serve)\b|main:app|main\.py|manage\.py serve")
LINK = "a Link header leads on"
ASSIGNMENT = r"""\w+=(?:'[^']*'|"[^"]*"|[^\s'"])*"""
STATE = re.compile(rf"cd \S+|{ASSIGNMENT}(?:\s+{ASSIGNMENT})*")
"""A command that changes nothing but the shell: those that come after it in blocks begin with it."""


class Reader:
    """Somebody who reads one document in a folder; in `scratch`, there is an empty folder, and what the test needs."""

    def __init__(self, folder: Path, environment: dict[str, str], scratch: Path) -> None:
        self.folder = folder
        self.scratch = scratch
        self.port = str(free_port())
        self.environment = {
            **environment,
            **dict.fromkeys(("PORT", "UVICORN_PORT"), self.port),
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Reader"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "reader@example.invalid"),
            "CURL_HOME": str(scratch),
            "PATH": os.pathsep.join([str(Path(UV).resolve().parent), os.environ["PATH"]]),
        }
        self.state: list[str] = []
        self.server = ExitStack()
        (scratch / "empty").mkdir(parents=True)
        # Documents say 8000, which may be taken. What curl prints ends in the status, on a line of its own.
        (scratch / ".curlrc").write_text(
            f"connect-to = 127.0.0.1:8000:127.0.0.1:{self.port}\nsilent\nshow-error\n"
            f'write-out = "\\n%{{http_code}}\\n"\ndump-header = {scratch / "headers"}\n'
        )

    def read(self, lines: Iterable[Line]) -> None:
        """Run lines from top to bottom, those that end things last; fail at the first that isn't true."""
        mentioned: set[str] = set()
        with self.server:
            for line in sorted(lines, key=ends):
                # What a sentence mentions is run once, what a block shows each time.
                if line.in_block or line.command not in mentioned:
                    mentioned.add(line.command)
                    self.paste(line)

    def paste(self, line: Line) -> None:
        """Run a line, and compare what happens with what the text says."""
        if ends(line):
            self.server.close()
        if "gh:" in line.command:  # that needs no checkout
            self.state = [f"cd {self.scratch / 'empty'}"]
        if line.in_block and STATE.fullmatch(line.command):
            self.state.append(line.command)
            self.run(line, "pwd")
        elif SERVES.search(line.command):
            self.serve(line)
        elif line.command.startswith("curl "):
            for answer in line.answers():
                self.ask(line, answer)
        elif "copier copy" in line.command:
            done, output = press_enter(["bash", "-c", self.script(line)], self.folder, self.environment)
            assert done == 0, f"{line.place}: {line.command}\n{output}"
        else:
            self.compare(line, self.run(line, line.command))

    def script(self, line: Line, command: str = "") -> str:
        """Return a line after what the lines before it in blocks have done to the shell."""
        return " && ".join([*(self.state if line.in_block else []), command or line.command])

    def run(self, line: Line, command: str) -> str:
        """Run a command to its end and return what it prints; fail unless it succeeds."""
        done = subprocess.run(
            ["bash", "-c", self.script(line, command)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{line.place}: {line.command}\n{done.stdout}"
        assert "Traceback" not in done.stdout, f"{line.place}: {line.command}\n{done.stdout}"
        return done.stdout

    def ask(self, line: Line, answer: Answer) -> None:
        """Run a line with curl; fail unless the answer is as the text says."""
        body, status = self.run(line, line.command).rstrip("\n").rsplit("\n", 1)
        assert answer.is_given_by(status, body), f"{line.place}: {line.command}\nsays {answer}, but is {status} {body}"
        if LINK in line.beside:
            headers = (self.scratch / "headers").read_text().lower()
            assert "\nlink:" in headers, f"{line.place}: {line.command}\nThere is no Link header:\n{headers}"

    def compare(self, line: Line, output: str) -> None:
        """Fail unless a pipeline prints what the text below it says; without such a text, curl may not be refused."""
        if "|" in line.command and line.below:
            assert output.split() == " ".join(line.below).split(), f"{line.place}: {line.command}\n{output}"
        elif "curl" in line.command:
            assert not re.search(r"^[345]\d\d$", output, re.MULTILINE), f"{line.place}: {line.command}\n{output}"

    def serve(self, line: Line) -> None:
        """Start a server that runs until the document's end or its next server."""
        self.server.close()
        command = re.sub(r"PORT=\d+", f"PORT={self.port}", self.script(line))
        log = self.scratch / "server.log"
        self.server.enter_context(running(["bash", "-c", command], self.folder, self.environment, log))


def ends(line: Line) -> bool:
    """Return True if a line ends what the others need."""
    return line.command.startswith(LAST)


PAUSE = 0.3
"""Seconds without output after which a program is taken to wait for an answer."""


def press_enter(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Return the exit code and the output of a program in a terminal; Enter accepts whatever it suggests."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    output = b""
    with open(ours, "r+b", buffering=0) as terminal:
        while process.poll() is None or select.select([ours], [], [], 0)[0]:
            if select.select([ours], [], [], PAUSE)[0]:
                try:
                    output += terminal.read(65536)
                except OSError:  # Linux's way to say that the program has closed its end
                    break
            elif process.poll() is None:
                terminal.write(b"\r")
    return process.wait(timeout=60), output.decode(errors="replace")
