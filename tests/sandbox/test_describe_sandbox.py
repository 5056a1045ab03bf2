"""The page about the sandbox says what the code does."""

from __future__ import annotations

from pathlib import Path

from store.sandbox.kernel.spec import load_spec
from store.sandbox.reference import END, PAGE, START, describe, write
from store.sandbox.stripe.resources import ROUTES


def test_page_is_fresh() -> None:
    shown = PAGE.read_text(encoding="utf-8").split(START)[1].split(END)[0].strip()

    assert shown == describe(), "run: python -m store.sandbox.reference"


def test_every_operation_is_supported_or_counted_as_refused() -> None:
    text = describe()

    assert all(f"| `{route.operation}` |" in text for route in ROUTES)
    assert f"### Refused: {len(load_spec()['operations']) - len(ROUTES)} operations" in text


def test_parameter_is_told_on_its_side() -> None:
    rows = {row.split("`")[1]: row.split("|") for row in describe().splitlines() if row.startswith("| `")}

    _, _, taken, refused, _ = rows["POST /v1/coupons"]
    assert "`percent_off`" in taken
    assert "`currency_options`" in refused


def test_page_is_written_between_its_marks_when_it_is_made_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n{START}\nold\n{END}\nAfter.\n", encoding="utf-8")

    write(page)
    write(page)

    assert page.read_text(encoding="utf-8") == f"Before.\n{START}\n\n{describe()}\n\n{END}\nAfter.\n"
