"""Tier 2: make demo renders what is asked for, however it is written, and only if something has changed."""

from pathlib import Path

import pytest
import yaml

from tools import demo


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Renders a demo into a folder of the test's own: ask(FEATURES="ttl lwt") returns the project's folder."""
    monkeypatch.setenv("DEMO_DIR", str(tmp_path))

    def render(**variables: str) -> Path:
        for name in ("PRESET", "FRAMEWORK", "FEATURES"):
            monkeypatch.setenv(name, variables.get(name, ""))
        demo.main()
        return Path(capsys.readouterr().out.strip())

    return render


@pytest.mark.parametrize("features", ["ttl,lwt", "ttl lwt", " ttl, lwt ,", "ttl\tlwt", "ttl,lwt,ttl"])
def test_features_are_separated_by_commas_or_blanks(features: str, ask) -> None:
    folder = ask(FRAMEWORK=" flask", FEATURES=features)
    assert folder.name == "flask_ttl_lwt"
    answers = yaml.safe_load((folder / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert (answers["framework"], answers["features"]) == ("flask", ["ttl", "lwt"])
    assert (folder / "flask_ttl_lwt" / "lwt" / "models.py").exists()


@pytest.mark.parametrize("variables", [{}, {"FRAMEWORK": " ", "FEATURES": " , "}, {"PRESET": "ttl-sessions "}])
def test_blanks_ask_for_nothing(variables: dict[str, str], ask) -> None:
    folder = ask(**variables)
    assert folder.name == "ttl-sessions"
    assert (folder / "ttl_sessions" / "ttl" / "models.py").exists()


@pytest.mark.parametrize("variables", [{"FRAMEWORK": "flask"}, {"FEATURES": "lwt"}])
def test_a_preset_beside_a_choice_of_ones_own_is_refused(variables: dict[str, str], ask) -> None:
    with pytest.raises(SystemExit, match="ask for PRESET, or FRAMEWORK and FEATURES"):
        ask(PRESET="ttl-sessions", **variables)


@pytest.mark.parametrize(
    "variables",
    [
        {"FEATURES": "ttl/lwt"},
        {"FRAMEWORK": "../flask"},
        {"FEATURES": "ttl;lwt"},
        {"FRAMEWORK": "Flask"},
        {"PRESET": "../a"},
    ],
)
def test_what_nobody_offers_is_one_sentence(variables: dict[str, str], ask) -> None:
    with pytest.raises(SystemExit, match=r"^(This demo cannot be rendered: Invalid choice|There is no preset)"):
        ask(**variables)


def test_what_has_not_changed_is_not_rendered_again(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ask()
    readme, seed = folder / "README.md", folder / "seed.py"
    readme.write_text("My notes.")
    with monkeypatch.context() as patched:
        patched.setattr(demo, "render", lambda *_: pytest.fail("it is rendered again"))
        assert ask() == folder
    assert readme.read_text() == "My notes."
    monkeypatch.setattr(demo, "digest_of_template", lambda: "of another template")
    seed.unlink()
    ask()
    assert readme.read_text() != "My notes." and seed.exists()


def test_a_rendering_that_was_interrupted_is_done_again(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ask()
    with monkeypatch.context() as patched:
        patched.setattr(demo, "digest_of_template", lambda: "of another template")
        patched.setattr(demo, "render", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ask()
    (folder / "seed.py").unlink()
    ask()
    assert (folder / "seed.py").exists()


def interrupt(*_: object) -> None:
    """Do as Ctrl-C does."""
    raise KeyboardInterrupt
