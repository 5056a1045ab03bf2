"""Business time follows the demo's offset, wall time never does."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from store.kit import clock

STORE = Path(clock.__file__).parents[1]
READS_A_CLOCK = re.compile(r"\b(time\.time|datetime\.now|datetime\.utcnow|datetime\.today|date\.today)\(")


@pytest.fixture
def offset(tmp_path: Path):
    file = tmp_path / "clock"
    clock.use_offset_file(file)
    yield file
    clock.use_offset_file(None)


@pytest.mark.parametrize(("text", "seconds"), [(None, 0), ("", 0), ("3600", 3600), ("-60\n", -60), ("soon", 0)])
def test_business_time_moves_when_the_file_says_so(offset: Path, text: str | None, seconds: int) -> None:
    if text is not None:
        offset.write_text(text)

    shift = clock.now() - clock.wall()

    assert abs(shift - timedelta(seconds=seconds)) < timedelta(seconds=5)


def test_times_are_utc_when_they_are_read() -> None:
    assert clock.now().utcoffset() == clock.wall().utcoffset() == timedelta(0)


def test_time_is_told_by_the_two_clocks_alone() -> None:
    """Whatever else waits counts seconds that never leap: the event loop's, or `time.monotonic`."""
    found = {
        path.relative_to(STORE).as_posix() for path in STORE.rglob("*.py") if READS_A_CLOCK.search(path.read_text())
    }

    # The sandbox is another company: its own clock, and wall time where it signs, sends and writes down.
    sandbox = {"clock", "control", "deliveries", "mailbox", "paypal/certificates", "planning", "records"}
    assert found == {"kit/clock.py", *(f"sandbox/{name}.py" for name in sandbox)}
