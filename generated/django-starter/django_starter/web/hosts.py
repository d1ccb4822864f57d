"""The names that the server answers to: under a name of its own for our address, any page could read ours."""

import re
from ipaddress import ip_address

from ..config import canonical_host, get_settings

_HEADER = re.compile(r"([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)


def is_ours(header: str) -> bool:
    """Return True if a Host header names this machine's loopback, HOST or one of ALLOWED_HOSTS, with whatever port."""
    match = _HEADER.fullmatch(header)
    if match is None:
        return False
    host = canonical_host(match[1])
    return _is_loopback(host) or any(_takes(name, host) for name in get_settings().names)


def _takes(name: str, host: str) -> bool:
    return name in {"*", host} or (name.startswith(".") and f".{host}".endswith(name))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
