"""What every answer and every unsafe request must satisfy, whatever the framework."""

from fnmatch import fnmatchcase

from .errors import Problem, problem

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
MEBIBYTE = 1024 * 1024
MAX_BODY = MEBIBYTE
"""The largest request body that is read, in bytes."""
LARGER = {
    "/api/imports": 20 * MEBIBYTE,
    "/cargo/import": 20 * MEBIBYTE,
}
"""Where bodies may be larger: patterns of paths, and how many bytes."""

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


def limit(path: str) -> int:
    """Return how large the body of a request to this path may be, in bytes."""
    return next((most for pattern, most in LARGER.items() if fnmatchcase(path, pattern)), MAX_BODY)


def too_large(path: str) -> str:
    """Return the sentence for a request to this path that exceeds its limit."""
    return f"The request is larger than {limit(path) // MEBIBYTE} MiB."


def refuse(
    method: str, path: str, host: str, fetch_site: str | None, origin: str | None, content_length: str | None
) -> Problem | None:
    """Return the answer to a request that must go no further, from its method and headers; None for all others."""
    if method not in _SAFE_METHODS and _is_cross_site(host, fetch_site, origin):
        return problem(403, "Requests from other sites are refused.")
    if content_length and not content_length.isdecimal():
        return problem(400, "The length of the request is no number.")
    if content_length and int(content_length[:19]) > limit(path):
        return problem(413, too_large(path))
    return None


def _is_cross_site(host: str, fetch_site: str | None, origin: str | None) -> bool:
    """Browsers say where a request comes from; programs such as curl send neither header."""
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    return origin is not None and origin not in {f"http://{host}", f"https://{host}"}
