"""`make e2e`: what failed runs once more, recorded; where nothing failed nothing runs again."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
echo "$@" >>calls
case "$*" in
  *e2e.chromium*) echo /usr/bin/chromium;;
  *--last-failed*) exit 1;;
  *pytest*) exit {code};;
esac
"""


def run_make(clone: Path, code: int, *arguments: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the real Makefile where pytest ends with `code`; returns what it said and the calls of Python."""
    shutil.copy(ROOT / "Makefile", clone)
    for path, text in ((".ci/venv.sh", "#!/bin/sh\n"), (".venv/bin/python", PYTHON.format(code=code))):
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_text(text)
        (clone / path).chmod(0o755)
    command = ["make", "--no-print-directory", "e2e", *arguments]
    ran = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    return ran, (clone / "calls").read_text().splitlines()


def test_nothing_runs_again_when_all_is_well(tmp_path: Path) -> None:
    ran, calls = run_make(tmp_path, 0)

    assert ran.returncode == 0
    assert [call.split()[:3] for call in calls] == [["-m", "e2e.chromium"], ["-m", "pytest", "e2e"]]


def test_what_failed_runs_again_recorded_and_is_pointed_to_when_a_journey_fails(tmp_path: Path) -> None:
    ran, calls = run_make(tmp_path, 1, "K=two_tabs")

    assert ran.returncode == 2
    again = calls[2]
    assert "--last-failed --last-failed-no-failures none" in again
    assert "-k two_tabs" in calls[1]
    assert "-k two_tabs" in again
    assert "--tracing on --screenshot on --video on" in again
    assert calls[3] == "-m e2e.artifacts"


@pytest.mark.parametrize(("code", "said"), [(5, "no journey is called that"), (2, ""), (4, "")])
def test_nothing_runs_again_when_nothing_was_run(tmp_path: Path, code: int, said: str) -> None:
    ran, calls = run_make(tmp_path, code, "K=no_such_journey")

    assert ran.returncode == 2
    assert said in ran.stderr
    assert len(calls) == 2


def test_window_is_slow_and_alone_when_it_is_asked_for(tmp_path: Path) -> None:
    _, calls = run_make(tmp_path, 0, "HEADED=1")

    assert "--headed --slowmo 400" in calls[1]
    assert "-n " not in calls[1]
