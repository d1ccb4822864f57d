"""Tier 3: generated/ is what the template renders now."""

from pathlib import Path

from tools.generate import generate
from tools.render import GENERATED, ROOT, preset_names


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of every file that git would track, by path."""
    ignored = {".venv", ".uv", ".cassandra", "__pycache__", "vendor", ".pytest_cache", ".ruff_cache"}
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if not ignored & set(path.relative_to(folder).parts)
    }


def test_generated_equals_what_the_template_renders(tmp_path: Path) -> None:
    generate(tmp_path / "fresh")
    fresh, committed = contents(tmp_path / "fresh"), contents(GENERATED)
    assert sorted(committed) == sorted(fresh), "run make generate"
    assert [path for path in fresh if committed[path] != fresh[path]] == [], "run make generate"


def test_the_gallery_links_to_what_exists() -> None:
    text = (GENERATED / "README.md").read_text(encoding="utf-8")
    for name in preset_names():
        assert f"[{name}]({name}/)" in text
        for picture in (f"{name}.png", f"{name}-phone.png"):
            assert picture in text
            assert (ROOT / "docs" / "screenshots" / picture).exists(), "run make screenshots"
