"""The browser for the journeys is one that starts, or one line says what is missing."""

from pathlib import Path

import pytest

from e2e.artifacts import describe_artifacts
from e2e.chromium import ChromiumMissingError, find_chromium, launch_options, run_quietly


def program(path: Path, code: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_named_one_is_taken_when_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = program(tmp_path / "my-chromium", 0)
    monkeypatch.setenv("E2E_CHROMIUM", str(named))

    assert find_chromium() == named
    assert launch_options()["executable_path"] == str(named)


@pytest.mark.parametrize("there", [True, False])
def test_named_one_is_refused_when_it_does_not_start(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = program(tmp_path / "chromium", 1) if there else tmp_path / "chromium"
    monkeypatch.setenv("E2E_CHROMIUM", str(named))

    with pytest.raises(ChromiumMissingError, match=f"E2E_CHROMIUM={named} does not start"):
        find_chromium()


def test_stub_on_the_path_is_passed_over_when_another_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "chromium", 1)
    real = program(tmp_path / "google-chrome", 0)
    monkeypatch.delenv("E2E_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert find_chromium(fetch=False) == real


def test_what_a_package_manager_said_is_passed_on_when_it_failed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path / "apt-get", 100).write_text("#!/bin/sh\necho 'E: no room on the disk' >&2\nexit 100\n")

    run_quietly([str(tmp_path / "apt-get"), "install", "chromium"])

    assert "E: no room on the disk" in capfd.readouterr().err


def test_trace_is_shown_with_its_command_when_a_journey_failed(tmp_path: Path) -> None:
    failed, again = tmp_path / "pay-with-4242", tmp_path / "again" / "pay-with-4242"
    for folder, names in ((failed, ("test-failed-1.png", "notes.txt")), (again, ("trace.zip", "video.webm"))):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).touch()

    said = describe_artifacts(tmp_path)

    assert f"playwright show-trace {again}/trace.zip" in said
    assert f"{failed}/test-failed-1.png" in said
    assert f"{again}/video.webm" in said
    assert "notes.txt" not in said
    assert describe_artifacts(tmp_path / "none") == ""
