"""E-mail addresses."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from .schemas import Text

MAX_LENGTH = 254
PATTERN = r"^[^@\s]+@[^@\s]+$"


def _is_address(email: str) -> str:
    if not re.fullmatch(PATTERN, email):
        raise ValueError("write an address such as ada@example.org")
    return email


Email = Annotated[
    str,
    Text(MAX_LENGTH),
    AfterValidator(_is_address),
    WithJsonSchema({"type": "string", "maxLength": MAX_LENGTH, "pattern": PATTERN}),
]
