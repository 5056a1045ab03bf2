"""docs/dependencies.md names every direct dependency, and no other."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_direct_dependency_has_a_row_when_compared() -> None:
    read = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = [*read["project"]["dependencies"], *read["dependency-groups"]["dev"]]
    names = {re.split(r"[=><;\[ ]", requirement)[0] for requirement in pinned}
    text = (ROOT / "docs" / "dependencies.md").read_text().partition("## Files kept")[0]
    rows = re.findall(r"(?m)^\| ([a-z0-9-]+) \|(.+)\|$", text)

    assert {name for name, _ in rows} - {"package"} == names
    assert all(len([cell for cell in row.split("|") if cell.strip()]) == 4 for _, row in rows)
