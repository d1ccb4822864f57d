"""Requests that bring a file, as their body or in a form."""

from shutil import copyfileobj

from flask import request

from . import clients, files


def read_upload() -> files.Upload:
    """Return the file that the request brings; Refused if it brings none."""
    content_type = request.content_type or ""
    # gunicorn and the development server each have a name for it.
    has_left = clients.watch(request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket"))
    if files.is_form(content_type):
        part = request.files.get("file")
        if part is None:
            raise files.refused("choose a file")
        return files.from_form(part.stream, part.filename or "", has_left)
    spooled = files.spool()
    copyfileobj(request.stream, spooled)
    return files.from_body(spooled, content_type, has_left)
