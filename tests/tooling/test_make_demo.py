"""`make demo`: a plain start goes on with what is there, RESET=1 starts shop and sandbox afresh together.

What `--reset` does is in `tests/demo/test_run_demo.py`.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "started"),
    [
        ([], "-m store demo"),
        (["RESET="], "-m store demo"),
        (["RESET=1"], "-m store demo --reset"),
        (["RESET=1", "PORT=8010", "DATA=/elsewhere"], "-m store demo --reset"),
    ],
)
def test_demo_starts_afresh_when_reset_is_asked_for(tmp_path: Path, arguments: list[str], started: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for path, text in ((".ci/venv.sh", "#!/bin/sh\n"), (".venv/bin/python", '#!/bin/sh\necho "$@" >calls\n')):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        (tmp_path / path).chmod(0o755)
    command = ["make", "--no-print-directory", "demo", *arguments]

    ran = subprocess.run(command, cwd=tmp_path, check=False, timeout=60, env={"PATH": os.environ["PATH"]})

    assert ran.returncode == 0
    assert (tmp_path / "calls").read_text().strip() == started
