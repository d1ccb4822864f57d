"""Pages: rendered from templates, with addresses by the names of their URL patterns."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_template
from django.template.backends.utils import csrf_input
from django.urls import get_script_prefix, reverse
from django.utils.functional import SimpleLazyObject
from jinja2 import Environment

from ..db import left_out
from . import assets, inspector


def url_for(name: str, /, **query: object) -> str:
    """Return the address of a page, with a query string of what is not None; app.view stands for app:view."""
    given = {key: value for key, value in query.items() if value is not None}
    return reverse(name.replace(".", ":"), query=given or None)


def render(request: HttpRequest, name: str, /, status: int = 200, **context: Any) -> HttpResponse:
    """Return a page from its template."""
    return render_template(request, name, context, status=status)


def see_other(request: HttpRequest, name: str, /, **query: object) -> HttpResponse:
    """Send the browser on to a page after a POST, so that reloading it repeats nothing."""
    return HttpResponseRedirect(url_for(name, **query), status=303)


def one_token(request: HttpRequest) -> dict[str, object]:
    """Give all forms of a page one CSRF token, made with the first of them; Django makes one for each."""
    return {"csrf_input": SimpleLazyObject(partial(csrf_input, request))}


def environment(**options: Any) -> Environment:
    """Return the Jinja2 environment of the templates."""
    jinja = Environment(**options)
    jinja.globals.update(
        address=_address,
        left_out=left_out.number,
        static=_static,
        under_the_hood=inspector.under_the_hood,
        url_for=url_for,
    )
    return jinja


def _address(path: str) -> str:
    return get_script_prefix().removesuffix("/") + path


def _static(path: str) -> str:
    # Django's own static() keeps the prefix of the first request for all others.
    return _address(assets.address_of(path))
