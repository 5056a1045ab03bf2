"""ARCHITECTURE.md walks one payment through files and functions that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text()


def test_every_function_of_the_walk_exists_when_looked_for() -> None:
    steps = re.findall(r"`([\w/]+\.py)` `(\w+)`", TEXT)

    missing = [
        f"{path} {name}"
        for path, name in steps
        if not (ROOT / "store" / path).is_file()
        or not re.search(rf"\bdef {name}\(", (ROOT / "store" / path).read_text())
    ]

    assert len(steps) > 15
    assert missing == []


def test_every_file_it_names_exists_when_looked_for() -> None:
    named = {name for name in re.findall(r"`([\w./]+/[\w.]+\.(?:py|sql|html|md|toml))`", TEXT) if "…" not in name}
    places = ("", "store", "templates")

    assert len(named) > 15
    assert [name for name in sorted(named) if not any((ROOT / place / name).exists() for place in places)] == []


def test_every_folder_of_the_shop_is_named_when_listed() -> None:
    folders = {path.parent.name for path in ROOT.glob("store/*/__init__.py")} - {"piccolo_migrations"}

    assert [name for name in sorted(folders) if not re.search(rf"\b{name}\b", TEXT)] == []
