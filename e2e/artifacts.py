"""What a failed journey left behind, and how to look at it: `python -m e2e.artifacts`."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path("test-results")
PICTURES = "pages"  # of every state, failed or not
AGAIN = "again"  # those that failed, run once more with everything recorded


def describe_artifacts(folder: Path = FOLDER) -> str:
    """Return lines that say how to open each failure's trace, screenshot and video."""
    lines = []
    first = sorted(path for path in folder.glob("*") if path.is_dir() and path.name not in (PICTURES, AGAIN))
    for test in (*first, *sorted(path for path in folder.glob(f"{AGAIN}/*") if path.is_dir())):
        files = sorted(path for path in test.iterdir() if path.suffix in (".png", ".webm", ".zip"))
        if files:
            lines.append(f"{test.relative_to(folder)}:")
        for file in files:
            opens = f".venv/bin/playwright show-trace {file}" if file.suffix == ".zip" else str(file)
            lines.append(f"  {({'.zip': 'trace', '.png': 'screenshot', '.webm': 'video'})[file.suffix]:<11}{opens}")
    return "\n".join(["To see what went wrong:", *lines]) if lines else ""


if __name__ == "__main__":
    print(describe_artifacts(), file=sys.stderr)
