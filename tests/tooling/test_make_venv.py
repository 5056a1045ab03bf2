""".ci/venv.sh: done once per lock, and one clear line when there is no Python for it."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "dirname", "cmp", "cp", "rm")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a lock, and a PATH that holds nothing but the plainest tools."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / ".ci" / "venv.sh", tmp_path / ".ci")
    (tmp_path / "requirements.lock").write_text("# nothing\n")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def make(clone: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(clone / "bin")}
    return subprocess.run([clone / ".ci/venv.sh"], capture_output=True, text=True, check=False, env=env)


@pytest.mark.parametrize("version", ["Python 3.10.4", None])
def test_python_is_asked_for_in_one_line_when_too_old_or_missing(version: str | None, clone: Path) -> None:
    if version:
        program(clone / "bin/python3", f'[ "$1" = --version ] && echo "{version}" && exit 0; exit 1')

    made = make(clone)

    assert made.returncode == 1
    assert made.stderr.startswith(f"Overprint needs Python 3.11 or newer and found {version or 'no python3'}:")
    assert "make demo PYTHON=" in made.stderr
    assert made.stderr.count("\n") == 1


def test_nothing_is_done_when_the_lock_is_the_same(clone: Path) -> None:
    program(clone / ".venv/bin/python", "exit 0")
    shutil.copy(clone / "requirements.lock", clone / ".venv/requirements.lock")

    made = make(clone)

    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")


def test_packages_are_installed_with_hashes_when_the_lock_has_changed(clone: Path) -> None:
    calls = clone / "calls"
    program(clone / "bin/python3", "exit 0")
    program(clone / ".venv/bin/python", f'echo "$@" >>{calls}')
    (clone / ".venv/requirements.lock").write_text("# of yesterday\n")

    made = make(clone)

    assert made.returncode == 0
    assert "--require-hashes -r requirements.lock" in calls.read_text()
    assert (clone / ".venv/requirements.lock").read_text() == "# nothing\n"


def test_uv_is_used_when_it_is_there(clone: Path) -> None:
    calls = clone / "calls"
    program(clone / "bin/uv", f'echo "$@" >>{calls}; [ "$1" = venv ] && mkdir -p .venv/bin; exit 0')
    program(clone / "bin/mkdir", f'exec {shutil.which("mkdir")} "$@"')

    made = make(clone)

    assert made.returncode == 0
    assert "--require-hashes -r requirements.lock" in calls.read_text()
    assert (clone / ".venv/requirements.lock").exists()


def test_venv_is_not_called_done_when_the_packages_failed(clone: Path) -> None:
    program(clone / "bin/python3", "exit 0")
    program(clone / ".venv/bin/python", 'case "$*" in *install*) exit 1;; esac')

    made = make(clone)

    assert made.returncode == 1
    assert "could not be installed" in made.stderr
    assert not (clone / ".venv/requirements.lock").exists()
