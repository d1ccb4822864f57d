"""Tier 2: the questions fit a terminal and forgive: what is typed as a title becomes names that work."""

import fcntl
import os
import pty
import re
import string
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select

import pyte
import pytest
import yaml

from tests.combinations import FEATURES, FRAMEWORKS, TEMPLATE, Combination
from tests.conftest import wait_until
from tools.environments import environment_of
from tools.feature import names, says
from tools.render import PRESETS, ROOT, preset_names, render
from tools.taken import environment_of_script, is_current, modules, scripts

COLUMNS, LINES = 80, 50
ENTER = "\r"
CLEAR_LINE = "\x15"
QUESTIONS = [name for name, spec in TEMPLATE.items() if not name.startswith("_") and spec.get("when") is not False]
OWN = {"project_title": "title", "demo_name": "package", "keyspace": "keyspace"}
"""The questions about what is one's own, and what includes/names.jinja calls it."""
REFUSED: dict[str, list[str]] = {
    "project_title": ['Say "hi"', "{{ 7 }}", "!?", "a\N{NO BREAK HERE}b", "x" * 41],
    "demo_name": ["My-Shop", "2fast", "x" * 41, "class", "json", "test", "dotenv", "seed"],
    "keyspace": ["My-Shop", "2fast", "x" * 49, "system_shop"],
}
"""An answer for each sentence that refuses one."""
ACCEPTED = {"project_title": "My Shop", "demo_name": "my_shop", "keyspace": "shop"}
TITLES = {
    "My Shop": "my_shop",
    "my-service": "my_service",
    "été demo": "ete_demo",
    "e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}": "ete",
    "Łódź, Straße & Þingvellir": "lodz_strasse_thingvellir",
    "Phở Đà Nẵng": "pho_da_nang",
    "İstanbul Çiçekçisi": "istanbul_cicekcisi",
    "Joe's Shop": "joes_shop",
    "Joe\N{RIGHT SINGLE QUOTATION MARK}s Shop": "joes_shop",
    "  two\n lines\t": "two_lines",
    "__init__": "init",
    "2fast": "my_2fast",
    "class": "my_class",
    "JSON": "my_json",
    "test": "my_test",
    "dotenv": "my_dotenv",
    "seed": "my_seed",
    "магазин": "my_demo",
    "x" * 40: "x" * 37,
}
"""Packages that follow from titles, and from names of folders."""


# --- On a terminal ----------------------------------------------------------------------------------------------------


