"""Whether the client of a request has left, which the server says when it is asked."""

from collections.abc import Awaitable, Callable

HasLeft = Callable[[], Awaitable[bool]]
"""Return True once nobody waits for the answer any more."""
