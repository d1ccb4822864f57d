"""The "Under the hood" panel: a feature's models as their source shows them, and the CQL behind the page."""

from functools import cache
from pathlib import Path
from typing import Any

from ..config import get_settings
from ..db import cql_log

PACKAGE = Path(__file__).parent.parent


def under_the_hood(feature: str | None = None) -> dict[str, Any] | None:
    """Return what the panel shows: statements, last writes, and a feature's models; None when SHOW_CQL is off."""
    if not get_settings().show_cql:
        return None
    panel: dict[str, Any] = {"statements": cql_log.statements(), "last_writes": list(cql_log.last_writes)}
    if feature is not None:
        panel |= {"file": f"{PACKAGE.name}/{feature}/models.py", "models": _source(feature)}
    return panel


@cache
def _source(feature: str) -> str:
    return (PACKAGE / feature / "models.py").read_text(encoding="utf-8")
