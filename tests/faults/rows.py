"""The fault matrix: what may go wrong, what must happen then, and which tests make it go wrong.

`python -m tests.faults.rows` writes it, with the doctor's invariants, into `docs/reliability.md`. A row that is not
here concerns what this shop does not have (another database, subscriptions, disputes, refunds by hand).
"""

from __future__ import annotations

from pathlib import Path

from store.doctor.books import COMPARISONS
from store.doctor.invariants import INVARIANTS
from tests.faults import rows_provider, rows_shop
from tests.faults.proofs import ASKED_BY_TESTS, PROOFS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "reliability.md"
INTRO = """# What must never go wrong, and how we know

This page is generated from `tests/faults/rows_*.py` and `store/doctor/`: `.venv/bin/python -m tests.faults.rows` writes
it anew, and a test fails when it is out of date.

## Invariants

`python -m store doctor` asks for each of these and names the row and the next step; in a demo it also compares our rows
with the sandbox's own books ("at the provider"). After every test and every journey that moves money the world is
brought to rest and all of them are asked for (`tests/invariants.py`, `e2e/invariants.py`); one that breaks them on
purpose says which and why (`leaves_broken`). The tests named here break an invariant and see it found; what no row can
show (I28) they ask for themselves.

| | must hold | tests |
|---|---|---|
"""
FAULTS = """
## Faults

Each row names the tests that make it happen. Numbers that are missing concern what this shop does not have (another
database, subscriptions, disputes, refunds by hand).

For row 27 each commit (`store/kit/db.py`) and each call to a provider (`store/gateways`) counts two passes, before and
after: a process of a demo that is started with `CRASH_AT=n` ends at the n-th as if it had been killed. A shop that is
no demo refuses to start so.

| # | what goes wrong | what must happen | tests |
|---|---|---|---|
"""
ROWS = (*rows_provider.ROWS, *rows_shop.ROWS)


def write_page() -> str:
    """The text of `docs/reliability.md`."""
    must = [(one.name, one.text) for one in INVARIANTS]
    must += [(f"{one.name} at the provider", one.text) for one in COMPARISONS]
    must += ASKED_BY_TESTS.items()
    lines = [f"| {name} | {text} | {_list(PROOFS.get(name, ()))} |" for name, text in must]
    rows = [f"| {each.number} | {each.fault} | {each.must} | {_list(each.tests)} |" for each in ROWS]
    return INTRO + "\n".join(lines) + "\n" + FAULTS + "\n".join(rows) + "\n"


def _list(tests: tuple[str, ...]) -> str:
    return "<br>".join(f"`{test}`" for test in tests)


if __name__ == "__main__":
    DOCS.write_text(write_page())
