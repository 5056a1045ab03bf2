"""What a row of the fault matrix is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One fault. `tests` are ids as pytest writes them, without parameters."""

    number: int
    fault: str
    must: str
    tests: tuple[str, ...]


def row(number: int, fault: str, must: str, *tests: str) -> Row:
    """A row whose tests are named without `test_` and `.py`: `payments/sweep::looks_grow…`."""
    return Row(number, fault, must, tuple(spell(test) for test in tests))


def spell(short: str) -> str:
    """The id of a test that is named without `test_` and `.py`."""
    file, _, name = short.partition("::")
    folder, _, stem = file.rpartition("/")
    root = "" if folder.startswith("e2e") else "tests/"
    return f"{root}{folder}/test_{stem}.py::test_{name}"
