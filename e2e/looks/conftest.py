"""Every page in every state, at a desk and on a telephone: axe finds nothing, nothing hangs out, one heading leads.

A look changes the window's width itself, so these tests run once. Pictures of all states stay in
`test-results/pages/`, for people to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.artifacts import PICTURES
from e2e.conftest import DESKTOP
from e2e.inspection import Inspection


@pytest.fixture
def width() -> int:
    """Where a look starts from."""
    return DESKTOP


@pytest.fixture
def look(pytestconfig: pytest.Config) -> Iterator[Inspection]:
    """Inspects what it is shown and fails at the end with everything it found."""
    inspection = Inspection(Path(pytestconfig.getoption("--output")) / PICTURES)
    yield inspection
    inspection.check()
