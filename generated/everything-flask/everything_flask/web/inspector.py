"""The "Under the hood" panel: the source of a feature's models, and the CQL behind the page."""

from functools import cache
from pathlib import Path

from ..config import get_settings
from ..db import cql_log

PACKAGE = Path(__file__).parent.parent


def under_the_hood(*features: str) -> dict[str, object] | None:
    """Return what the panel shows: the request's statements and a feature's models; None if SHOW_CQL is off."""
    if not get_settings().show_cql:
        return None
    models = {f"{PACKAGE.name}/{feature}/models.py": _source(feature) for feature in features}
    return {"statements": cql_log.statements(), "models": models}


@cache
def _source(feature: str) -> str:
    return (PACKAGE / feature / "models.py").read_text(encoding="utf-8")
