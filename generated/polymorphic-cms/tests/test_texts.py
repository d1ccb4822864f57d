"""Texts are trimmed, can be seen, and control nothing."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from polymorphic_cms.web.schemas import Text

TEXT = TypeAdapter(Annotated[str, Text(20)])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  a  ", "a"),
        ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\u202ea", "\u202ea"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("x" * 20, "x" * 20),
        ("a\r\n" * 10, "a\n" * 9 + "a"),
    ],
)
def test_a_text_is_kept_but_for_blanks_around_it(given: str, kept: str) -> None:
    assert TEXT.validate_python(given) == kept


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\u200b", "\u202e", "\ufeff\u00ad", "\u2800", "\u3164 \uffa0", "\u115f\u1160"),
        *("\0", "a\x01", "a\x1b[2Jb", "a\rb", "a\x7f", "a\x85b"),
        "x" * 21,
    ],
)
def test_a_text_that_controls_something_or_shows_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TEXT.validate_python(text)
