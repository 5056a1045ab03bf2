"""The lock belongs to pyproject's dependencies, whatever else changes there."""

import importlib.util
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("ci_lock", ROOT / ".ci" / "lock.py")
assert SPEC is not None
assert SPEC.loader is not None
lock = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(lock)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def change(project: Path, old: str, new: str) -> None:
    text = (project / "pyproject.toml").read_text()
    assert old in text
    (project / "pyproject.toml").write_text(text.replace(old, new, 1))


def test_lock_is_fresh_when_committed() -> None:
    assert lock.check_lock(ROOT) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"litestar==', '"litestar>='),
        ('"pytest==', '"pytest>='),
        ('requires-python = ">=3.11"', 'requires-python = ">=3.12"'),
        ("dev = [", 'dev = [\n  "left-pad",'),
    ],
)
def test_lock_is_stale_when_a_dependency_changes(old: str, new: str, project: Path) -> None:
    change(project, old, new)

    assert "make lock" in (lock.check_lock(project) or "")


@pytest.mark.parametrize(
    ("old", "new"),
    [("dependencies = [", "dependencies = [ # needed"), ("line-length = ", "line-length = 1")],
)
def test_lock_stays_fresh_when_something_else_changes(old: str, new: str, project: Path) -> None:
    change(project, old, new)

    assert lock.check_lock(project) is None


def test_lock_is_stale_when_its_first_line_is_missing(project: Path) -> None:
    file = project / "requirements.lock"
    file.write_text(file.read_text().partition("\n")[2])

    assert lock.check_lock(project) is not None
    lock.stamp_lock(project)
    lock.stamp_lock(project)
    assert lock.check_lock(project) is None
    assert file.read_text() == (ROOT / "requirements.lock").read_text()


def test_every_requirement_has_a_hash_and_no_address_when_locked() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    requirements = [number for number, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]

    assert len(requirements) > 30
    assert all("--hash=sha256:" in lines[number + 1] for number in requirements)
    assert not [line for line in lines if "://" in line]
