"""Whether the client of a request has left: WSGI has no word for it, but most servers hand over the connection."""

import socket
from collections.abc import Callable

HasLeft = Callable[[], bool]
"""Return True once nobody waits for the answer any more."""


def watch(connection: socket.socket | None) -> HasLeft:
    """Return what says whether the client at the other end has left; without a connection to look at, it never has."""

    def has_left() -> bool:
        if connection is None:
            return False
        try:
            # All that a client who has left sends is the end of its data.
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except ConnectionError:
            return True
        except (OSError, ValueError):  # there is nothing to read, or TLS, which cannot peek
            return False

    return has_left
