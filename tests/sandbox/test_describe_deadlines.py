"""`docs/testing.md` has a row for every deadline in the program, and every row has a test that is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.sandbox import test_clock_moves, test_clock_moves_shop

ROOT = Path(__file__).parents[2]
STORE = ROOT / "store"
PROBES = {
    "tests/sandbox/test_clock_moves.py": test_clock_moves,
    "tests/sandbox/test_clock_moves_shop.py": test_clock_moves_shop,
}
KIND = {
    "moved by the clock": ("test_it_comes_about_when_the_clock_moves", "BUSINESS"),
    "on wall time": ("test_it_stays_with_the_wall_when_the_clock_moves", "WALL"),
}
NAMED_OTHERWISE = ("DEFAULT_LIFE", "BACK_OFF", "MINUTES", "DAYS", "LONGEST_WAIT")
# How far one command may go, and the buckets of a histogram: no deadlines.
NO_DEADLINES = {("sandbox/commands.py", "MOST_SECONDS"), ("kit/metrics.py", "SECONDS")}


class Row(NamedTuple):
    """One deadline: the table it stands in, what it is, where its length is set, and the test that proves it."""

    table: str
    what: str
    constants: str
    file: str
    test: str
    probe: str


def read_rows() -> Iterator[Row]:
    text = (ROOT / "docs" / "testing.md").read_text()
    for table in KIND:
        lines = text.partition(f"| {table} |")[2].partition("\n\n")[0].splitlines()[2:]
        for line in lines:
            _, _, what, _, constants, node, _ = (cell.strip() for cell in line.split("|"))
            file, test, probe = re.fullmatch(r"`([\w/]+\.py)::(\w+)(?:\[(\w+)\])?`", node).groups()  # type: ignore[union-attr]
            yield Row(table, what, constants, file, test, probe or "")


ROWS = list(read_rows())


def read_constants(cell: str) -> set[tuple[str, str]]:
    """`file.py` `ONE`, `TWO`; `other.py` `THREE`: pairs of file and name."""
    pairs, file = set(), ""
    for word in re.findall(r"`([^`]+)`", cell):
        if word.endswith(".py"):
            file = word
        else:
            pairs.add((file, word))
    return pairs


def find_constants() -> set[tuple[str, str]]:
    """Every length of time that a module of the program names."""
    found = set()
    for path in STORE.rglob("*.py"):
        if "piccolo_migrations" in path.parts:
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if _is_time(name, node.value):
                    found.add((path.relative_to(STORE).as_posix(), name))
    return found


def _is_time(name: str, value: ast.expr) -> bool:
    parts = list(ast.walk(value))
    if any(isinstance(part, ast.Name) and part.id == "timedelta" for part in parts):
        return True
    named = name.endswith("SECONDS") or name in NAMED_OTHERWISE
    return named and all(isinstance(p, ast.Constant | ast.BinOp | ast.operator | ast.Tuple | ast.Load) for p in parts)


def test_every_length_of_time_has_a_row_when_the_program_is_read() -> None:
    told = [pair for row in ROWS for pair in read_constants(row.constants)]
    found = find_constants() - NO_DEADLINES

    assert {name for _, name in found} == {name for _, name in told}
    assert set(told) <= found
    assert len(told) == len(set(told))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_every_row_has_its_test_when_the_tests_are_read(row: Row) -> None:
    tests = {
        node.name
        for node in ast.parse((ROOT / row.file).read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert row.test in tests
    assert bool(row.probe) == (row.file in PROBES)
    if row.probe:
        test, probes = KIND[row.table]
        assert row.test == test
        assert row.probe in {probe.__name__ for probe in getattr(PROBES[row.file], probes)}


def test_every_probe_has_a_row_when_the_tables_are_read() -> None:
    told = sorted((row.file, row.probe) for row in ROWS if row.probe)

    assert told == sorted(
        (file, probe.__name__) for file, module in PROBES.items() for probe in (*module.BUSINESS, *module.WALL)
    )
