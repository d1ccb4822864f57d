"""Uploaded files: CSV or JSON, as the body of a request or as the field `file` of a form."""

from dataclasses import dataclass
from pathlib import PurePath
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from ..errors import Refused
from ..samples.records import SUFFIXES, Kind
from .clients import HasLeft

KINDS: dict[str, Kind] = {"text/csv": "csv", "application/json": "json"}
FORM, FORM_WITHOUT_FILES = "multipart/form-data", "application/x-www-form-urlencoded"
HOW = "choose a file in a form, or send one with the header Content-Type: text/csv or application/json"
IN_MEMORY = 1024 * 1024
"""A file of up to this many bytes is kept in memory; a larger one goes to disk."""

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
"""The OpenAPI description of a request with a file; records that do not fit are reported, not refused."""


@dataclass(frozen=True)
class Upload:
    """A file at its start, the kind of its content, whether its sender still waits, and its name if it has one."""

    kind: Kind
    file: IO[bytes]
    has_left: HasLeft
    name: str = ""


def spool() -> IO[bytes]:
    """Return an empty file that moves from memory to disk when it grows."""
    return SpooledTemporaryFile(IN_MEMORY)


def is_form(content_type: str) -> bool:
    """Return True for a form, which the framework reads and may have read already; Refused if it holds no files."""
    media_type = _media_type(content_type)
    if media_type == FORM_WITHOUT_FILES:  # what curl says of any body unless it is told otherwise
        raise refused(HOW)
    return media_type == FORM


def from_body(file: IO[bytes], content_type: str, has_left: HasLeft) -> Upload:
    """Return the body of a request; Refused if it is neither CSV nor JSON."""
    kind = KINDS.get(_media_type(content_type))
    if kind is None:
        raise refused(HOW)
    file.seek(0)
    return Upload(kind, file, has_left)


def from_form(file: IO[bytes], name: str, has_left: HasLeft) -> Upload:
    """Return the file of a form; Refused unless its name says that it is CSV or JSON."""
    if not name:
        raise refused("choose a file")
    kind = SUFFIXES.get(PurePath(name).suffix.lower())
    if kind is None:
        raise refused("choose a file that ends in .csv, .tsv or .json")
    return Upload(kind, file, has_left, name)


def refused(why: str) -> Refused:
    """Return the refusal of an upload."""
    return Refused([{"loc": ("body", "file"), "msg": why, "type": "upload"}])


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
