"""Tier 1: tests that share a server run in one process; when a version of xdist ignored groups, others failed oddly."""

import subprocess
import sys
from pathlib import Path

SAMPLE = """
import os
from pathlib import Path
import pytest

GROUPS = [pytest.param(name, marks=pytest.mark.xdist_group(f"group {name}")) for name in ("a", "b")]

@pytest.fixture(scope="module", params=GROUPS)
def group(request):
    return request.param

@pytest.mark.parametrize("number", range(20))
def test_it(group, number):
    with Path("seen").open("a") as seen:
        seen.write(f"{group} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


def test_a_group_of_tests_runs_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    command = [sys.executable, "-m", "pytest", "--quiet", "--numprocesses", "2", "--dist", "loadgroup", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "40 passed" in done.stdout, done.stdout + done.stderr
    assert len(set((tmp_path / "seen").read_text().splitlines())) == 2
