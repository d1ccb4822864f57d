"""What a reverse proxy says of the request that it passes on; only the proxies of TRUSTED_PROXIES are believed."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from itertools import takewhile
from typing import NamedTuple

from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from ..config import get_settings


def apply(scope: Scope) -> None:
    """Let the original request stand for the one that a trusted proxy has sent."""
    headers = MutableHeaders(scope=scope)
    peer, _ = scope.get("client") or ("", 0)
    request = original(peer, lambda name: ",".join(headers.getlist(f"x-forwarded-{name}")))
    if request is None:
        return
    scope["client"] = (request.client, 0)
    scope["scheme"] = request.scheme or scope["scheme"]
    if request.host:
        headers["host"] = request.host
    if request.prefix:
        scope["root_path"] = request.prefix
        if not f"{scope['path']}/".startswith(f"{request.prefix}/"):  # the proxy has taken it off
            scope["path"] = request.prefix + scope["path"]


class Original(NamedTuple):
    """A request as the outermost trusted proxy received it; what no proxy says is empty."""

    client: str
    scheme: str
    host: str
    prefix: str


def original(peer: str, forwarded: Callable[[str], str]) -> Original | None:
    """Return the request behind one that a trusted peer has sent, else None; `forwarded` reads an X-Forwarded-* header.

    Proxies replace a header or add to its end. The trusted addresses at the end of X-Forwarded-For are our own proxies,
    so as many values at the end of the other headers are theirs; a client may have made up what stands before them.
    """
    hops = [peer, *reversed(_values(forwarded("for")))]
    trusted = len(list(takewhile(_is_trusted, hops)))
    if not trusted:
        return None
    schemes, hosts, prefixes = (_values(forwarded(name))[-trusted:] for name in ("proto", "host", "prefix"))
    prefix = "".join(value.rstrip("/") for value in prefixes)
    return Original(
        client=hops[min(trusted, len(hops) - 1)],
        scheme=schemes[0] if schemes and schemes[0] in {"http", "https"} else "",
        host=hosts[0] if hosts else "",
        # Links begin with it: two slashes would lead to another host.
        prefix=prefix if re.fullmatch(r"(/[\w.~-]+)+", prefix, re.ASCII) else "",
    )


def _values(header: str) -> list[str]:
    return [value.strip() for value in header.split(",") if value.strip()]


def _is_trusted(hop: str) -> bool:
    try:
        address = ip_address(hop)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in get_settings().trusted_proxies)
