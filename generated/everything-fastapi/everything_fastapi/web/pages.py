"""Pages: rendered from templates, with addresses by the names of their routes."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from jinja2 import pass_context
from jinja2.runtime import Context

from . import inspector

PACKAGE = Path(__file__).parent.parent
templates = Jinja2Templates(directory=sorted(PACKAGE.glob("*/templates")))


def url_for(request: Request, name: str, /, **query: object) -> str:
    """Return the address of a page as a path, with a query string of what is not None."""
    path = f"{request.scope.get('root_path', '')}{request.app.url_path_for(name)}"
    given = {key: value for key, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def render(request: Request, name: str, /, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page from its template."""
    return templates.TemplateResponse(request, name, context, status_code=status)


def see_other(request: Request, name: str, /, **query: object) -> RedirectResponse:
    """Send the browser on to a page after a POST, so that reloading it repeats nothing."""
    return RedirectResponse(url_for(request, name, **query), status_code=303)


@pass_context
def _url_for(context: Context, name: str, /, **query: object) -> str:
    return url_for(context["request"], name, **query)


@pass_context
def _address(context: Context, path: str) -> str:
    return f"{context['request'].scope.get('root_path', '')}{path}"


@pass_context
def _static(context: Context, path: str) -> str:
    return _address(context, f"/static/{path}")


templates.env.globals.update(
    address=_address, static=_static, under_the_hood=inspector.under_the_hood, url_for=_url_for
)
