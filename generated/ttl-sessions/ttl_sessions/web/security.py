"""Rules for every answer and every unsafe request, the same in every framework."""

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


def refuse(
    method: str, site: str, fetch_site: str | None, origin: str | None, content_length: str | None, max_body: int
) -> Problem | None:
    """Return the answer to a request that is refused for its method or headers; None for any other."""
    if method not in SAFE_METHODS and _is_cross_site(site, fetch_site, origin):
        return Problem(403, "Requests from other sites are refused.")
    if content_length and not content_length.isdecimal():
        return Problem(400, "The Content-Length of the request is not a number.")
    if content_length and int(content_length[:19]) > max_body:
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
