"""Requests that bring a file, as their body or in a form."""

from fastapi import Request
from starlette.datastructures import UploadFile

from . import files


async def read_upload(request: Request) -> files.Upload:
    """Return the file that a request brings; Refused if it brings none."""
    content_type = request.headers.get("content-type", "")
    if files.is_form(content_type):
        part = (await request.form()).get("file")
        if not isinstance(part, UploadFile):
            raise files.refused("choose a file")
        return files.from_form(part.file, part.filename or "", request.is_disconnected)
    spooled = files.spool()
    async for piece in request.stream():
        spooled.write(piece)
    return files.from_body(spooled, content_type, request.is_disconnected)
