"""The matrix is whole, its tests exist, and the page that shows it is up to date."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.faults.row import Row
from tests.faults.rows import DOCS, ROOT, ROWS, write_page

HERE = (
    *range(1, 8),
    *range(9, 33),
    *(34, 38, 40, *range(42, 53), 56, 57, 61, 62, 63),
    *range(65, 71),
)


def test_every_row_that_concerns_this_shop_is_here_once() -> None:
    assert [row.number for row in ROWS] == list(HERE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_every_test_that_a_row_names_exists(row: Row) -> None:
    assert row.tests
    for test in row.tests:
        file, _, name = test.partition("::")
        assert name in read_names(file), test


def test_page_is_what_the_rows_say() -> None:
    assert DOCS.read_text() == write_page(), "python -m tests.faults.rows writes docs/reliability.md anew"


@cache
def read_names(file: str) -> frozenset[str]:
    """The functions that a file defines at its top."""
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
