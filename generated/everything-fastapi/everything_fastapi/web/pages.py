"""Pages: rendered from templates, with addresses by the names of their routes."""

from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates

from ..db import left_out
from . import assets, inspector

PACKAGE = Path(__file__).parent.parent


def address(request: Request, path: str) -> str:
    """Return an address with the prefix under which the application is mounted."""
    return f"{request.scope.get('root_path', '')}{path}"


def static(request: Request, path: str) -> str:
    """Return the address of a static file."""
    return address(request, assets.address_of(path))


def url_for(request: Request, name: str, /, **query: object) -> str:
    """Return the address of a page as a path, with a query string of what is not None."""
    path = address(request, request.app.url_path_for(name))
    given = {key: value for key, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def render(request: Request, name: str, /, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page from its template."""
    return templates.TemplateResponse(request, name, context, status_code=status)


def see_other(request: Request, name: str, /, **query: object) -> RedirectResponse:
    """Send the browser on to a page after a POST, so that reloading it repeats nothing."""
    return RedirectResponse(url_for(request, name, **query), status_code=303)


def helpers(request: Request) -> dict[str, Any]:
    """Return what templates may call."""
    return {function.__name__: partial(function, request) for function in (address, static, url_for)}


templates = Jinja2Templates(sorted(PACKAGE.glob("*/templates")), context_processors=[helpers])
templates.env.globals.update(left_out=left_out.number, under_the_hood=inspector.under_the_hood)
