"""The benchmark keeps running: twins answer as the endpoints do. Times are not tested."""

import os
import subprocess
import sys

import pytest

from tests.combinations import FEATURES
from tools.bench.report import Comparison, table
from tools.bench.twins import has_twins, twins_of
from tools.render import ROOT

ROUTES = ROOT / "template" / "<<demo_name>>"
WITH_TWINS = list(filter(has_twins, FEATURES))


@pytest.mark.parametrize("feature", WITH_TWINS)
def test_the_twins_of_a_feature_stand_beside_its_endpoints(feature: str) -> None:
    routes = (ROUTES / feature / "routes.py.jinja").read_text(encoding="utf-8")
    for endpoint in (twins_of(feature).write, twins_of(feature).read):
        assert f"'{endpoint.method.lower()}': '{endpoint.path}'" in routes


def test_a_feature_may_do_without_twins() -> None:
    assert WITH_TWINS
    assert not has_twins("dragons")


def test_the_ratio_is_that_of_the_medians() -> None:
    compared = Comparison.of("GET /", ours=[[1.0, 2.0, 9.0], [2.0, 2.0, 2.0]], twin=[[1.0, 1.0, 1.0], [1.0, 1.0, 8.0]])
    assert (compared.calls, compared.ours, compared.twin, compared.ratio) == (6, 2.0, 1.0, 0.5)


def test_a_table_is_aligned() -> None:
    assert table(["", "rows/s"], [["ours", "1,000"], ["the other", "9"]]).splitlines() == [
        "|           | rows/s |",
        "| --------- | -----: |",
        "| ours      |  1,000 |",
        "| the other |      9 |",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "features", "sections"),
    [
        ("fastapi", "ttl,views", ["requests"]),
        ("flask", ",".join(FEATURES), ["requests", "million"]),
        ("django", "ttl,timeseries", ["requests"]),
    ],
)
def test_endpoints_and_their_twins_answer_alike(
    database: str, framework: str, features: str, sections: list[str]
) -> None:
    environment = {"FRAMEWORK": framework, "FEATURES": features, "SCYLLA_HOSTS": database, "ROWS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", *sections, "--seconds", "0"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for feature in features.split(","):
        assert (f"{feature}, read" in done.stdout) == has_twins(feature)
        assert (f"{feature}, write" in done.stdout) == has_twins(feature)
