"""What the tests know of each feature: one module per feature, with its browser tests and what the generic tests need.

Each test_<slug>.py has three constants, which the tests of every feature collect:

- REFUSED: (button, form, field): the button of the page's form, values by the ids of its fields that the schema
  refuses, and the id of the field that is wrong.
- REFRESHED: the CSS selector of the section of the page that replaces itself every five seconds, or None.
- TRAFFIC: a Traffic, or None where the feature has no write that makes a row of a new name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.combinations import FEATURES

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Traffic:
    """How clients use a feature: a write of a new row, where it is read back, and a list."""

    write: Callable[[str], dict[str, Any]]
    """The arguments of a POST that writes a row of this name; it is answered with 201."""
    row: str
    """An address with the {name} that the row was given, or with fields of the answer to the write."""
    list: str
    """The address of a list that is cut by cursor, short of the cursor; each item has the name as a value."""
    is_there: Callable[[Any], bool] = lambda body: True
    """Whether an answer of 200 at that address has the row."""
    is_one_statement: bool = True
    """Whether an answer of 503 promises that nothing was written."""


def collect(constant: str) -> dict[str, Any]:
    """Return a constant of every feature's module by feature, without those that are None."""
    tested = [feature for feature in FEATURES if (FOLDER / f"test_{feature}.py").exists()]
    values = {feature: getattr(import_module(f"{__name__}.test_{feature}"), constant) for feature in tested}
    return {feature: value for feature, value in values.items() if value is not None}
