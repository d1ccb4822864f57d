"""Tier 7: two servers of one application whose clocks are ten minutes apart lose nothing that they acknowledge."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.combinations import FEATURES, FRAMEWORKS
from tests.conftest import Project, in_one_process
from tests.stories import story

pytestmark = pytest.mark.slow

AHEAD = """
import runpy, sys, time, uuid
from datetime import timedelta
from importlib import import_module

clock, clock_ns = time.time, time.time_ns
time.time = lambda: clock() + 600
time.time_ns = lambda: clock_ns() + 600 * 10**9
uuid._generate_time_safe = None  # so that uuid1() asks time_ns()
times = import_module(sys.argv[1] + ".db.times")
now = times.now
times.now = lambda: now() + timedelta(minutes=10)

del sys.argv[:2]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program as if the machine's clock were ten minutes ahead, as far as the application and the driver ask it."""


@pytest.fixture(scope="module", params=in_one_process("clocks", FRAMEWORKS))
def servers(
    request: pytest.FixtureRequest,
    database: str,
    project: Callable[..., Project],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Clients of two servers of a project with every feature: one with its clock ahead, one with the right time."""
    demo, logs = project(database, request.param, FEATURES), tmp_path_factory.mktemp("clocks")
    demo.set_up()
    demo.make("seed", "ARGS=--count 1")
    entry = ["manage.py", "serve"] if (demo.folder / "manage.py").exists() else ["main.py"]
    program = ["-c", AHEAD, demo.folder.name, *entry]
    with (
        demo.served(logs / "ahead.log", *program) as ahead,
        demo.served(logs / "right.log") as right,
        httpx.Client(base_url=ahead, timeout=30) as first,
        httpx.Client(base_url=right, timeout=30) as second,
    ):
        yield first, second


@pytest.mark.parametrize("feature", FEATURES)
def test_what_either_server_acknowledges_is_there(servers: tuple[httpx.Client, httpx.Client], feature: str) -> None:
    story(feature).correct(*servers)
