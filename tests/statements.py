"""What servers of rendered projects send to their database: counted, and searched for what must not be sent."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.conftest import wait_until
from tests.stories import Cost
from tools.render import ROOT

PROBE = Path(__file__).parent / "probe"
SECTIONS = sorted(ROOT.glob("template/<<demo_name>>/*/README.md.jinja"))
"""What the features' READMEs say, statements that need a reason among it."""


class Statements:
    """What the servers that run with this environment have sent, and what came back."""

    def __init__(self, path: Path) -> None:
        self.environment = {"PYTHONPATH": str(PROBE), "STATEMENTS": str(path)}
        self._path = path
        self._seen = 0

    def texts(self) -> set[str]:
        """Return the text of every statement so far."""
        return {note["cql"] for note in self._notes() if "sent" in note}

    def cost(self) -> Cost:
        """Return what was sent since the last time, once all of it is answered."""

        def is_answered() -> bool:
            answered = {note["answered"] for note in self._notes() if "answered" in note}
            return all(note["sent"] in answered for note in self._notes() if "sent" in note)

        wait_until(is_answered, 10, "an answer to each statement")
        notes = self._notes()
        rows = [note["rows"] for note in notes[self._seen :] if "answered" in note]
        self._seen = len(notes)
        return Cost(len(rows), sum(rows))

    def _notes(self) -> list[dict[str, Any]]:
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        # A server may be writing the last line.
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def costly(statements: Iterable[str]) -> list[str]:
    """Return the statements that may read a whole table, unless a feature's README names them, and says why."""
    reasons = " ".join(" ".join(path.read_text(encoding="utf-8").split()) for path in SECTIONS)
    return sorted({plain(cql) for cql in statements if is_costly(cql) and f"`{plain(cql)}`" not in reasons})


def plain(cql: str) -> str:
    """Return a statement without quotes and the name of its keyspace."""
    return re.sub(r"\bFROM \w+\.", "FROM ", cql.replace('"', ""))


def is_costly(cql: str) -> bool:
    """Return True for ALLOW FILTERING, and for a SELECT that neither says which rows it wants nor how many."""
    if "ALLOW FILTERING" in cql:
        return True
    if not cql.startswith("SELECT") or " FROM system" in cql:
        return False
    _, _, where = plain(cql).partition(" WHERE ")
    names_its_rows = re.search(r"\w (=|IN|CONTAINS) ", where)
    is_limited = re.search(r"(?<!PER PARTITION) LIMIT ", cql)
    return not names_its_rows and not is_limited
