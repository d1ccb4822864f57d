"""Work that blocks; without an event loop, it is like any other work."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")


def run_blocking(function: Callable[P, Result], *args: P.args, **options: P.kwargs) -> Result:
    """Run a function that blocks; here, everything may."""
    return function(*args, **options)
