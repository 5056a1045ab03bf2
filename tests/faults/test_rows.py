"""The matrix is whole, its tests exist, and the page that shows it is up to date."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from store.doctor.books import COMPARISONS
from store.doctor.invariants import INVARIANTS
from tests.faults.proofs import ASKED_BY_TESTS, PROOFS
from tests.faults.row import Row
from tests.faults.rows import DOCS, ROOT, ROWS, write_page

HERE = (
    *range(1, 33),
    *(34, 38, *range(40, 53), 54, *range(56, 64)),
    *range(65, 71),
)


def test_every_row_that_concerns_this_shop_is_here_once() -> None:
    assert [row.number for row in ROWS] == list(HERE)


OF_VENDORS = (45, 46, 47)
OF_PAYPAL = (8, 21, 25, 41, 58, 59, 60)


def test_every_invariant_has_a_line_and_tests() -> None:
    asked = {one.name for one in INVARIANTS} | {f"{one.name} at the provider" for one in COMPARISONS}

    assert PROOFS.keys() == asked | ASKED_BY_TESTS.keys()
    # What is promised of the vendors' money, and of who sees what.
    assert {name.partition(" ")[0] for name in PROOFS} >= {"I8", "I9", "I10", "I11", "I12", "I13", "I28"}
    page = DOCS.read_text()
    assert all(f"\n| {name} | " in page for name in PROOFS)


@pytest.mark.parametrize("name", PROOFS)
def test_every_test_that_an_invariant_names_exists(name: str) -> None:
    assert PROOFS[name]
    for test in PROOFS[name]:
        file, _, function = test.partition("::")
        assert function in read_names(file), test


def test_what_stops_a_vendor_is_tried_before_and_after_paying_and_in_the_browser() -> None:
    """Rows 45 to 47 speak of three charge types and two moments: a row with one test would be half of it."""
    rows = {row.number: row.tests for row in ROWS if row.number in OF_VENDORS}

    assert set(rows) == set(OF_VENDORS)
    assert all(len(set(tests)) > 1 for tests in rows.values())
    assert any(test.startswith("e2e/") for tests in rows.values() for test in tests)


def test_what_concerns_paypal_is_tried_at_paypal() -> None:
    rows = {row.number: row.tests for row in ROWS if row.number in OF_PAYPAL}

    assert set(rows) == set(OF_PAYPAL)
    assert all(len([test for test in tests if "paypal" in test]) > 1 for tests in rows.values())


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
