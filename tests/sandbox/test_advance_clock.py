"""The virtual clock: its file, and what it refuses."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from store.sandbox.clock import Clock


def test_offset_is_one_integer_in_the_file_when_advanced(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")

    now = clock.advance(3600)
    clock.advance(60)

    assert (tmp_path / "clock").read_text() == "3660"
    assert now >= int(time.time()) + 3599
    assert [path.name for path in tmp_path.iterdir()] == ["clock"]


def test_offset_is_read_back_when_started_again(tmp_path: Path) -> None:
    Clock(tmp_path / "clock").advance(86400)

    again = Clock(tmp_path / "clock")

    assert again.offset == 86400
    assert again.now() >= int(time.time()) + 86399


def test_clock_is_wall_time_when_there_is_no_file(tmp_path: Path) -> None:
    assert Clock(tmp_path / "missing" / "clock").offset == 0


def test_advance_refuses_when_seconds_are_negative(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only moves forward"):
        Clock(tmp_path / "clock").advance(-1)


def test_start_says_what_to_do_when_the_file_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("soon")

    with pytest.raises(ValueError, match="Delete it"):
        Clock(tmp_path / "clock")
