"""Names that are part of an address."""

import re
from collections.abc import Iterator

from pydantic import AfterValidator, WithJsonSchema

from .schemas import Text

PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def _fits_in_a_url(name: str) -> str:
    if not re.fullmatch(PATTERN, name):
        raise ValueError("use letters, digits, dots, hyphens and underscores only, and begin with a letter or digit")
    return name


class Name(Text):
    """A name that fits in a URL: letters, digits, dot, hyphen and underscore, at most `max_length` characters."""

    def __iter__(self) -> Iterator[object]:
        yield from super().__iter__()
        yield AfterValidator(_fits_in_a_url)
        yield WithJsonSchema({"type": "string", "maxLength": self.max_length, "pattern": PATTERN})
