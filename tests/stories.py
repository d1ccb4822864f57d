"""What the tests know about each feature: the browser.py in its folder, with its story and facts for shared tests.

Besides its tests, which test_stories.py runs, each browser.py has for the tests of every feature:

- REFUSED: (button, form, field): the button of the page's form, values by the ids of its fields that the schema
  refuses, and the id of the field that is wrong; None if a form cannot be refused like this.
- REFRESHED: the CSS selector of the section of the page that replaces itself every five seconds, or None.
- TRAFFIC: a Traffic, or None if the feature has no write that makes a row with a new name.
- READS: every address that is read, streams apart, with what makes it costly, and the Cost that it may have; in an
  address, {table.column} stands for a value of that column.
- correct: correct(ahead, right) gets clients of two servers, of which the first has a clock that is ten minutes ahead,
  changes by one what the other has written, and asserts that whatever was acknowledged has happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from tests.combinations import FEATURES

# tools/features is a link to the package in the template, whose own name Python cannot import.
pytest.register_assert_rewrite("tools.features")


@dataclass(frozen=True)
class Traffic:
    """How clients use a feature: the write of a new row, the address of that row, and a list."""

    write: Callable[[str], dict[str, Any]]
    """The arguments of a POST that writes a row with this name; it is answered with 201."""
    row: str
    """An address with the {name} that the row was given, or with fields of the answer to the write."""
    list: str
    """The address of a list with cursors, without the cursor; each item has the name as a value."""
    is_there: Callable[[Any], bool] = lambda body: True
    """Returns True if an answer of 200 at that address has the row."""
    is_one_statement: bool = True
    """Whether an answer of 503 promises that nothing was written."""


@dataclass(frozen=True)
class Cost:
    """What an answer takes: requests to the database, each page of rows being one, and the rows that come back."""

    statements: int
    rows: int

    def is_within(self, bound: "Cost") -> bool:
        """Return True if neither is more than it may be."""
        return self.statements <= bound.statements and self.rows <= bound.rows


def story(feature: str) -> ModuleType:
    """Return a feature's browser.py."""
    return import_module(f"tools.features.{feature}.browser")


def collect(constant: str) -> dict[str, Any]:
    """Return a constant of every feature's story by feature, except those that are None."""
    values = {feature: getattr(story(feature), constant) for feature in FEATURES}
    return {feature: value for feature, value in values.items() if value is not None}
