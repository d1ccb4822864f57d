"""Rules for every answer and every unsafe request, the same in every framework."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from . import assets, hosts
from .problems import Problem

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
MEBIBYTE = 1024 * 1024
MAX_BODY = MEBIBYTE
"""The limit for the body of a request, in bytes."""
LARGER = {
    "/api/imports": 20 * MEBIBYTE,
    "/cargo/import": 20 * MEBIBYTE,
    "/api/argus/runs/*/events": 4 * MEBIBYTE,
}
"""Patterns of paths whose bodies may be larger, and their limits in bytes."""


def max_body(path: str) -> int:
    """Return the limit for the body of a request to this path, in bytes."""
    return next((size for pattern, size in LARGER.items() if fnmatchcase(path, pattern)), MAX_BODY)


def headers(path: str, query: str, status: int) -> dict[str, str]:
    """Return the headers of an answer with this status to a request for this path and query string."""
    return {**HEADERS, "Cache-Control": assets.cache_control(path, query, status)}


def refuse(method: str, scheme: str, header: Callable[[str], str | None], max_body: int) -> Problem | None:
    """Return the answer to a request that is refused for its method or headers; None for any other.

    `header` reads a header, with commas between its values if it was sent more than once.
    """
    host = header("Host") or ""
    if not hosts.is_ours(host):
        return Problem(400, "The server does not answer to this host name: add it to ALLOWED_HOSTS if it should.")
    site = f"{scheme}://{host}"
    if method not in SAFE_METHODS and _is_cross_site(site, header("Sec-Fetch-Site"), header("Origin")):
        return Problem(403, "Requests from other sites are refused.")
    length = (header("Content-Length") or "").strip()
    if not re.fullmatch("[0-9]*", length):
        return Problem(400, "The Content-Length of the request is not a number.")
    digits = length.lstrip("0")
    if (len(digits), digits) > (len(str(max_body)), str(max_body)):
        return Problem(413, too_large(max_body))
    return None


def too_large(max_body: int) -> str:
    """Return the sentence for a request with a larger body."""
    return f"The request is larger than {max_body // MEBIBYTE} MiB."


def _is_cross_site(site: str, fetch_site: str | None, origin: str | None) -> bool:
    """Browsers say where a request comes from; programs such as curl send neither header."""
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    return origin is not None and origin != site