class Terminal(pyte.Screen):
    """A terminal of 80 columns in which a program runs."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(COLUMNS, LINES)
        self.descriptor = descriptor
        self.stream = pyte.ByteStream(self)

    def write_process_input(self, data: str) -> None:
        """Answer the program that asks where the cursor is."""
        self.type(data)

    def text(self) -> str:
        """Return what stands on the screen now."""
        with suppress(OSError):  # the program has ended
            while select([self.descriptor], [], [], 0)[0]:
                self.stream.feed(os.read(self.descriptor, 65536))
        return "\n".join(line.rstrip() for line in self.display)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.descriptor, keys.encode())

    def shows(self, text: str) -> None:
        """Wait until a text stands on one line of the screen; fail with the screen otherwise."""
        try:
            wait_until(lambda: text in self.text(), 20, repr(text))
        except pytest.fail.Exception as missing:
            raise AssertionError(f"{missing}\n{self.text()}") from None


@contextmanager
def terminal(*arguments: str) -> Iterator[Terminal]:
    """Run copier in a terminal, and end it."""
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    command = [sys.executable, "-m", "copier", *arguments]
    process = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, env=environment)
    os.close(inside)
    try:
        yield Terminal(outside)
    finally:
        process.kill()
        process.wait()
        os.close(outside)


def test_questions_choices_and_refusals_fit_eighty_columns(template: Path, tmp_path: Path) -> None:
    with terminal("copy", str(template), str(tmp_path / "my-shop")) as shell:
        for name in QUESTIONS:
            spec = TEMPLATE[name]
            shell.shows(f"🎤 {spec['help']}")
            for answer in REFUSED.get(name, []):
                shell.type(CLEAR_LINE + answer + ENTER)
                shell.shows(f"Validation error for question '{name}': {says(f'refuse_{OWN[name]}', answer)}")
            if name == "features":
                for slug, entry in TEMPLATE["registry"]["default"].items():
                    shell.shows(f"{slug}: {entry['about']}")
                shell.type(" " + ENTER)  # takes back the one that is chosen
                shell.shows("Validation error for question 'features': Choose at least one feature.")
                shell.type(" ")
            shell.type((CLEAR_LINE + ACCEPTED[name] if name in ACCEPTED else "") + ENTER)
        shell.shows("My Shop is ready, on FastAPI.")
    assert (tmp_path / "my-shop" / "my_shop" / "ttl" / "models.py").exists()


def test_every_refusal_has_an_answer_here() -> None:
    text = (ROOT / "includes" / "names.jinja").read_text(encoding="utf-8")
    for question, name in OWN.items():
        macro = text.partition(f"<% macro refuse_{name}(")[2].partition("<%- endmacro %>")[0]
        sentences = set(re.findall(r"^[A-Z].*\.$", macro, re.MULTILINE))
        assert sentences == {says(f"refuse_{name}", answer) for answer in REFUSED[question]}, name


# --- Names that follow from a title ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("title", "package"), TITLES.items())
def test_a_package_follows_from_a_title(title: str, package: str) -> None:
    assert says("package", title) == package


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        ("my-shop", "my-shop"),
        ("My  Shop ", "My Shop"),
        ("été", "été"),
        ('a"b{{c}}\\d<e>', "a b c d e"),
        ("a\nb\x1b[2J", "a b [2J"),
        ("caf\udce9", "caf"),
        ("x" * 60, "x" * 40),
        ("...", "My Demo"),
        ("", "My Demo"),
    ],
)
def test_a_title_follows_from_any_folder(folder: str, title: str) -> None:
    assert says("title", folder) == title
    assert says("refuse_title", title) == ""


def test_what_follows_is_never_refused_itself() -> None:
    taken = (ROOT / "includes" / "taken.jinja").read_text(encoding="utf-8").split()
    taken += [*vars(names())["project_files"], "system", "System Monitor"]
    titles = [*TITLES, *taken, "_", "9", "x" * 60, "e" + "\u0301" * 60]
    packages = {title: says("package", title) for title in titles}
    assert {title: package for title, package in packages.items() if says("refuse_package", package)} == {}
    keyspaces = {package: says("keyspace", package) for package in packages.values()}
    assert {package: name for package, name in keyspaces.items() if says("refuse_keyspace", name)} == {}


def test_every_latin_letter_with_an_accent_is_transliterated() -> None:
    for number in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        plain = "".join(c for c in unicodedata.normalize("NFKD", chr(number).lower()) if not unicodedata.combining(c))
        if len(plain) == 1 and plain in string.ascii_lowercase:
            assert says("package", f"a{chr(number)}b") == f"a{plain}b", chr(number)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_title_stands_everywhere_as_it_was_typed(framework: str, template: Path, tmp_path: Path) -> None:
    title = "Joe\N{RIGHT SINGLE QUOTATION MARK}s Café & Чай \N{EN DASH} №1 🛒"
    answers = {"project_title": f" {title}\n", "framework": framework, "features": FEATURES[:2]}
    project = render(template, tmp_path / "project", answers)
    package = project / "joes_cafe_1"
    assert (project / "README.md").read_text(encoding="utf-8").startswith(f"# {title}\n")
    page = (package / "web" / "templates" / "base.html").read_text(encoding="utf-8")
    assert page.count(title.replace("&", "&amp;")) == 2, "in the window's title and in the bar"
    sources = [path.read_text(encoding="utf-8") for path in package.rglob("*.py")]
    assert [f'title="{title}"' in source for source in sources].count(True) == 1, "the title of the API"
    assert_tidy(project)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_longest_names_make_no_line_too_long(framework: str, template: Path, tmp_path: Path) -> None:
    answers = {"project_title": "Ŵ" * 40, "demo_name": "m" * 40, "keyspace": "k" * 48}
    project = render(template, tmp_path / "project", {**answers, "framework": framework, "features": list(FEATURES)})
    assert_tidy(project)


def assert_tidy(project: Path) -> None:
    """Fail unless a project's own linter and formatter leave it as it is."""
    for command in ("check", "format --check"):
        ruff = [sys.executable, "-m", "ruff", *command.split(), "--no-cache", "--no-respect-gitignore", "."]
        done = subprocess.run(ruff, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


# --- Names that are taken --------------------------------------------------------------------------------------------


def test_the_names_of_dependencies_are_those_of_what_is_locked_now() -> None:
    assert is_current(), "run make lock"


def test_the_modules_of_this_python_are_taken() -> None:
    public = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    assert [name for name in public | {"test"} if not says("refuse_package", name)] == []


@pytest.mark.slow
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_a_project_can_import_is_taken(framework: str, rendering: Callable[[Combination], Path]) -> None:
    project = rendering((framework, tuple(FEATURES)))
    installed = modules(environment_of(project)) | set().union(*map(modules, map(environment_of_script, scripts())))
    assert {"coodie", "dotenv"} <= installed
    assert [name for name in installed if not says("refuse_package", name)] == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_lies_beside_the_package_is_taken(framework: str, rendering: Callable[[Combination], Path]) -> None:
    project = rendering((framework, tuple(FEATURES)))
    beside = [path for path in project.iterdir() if path.is_dir() or path.suffix in {"", ".py"}]
    importable = {path.stem.lower() for path in beside} - {"thedemo"}
    assert {"seed", "tests"} <= importable
    free = [name for name in importable if not name.startswith(".") and not says("refuse_package", name)]
    assert free == []


# --- Presets as answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_leaves_to_its_users_what_is_their_own(name: str) -> None:
    preset = yaml.safe_load((PRESETS / f"{name}.yml").read_text(encoding="utf-8"))
    assert set(preset) == set(QUESTIONS) - set(OWN)


@pytest.mark.parametrize(
    ("preset", "keyspace"), [("flask-starter", "my_shop"), ("ttl-sessions", "ephemera")], ids=lambda value: value
)
def test_a_project_made_from_a_preset_is_called_as_its_folder(
    preset: str, keyspace: str, template: Path, tmp_path: Path
) -> None:
    answers = yaml.safe_load((PRESETS / f"{preset}.yml").read_text(encoding="utf-8"))
    project = render(template, tmp_path / "My-Shop", answers)
    stored = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    own = {"project_title": "My-Shop", "demo_name": "my_shop", "keyspace": keyspace}
    assert {key: value for key, value in stored.items() if not key.startswith("_")} == {**answers, **own}
    assert (project / "my_shop" / "ttl" / "models.py").exists()


def test_a_preset_asks_for_what_is_ones_own(template: Path, tmp_path: Path) -> None:
    preset = str(PRESETS / "flask-starter.yml")
    with terminal("copy", "--data-file", preset, str(template), str(tmp_path / "project")) as shell:
        for question, answer in {"project_title": "Café Ré", "demo_name": "", "keyspace": "menu"}.items():
            shell.shows(f"🎤 {TEMPLATE[question]['help']}")
            shell.type((CLEAR_LINE + answer if answer else "") + ENTER)
        shell.shows("Café Ré is ready, on Flask.")
    config = (tmp_path / "project" / "cafe_re" / "config.py").read_text(encoding="utf-8")
    assert 'keyspace: Keyspace = Field("menu"' in config
