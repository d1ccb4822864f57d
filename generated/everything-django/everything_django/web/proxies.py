"""What a reverse proxy says of the request that it passes on; only the proxies of TRUSTED_PROXIES are believed."""

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from itertools import takewhile
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ..config import get_settings
from . import hosts


class Forwarded:
    """WSGI middleware: lets the original request stand for the one that a trusted proxy has sent."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        request = original(peer, lambda name: environ.get(f"HTTP_X_FORWARDED_{name.upper()}", ""))
        if request is not None:
            environ["REMOTE_ADDR"] = request.client
            environ["wsgi.url_scheme"] = request.scheme or environ["wsgi.url_scheme"]
            if request.host:
                environ["HTTP_HOST"] = request.host
            if request.prefix:
                environ["SCRIPT_NAME"] = request.prefix
                path = environ["PATH_INFO"]
                if f"{path}/".startswith(f"{request.prefix}/"):  # the proxy has left it on
                    environ["PATH_INFO"] = path.removeprefix(request.prefix)
        if not hosts.is_ours(environ.get("HTTP_HOST", "")):
            environ["HTTP_HOST"] = ""  # the gate refuses it; with some names, no refusal could be written
        return self.app(environ, start_response)


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
