"""docs/providers.md shows what is collected, no journey that runs on both rails is forgotten, and no cell is empty."""

from __future__ import annotations

import re
from functools import cache

import pytest

from store.webhooks.states import PAYPAL_HANDLED
from tests.faults.test_rows import read_names
from tests.parity.behaviours import BEHAVIOURS, Cell, Reason
from tests.parity.page import DOCS, JOURNEYS, ROOT, SUITE, Collected, collect, put_in, write_table
from tests.parity.reasons import LEFT_OUT, OF_FILES, OF_TESTS

BOTH = frozenset({"stripe", "paypal"})


@cache
def collected() -> Collected:
    return collect()


def named_in(cell: Cell) -> tuple[str, ...]:
    return () if isinstance(cell, Reason) else cell


def test_page_shows_what_is_collected() -> None:
    page = DOCS.read_text()

    assert page == put_in(page, write_table(collected())), "python -m tests.parity.page writes docs/providers.md anew"


def test_page_names_every_event_that_the_shop_handles() -> None:
    (listed,) = re.findall(r"Subscribe to\n\n +```\n(.*?)```", DOCS.read_text(), re.DOTALL)

    assert sorted(listed.split()) == sorted(PAYPAL_HANDLED)


def test_suite_of_the_port_runs_on_three_rails() -> None:
    rails = [rails for name, rails in collected().items() if name.startswith(SUITE)]

    assert {rail for found in rails for rail in found} == {"fake", "stripe", "paypal"}
    assert len([found for found in rails if len(found) == 3]) > 10


@pytest.mark.parametrize("file", LEFT_OUT)
def test_what_a_rail_is_asked_instead_runs_on_it(file: str) -> None:
    ran = {name for name in collected() if name.startswith(f"{SUITE}/{file}::")}
    assert {f"{SUITE}/{file}::test_{name}" for name in OF_TESTS[file]} == ran

    for reason in OF_TESTS[file].values():
        if "::" in reason:
            assert LEFT_OUT[file] in collected()[f"{SUITE}/{reason}"], reason


def test_every_file_that_a_reason_names_is_there() -> None:
    words = [*OF_FILES.values(), *(reason for reasons in OF_TESTS.values() for reason in reasons.values())]

    named = {name for reason in words for name in re.findall(r"`([\w/]+\.py)`", reason)}
    assert {name for name in named if not (ROOT / ("" if "/" in name else SUITE) / name).exists()} == set()
    assert len(named) > 5


@pytest.mark.parametrize("rail", sorted(BOTH))
def test_every_test_that_a_cell_names_runs_on_its_rail(rail: str) -> None:
    for one in BEHAVIOURS:
        cell = getattr(one, rail)
        assert named_in(cell) or (isinstance(cell, Reason) and cell.words), one.text
        for test in named_in(cell):
            file, _, name = test.partition("::")
            assert name in read_names(file), test
            rails = collected().get(test, frozenset())
            assert not rails or rail in rails, f"{test} does not run on {rail}"


def test_every_journey_of_both_rails_has_its_row() -> None:
    run = {name for name, rails in collected().items() if name.startswith(JOURNEYS) and rails >= BOTH}

    named = {test for one in BEHAVIOURS for test in named_in(one.stripe) if test in named_in(one.paypal)}
    assert run - named == set()
    assert len(run) > 10
    # What a row calls one journey for both is one: it has not become two or one rail's alone.
    assert {test for test in named if test.startswith(JOURNEYS)} - run == set()


def test_every_journey_of_paypals_alone_has_its_row() -> None:
    alone = {name for name in collected() if name.startswith(f"{JOURNEYS}/test_paypal_")}

    assert alone - {test for one in BEHAVIOURS for test in (*named_in(one.stripe), *named_in(one.paypal))} == set()
