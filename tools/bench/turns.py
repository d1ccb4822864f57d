"""Runs inside a project: calls each endpoint and its twin in turns, and prints the comparisons as JSON."""

import argparse
import json
import random
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from statistics import median
from typing import Any

from tools.bench.adapters import ADAPTERS, PREFIX
from tools.bench.calls import App, Reply
from tools.bench.report import Comparison, Turns
from tools.bench.twins import ROWS, Bare, Call, Endpoint, Request, twins_of

TURN = 0.02
"""How long an endpoint is called before the other has its turn, in seconds."""
MIN_TURNS = 10


class Caller:
    """Calls endpoints with numbers that begin at the milliseconds of this moment: no call before has used them."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._number = time.time_ns() // 1_000_000 * ROWS

    def call(self, endpoint: Call, made: Mapping[str, Any], prefix: str = "") -> Reply:
        """Call an endpoint, or its twin by its prefix; SystemExit if it does not succeed."""
        return self._send(endpoint, endpoint.request(self._next(), made), prefix)

    def make(self, endpoint: Call, made: Mapping[str, Any]) -> dict[str, Any]:
        """Call an endpoint and return all that is known then: what was made before, the path's values, the answer."""
        request = endpoint.request(self._next(), made)
        return {**made, **request.path, **self._send(endpoint, request, "").json()}

    def _next(self) -> int:
        self._number += 1
        return self._number - 1

    def _send(self, endpoint: Call, request: Request, prefix: str) -> Reply:
        reply = self._app.send(endpoint.method, prefix + endpoint.path.format(**request.path), request)
        if reply.status not in (200, 201):
            raise SystemExit(f"{endpoint.method} {prefix}{endpoint.path}: {reply.status} {reply.body[:500]!r}")
        return reply


def measure(caller: Caller, endpoint: Endpoint, made: Mapping[str, Any], seconds: float) -> Comparison:
    """Call an endpoint and its twin in turns for this many seconds; which one goes first is random."""
    prefixes = {"ours": "", "twin": PREFIX}
    took = [caller.call(endpoint, made, prefix).seconds for _ in range(5) for prefix in prefixes.values()]
    calls = max(1, min(20, round(TURN / median(took))))
    times: dict[str, Turns] = {"ours": [], "twin": []}
    begin = time.monotonic() + seconds / 5  # until then it only warms up
    while len(times["ours"]) < MIN_TURNS or time.monotonic() < begin + seconds:
        warm = time.monotonic() >= begin
        for side in random.sample(list(prefixes), 2):
            turn = [caller.call(endpoint, made, prefixes[side]).seconds for _ in range(calls)]
            if warm:
                times[side].append(turn)
    return Comparison.of(f"{endpoint.method} {endpoint.path}", **times)


def shape(value: Any) -> Any:
    """Return the names and types of a JSON value, without its figures; of a list, which shapes its items have."""
    if isinstance(value, dict):
        return {name: shape(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return {str(shape(item)) for item in value}
    return type(value).__name__


def check(caller: Caller, endpoint: Endpoint, made: Mapping[str, Any]) -> None:
    """Check that an endpoint and its twin answer alike; SystemExit if they don't."""
    ours, twin = caller.call(endpoint, made), caller.call(endpoint, made, PREFIX)
    if (ours.status, shape(ours.json())) != (twin.status, shape(twin.json())):
        answers = f"{ours.status} {ours.body[:500]!r}\n{twin.status} {twin.body[:500]!r}"
        raise SystemExit(f"{endpoint.method} {endpoint.path}: its twin answers otherwise\n{answers}")


def main() -> None:
    """Measure these features, each endpoint for this many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("framework", choices=ADAPTERS)
    parser.add_argument("package")
    parser.add_argument("features", nargs="+")
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()

    connection = import_module(f"{options.package}.db.connection")
    connection.open_connection()
    bare = Bare(connection.get_driver()._session)
    app = ADAPTERS[options.framework](options.package, options.features, bare)
    results = []
    for slug in options.features:
        feature = twins_of(slug)
        made = Caller(app).make(feature.first, {}) if feature.first else {}
        caller = Caller(app)
        for _ in range(ROWS):
            written = caller.make(feature.write, made)
        for kind, endpoint, known in (("read", feature.read, written), ("write", feature.write, made)):
            check(caller, endpoint, known)
            results.append((slug, kind, asdict(measure(caller, endpoint, known, options.seconds))))
    connection.close_connection()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
