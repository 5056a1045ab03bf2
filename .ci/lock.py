"""Whether requirements.lock still belongs to pyproject.toml: `check`, or `stamp` after the resolver has run.

The first line of the lock holds the sha256 of pyproject's dependency tables, so that the check needs neither
network nor resolver. `make lock` runs the resolver and then `stamp`.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from pathlib import Path

PREFIX = "# pyproject's dependency tables, sha256: "


def hash_dependencies(pyproject: Path) -> str:
    """Return the sha256 (hex) of every table that decides what is installed, whatever the layout."""
    read = tomllib.loads(pyproject.read_text())
    project = read.get("project", {})
    tables = {
        "requires-python": project.get("requires-python"),
        "dependencies": project.get("dependencies"),
        "optional-dependencies": project.get("optional-dependencies"),
        "dependency-groups": read.get("dependency-groups"),
        "uv": read.get("tool", {}).get("uv"),
    }
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def check_lock(folder: Path) -> str | None:
    """Return what is wrong with the lock in one line, or None."""
    lock = folder / "requirements.lock"
    first = lock.read_text().partition("\n")[0] if lock.exists() else ""
    if first == PREFIX + hash_dependencies(folder / "pyproject.toml"):
        return None
    return "requirements.lock does not belong to pyproject.toml (dependencies changed): run `make lock`"


def stamp_lock(folder: Path) -> None:
    """Write the first line of the lock anew."""
    lock = folder / "requirements.lock"
    lines = lock.read_text().splitlines(keepends=True)
    body = lines[1:] if lines and lines[0].startswith(PREFIX) else lines
    lock.write_text(f"{PREFIX}{hash_dependencies(folder / 'pyproject.toml')}\n{''.join(body)}")


def main() -> int:
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    if verb == "stamp":
        stamp_lock(Path())
    elif verb == "check":
        problem = check_lock(Path())
        if problem:
            print(problem, file=sys.stderr)
            return 1
    else:
        print("use: python .ci/lock.py check|stamp", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
