"""Pages: what their templates may call, and the way back to one after a form."""

from flask import Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ..db import left_out
from . import assets, inspector


def see_other(endpoint: str, /, **query: object) -> ResponseReturnValue:
    """Send the browser on to a page after a POST, so that reloading it repeats nothing."""
    return redirect(url_for(endpoint, **query), 303)  # type: ignore[arg-type]  # no parameter begins with _, as options do


def init_app(app: Flask) -> None:
    """Add what the templates call; url_for() is Flask's own."""
    app.jinja_env.globals.update(
        address=_address, left_out=left_out.number, static=_static, under_the_hood=inspector.under_the_hood
    )


def _address(path: str) -> str:
    return request.script_root + path


def _static(path: str) -> str:
    return _address(assets.address_of(path))
