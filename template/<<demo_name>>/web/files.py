"""Files that a request brings: CSV or JSON, as its body or as the field `file` of a form."""

from dataclasses import dataclass
from pathlib import PurePath
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Literal

from ..errors import Refused

KINDS: dict[str, Literal["csv", "json"]] = {"text/csv": "csv", "application/json": "json"}
FORMS = {"multipart/form-data", "application/x-www-form-urlencoded"}
IN_MEMORY = 1024 * 1024
"""Up to how many bytes a file is kept in memory; what is larger waits on disk."""

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "application/json": {"schema": {"type": "array", "items": {}}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            }
        },
    },
}
"""The OpenAPI description of a request that brings a file; records that do not fit are not refused but reported."""


@dataclass(frozen=True)
class Upload:
    """A file at its start, what it holds, and its name where it has one."""

    kind: Literal["csv", "json"]
    file: IO[bytes]
    name: str = ""


def spool() -> IO[bytes]:
    """Return an empty file that leaves the memory for the disk when it grows."""
    return SpooledTemporaryFile(IN_MEMORY)


def is_form(content_type: str) -> bool:
    """Tell whether a request is a form; its framework reads that, and may have done so."""
    return _media_type(content_type) in FORMS


def from_body(file: IO[bytes], content_type: str) -> Upload:
    """Return the body of a request; Refused for what is neither CSV nor JSON."""
    kind = KINDS.get(_media_type(content_type))
    if kind is None:
        raise _refused("send text/csv, application/json, or a form with a file")
    file.seek(0)
    return Upload(kind, file)


def from_form(file: IO[bytes], name: str) -> Upload:
    """Return the file of a form; Refused unless its name ends in .csv or .json."""
    if not name:
        raise no_file()
    suffix = PurePath(name).suffix.lower().removeprefix(".")
    if suffix not in KINDS.values():
        raise _refused("choose a file that ends in .csv or .json")
    return Upload(suffix, file, name)


def no_file() -> Refused:
    """Return the refusal of a form without a file."""
    return _refused("choose a file")


def cut_off() -> Refused:
    """Return the refusal of a body that ends before it should."""
    return _refused("the file ended before all of it was sent")


def _refused(why: str) -> Refused:
    return Refused([{"loc": ("body", "file"), "msg": why, "type": "upload"}])


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
