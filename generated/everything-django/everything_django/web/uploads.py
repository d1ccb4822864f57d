"""Requests that bring a file, as their body or in a form."""

from shutil import copyfileobj

from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from . import clients, files


def read_upload(request: HttpRequest) -> files.Upload:
    """Return the file that a request brings; Refused if it brings none."""
    content_type = request.headers.get("Content-Type", "")
    # gunicorn's name for it, and that of manage.py serve.
    has_left = clients.watch(request.META.get("gunicorn.socket"))
    if files.is_form(content_type):
        try:
            part = request.FILES.get("file")
        except MultiPartParserError as error:
            raise files.refused("choose a file") from error
        if part is None:
            raise files.refused("choose a file")
        return files.from_form(part, part.name or "", has_left)
    spooled = files.spool()
    copyfileobj(request, spooled)
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and spooled.tell() < int(declared):  # Django takes what has come for the whole
        raise files.refused("the file ended before all of it was sent")
    return files.from_body(spooled, content_type, has_left)
