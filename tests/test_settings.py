"""Tier 4: the settings of a project, as its own Python reads them from the environment, and Django's for production."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certifi
import pytest

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE, Combination
from tools.environments import environment_of, inherited

pytestmark = pytest.mark.slow

SHOW = """
import json
from thedemo.config import get_settings

settings = get_settings()
values = {name: str(value) for name, value in settings} | {"address": settings.address}
print(json.dumps([values, settings.contact_points, repr(settings)]))
"""
APPS = """
import django, json
from django.apps import apps

django.setup()
features = [config for config in apps.get_app_configs() if config.name.startswith("thedemo.")]
print(json.dumps([[config.label, config.verbose_name, type(config).__name__] for config in features]))
"""
AUTHORITIES = certifi.where()
BOTH = {
    "HOSTS": ("hosts", "10.0.0.1:9142, [::1]", "10.0.0.2"),
    "PORT": ("db_port", "9143", "9144"),
    "KEYSPACE": ("keyspace", "by_cassandra", "by_scylla"),
    "USERNAME": ("username", "cass", "scyl"),
    "PASSWORD": ("password", "c", "s"),
    "DATACENTER": ("datacenter", "dc1", "dc2"),
    "CONSISTENCY": ("consistency", "ONE", "QUORUM"),
    "SSL_CA": ("ssl_ca", AUTHORITIES, AUTHORITIES.replace("cacert.pem", "../certifi/cacert.pem")),
    "CONNECT_WAIT": ("connect_wait", "1.0", "2.0"),
    "REQUEST_TIMEOUT": ("request_timeout", "3.0", "4.0"),
}
"""A variable without its prefix: the setting, its value as CASSANDRA_…, and another one as SCYLLA_…"""
BAD = [
    ("SCYLLA_KEYSPACE", "my-keyspace; DROP"),
    ("SCYLLA_KEYSPACE", "system"),
    ("SCYLLA_KEYSPACE", "k" * 49),
    ("SCYLLA_HOSTS", "127.0.0.1:nine"),
    ("SCYLLA_HOSTS", "127.0.0.1:99999"),
    ("SCYLLA_HOSTS", " , "),
    ("SCYLLA_HOSTS", "10.0.0.1 10.0.0.2"),
    ("SCYLLA_HOSTS", "127.0.0.1,db..example"),
    ("SCYLLA_HOSTS", "x" * 64),
    ("SCYLLA_HOSTS", "\udcff"),
    ("SCYLLA_PORT", "ninety"),
    ("SCYLLA_PORT", "65536"),
    ("SCYLLA_REPLICATION", "three"),
    ("SCYLLA_REPLICATION", "0"),
    ("SCYLLA_REPLICATION", "dc1:3,dc2"),
    ("SCYLLA_REPLICATION", "dc1:3,dc2:1,dc1:1"),
    ("SCYLLA_REPLICATION", "dc1':3"),
    ("SCYLLA_REPLICATION", " , "),
    ("SCYLLA_CONSISTENCY", "MOST"),
    ("SCYLLA_SSL_CA", "Makefile"),
    ("SCYLLA_SSL_CA", "missing.pem"),
    ("SCYLLA_REQUEST_TIMEOUT", "0.001"),
    ("SCYLLA_REQUEST_TIMEOUT", "inf"),
    ("SCYLLA_REQUEST_TIMEOUT", "1e300"),
    ("SCYLLA_CONNECT_WAIT", "nan"),
    ("SCYLLA_CONNECT_WAIT", "86401"),
    ("HOST", "192.168.1"),
    ("HOST", "demo.example:8000"),
    ("HOST", "*"),
    ("HOST", ".demo.example"),
    ("TRUSTED_PROXIES", "nginx"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("ALLOWED_HOSTS", "demo.example, demo.example:8000"),
    ("ALLOWED_HOSTS", "https://demo.example"),
    ("ALLOWED_HOSTS", "*.demo.example"),
]

BAD_IN_DJANGO = [
    ("SECURE_HSTS_SECONDS", "a year"),
    ("SECURE_HSTS_SECONDS", "-1"),
    ("SECURE_HSTS_SECONDS", "3.5"),
    ("SECURE_SSL_REDIRECT", "maybe"),
    ("SECURE_HSTS_PRELOAD", "2"),
    ("DJANGO_DEBUG", "INFO"),
    ("FORCE_SCRIPT_NAME", "shop"),
    ("FORCE_SCRIPT_NAME", "/shop/"),
]

NAMED_ALIKE = [
    ({"HOST": "x86_64-conda-linux-gnu", "SCYLLA_PORT": "tcp://10.0.0.7:9042"}, "127.0.0.1", "9042"),
    ({"HOST": "my-laptop.lan", "SCYLLA_PORT": "tcp://10.0.0.7:9042", "CASSANDRA_PORT": "9143"}, "127.0.0.1", "9143"),
    ({"HOST": "build_1", "CASSANDRA_PORT": "udp://[fd00::7]:9042"}, "127.0.0.1", "9042"),
    ({"HOST": "localhost", "scylla_port": "/dev/ttyUSB0", "port": "none"}, "localhost", "9042"),
    ({"HOST": "::1", "SCYLLA_PORT": "9143", "CASSANDRA_PORT": "tcp://10.0.0.8:9042"}, "::1", "9143"),
]
"""What may be in the environment, the address that the server listens on, and the port of the database."""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(rendering: Callable[[Combination], Path], request: pytest.FixtureRequest) -> Run:
    """Runs a project's Python: run(*arguments, VARIABLE="value"); the project has the framework of the test."""
    framework = getattr(request, "param", FRAMEWORKS[0])
    folder = rendering((framework, tuple(FEATURES)))

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [str(environment_of(folder) / "bin" / "python"), *arguments]
        # Other tests read every file of this folder at the same time.
        environment = {**inherited(), **variables, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    return run


def read(run: Run, **variables: str) -> tuple[dict[str, str], list[list[Any]], str]:
    """Return the settings as text, the contact points, and how the settings are shown."""
    done = run("-c", SHOW, **variables)
    assert done.returncode == 0, done.stderr
    values, contact_points, shown = json.loads(done.stdout)
    return values, contact_points, shown


def test_each_variable_is_accepted_under_both_prefixes(run: Run) -> None:
    cassandra = {f"CASSANDRA_{name}": value for name, (_, value, _) in BOTH.items()}
    values, contact_points, _ = read(run, **cassandra)
    assert {setting: values[setting] for setting, _, _ in BOTH.values()} == {s: value for s, value, _ in BOTH.values()}
    assert contact_points == [["10.0.0.1", 9142], ["::1", 9143]]
    scylla = {f"SCYLLA_{name}": value for name, (_, _, value) in BOTH.items()}
    values, contact_points, shown = read(run, **cassandra, **scylla)
    assert {setting: values[setting] for setting, _, _ in BOTH.values()} == {s: value for s, _, value in BOTH.values()}
    assert contact_points == [["10.0.0.2", 9144]]
    assert "username" in shown and "password" not in shown


def test_replication_is_a_factor_or_one_for_each_datacenter(run: Run) -> None:
    values, _, _ = read(run)
    assert values["replication"] == "{'replication_factor': 1}"
    values, _, _ = read(run, CASSANDRA_REPLICATION="dc1:3, dc-2.b:1")
    assert values["replication"] == "{'dc1': 3, 'dc-2.b': 1}"
    values, _, _ = read(run, CASSANDRA_REPLICATION="dc1:3", SCYLLA_REPLICATION=" 2 ")
    assert values["replication"] == "{'replication_factor': 2}"


@pytest.mark.parametrize(("environment", "host", "port"), NAMED_ALIKE)
def test_what_others_mean_by_our_names_is_ignored(run: Run, environment: dict[str, str], host: str, port: str) -> None:
    values, _, _ = read(run, **environment)
    assert (values["address"], values["db_port"], values["port"]) == (host, port, "8000")


@pytest.mark.parametrize(("variable", "value"), BAD)
def test_a_bad_setting_is_one_sentence_that_names_it(run: Run, variable: str, value: str) -> None:
    done = run("-c", SHOW, **{variable: value})
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    assert variable in sentence


APPLICATIONS = {"fastapi": "main", "flask": "main", "django": "thedemo.wsgi"}
"""What a server imports that is not started by `make run`."""


@pytest.mark.parametrize("variable", ["SCYLLA_PORT", "TRUSTED_PROXIES", "SHOW_CQL"])
@pytest.mark.parametrize(("run", "application"), APPLICATIONS.items(), indirect=["run"])
def test_a_bad_setting_ends_any_server_before_it_is_asked(run: Run, application: str, variable: str) -> None:
    done = run("-c", f"import {application}", **{variable: "wrong"})
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    assert variable in sentence


# --- Django ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", ["django"], indirect=True)
@pytest.mark.parametrize(("variable", "value"), BAD_IN_DJANGO)
def test_a_bad_setting_of_django_is_one_sentence_that_names_it(run: Run, variable: str, value: str) -> None:
    done = run("manage.py", "check", **{variable: value})
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    assert variable in sentence


@pytest.mark.parametrize("run", ["django"], indirect=True)
def test_a_switch_of_django_is_on_however_it_is_written(run: Run) -> None:
    show = "from thedemo import settings as s; print(s.SECURE_SSL_REDIRECT, s.DEBUG, s.FORCE_SCRIPT_NAME)"
    for value, is_on in {"1": True, "true": True, "on": True, "0": False, "False": False, "": False}.items():
        done = run("-c", show, SECURE_SSL_REDIRECT=value, DJANGO_DEBUG=value, FORCE_SCRIPT_NAME="")
        assert done.stdout.split() == [str(is_on), str(is_on), "None"], done.stderr


@pytest.mark.parametrize("run", ["django"], indirect=True)
def test_django_has_nothing_to_say_about_the_settings(run: Run, rendering: Callable[[Combination], Path]) -> None:
    production = (rendering(("django", tuple(FEATURES))) / "README.md").read_text().partition("## In production")[2]
    production = production.partition("\n## ")[0]
    assert "`SECRET_KEY`" in production and "`ALLOWED_HOSTS`" in production
    chosen = {"SECRET_KEY": "".join(map(str, range(40))), "ALLOWED_HOSTS": "demo.example.com"}
    given = dict(re.findall(r"`([A-Z_]+)=(\w+)`", production))
    checks: list[tuple[list[str], dict[str, str]]] = [([], {}), (["--deploy"], {**given, **chosen})]
    for options, variables in checks:
        done = run("manage.py", "check", "--fail-level", "WARNING", *options, **variables)
        assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


@pytest.mark.parametrize("run", ["django"], indirect=True)
def test_each_feature_is_an_app_of_django(run: Run) -> None:
    done = run("-c", APPS, DJANGO_SETTINGS_MODULE="thedemo.settings")
    titles = {feature: entry["title"] for feature, entry in TEMPLATE["registry"]["default"].items()}
    expected = [[feature, title, f"{feature.capitalize()}Config"] for feature, title in titles.items()]
    assert json.loads(done.stdout) == expected, done.stderr
