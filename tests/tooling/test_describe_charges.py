"""docs/connect.md and its pictures have the numbers that the table test proves, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store.kit.money import Money
from tests.payments.charge_table import CASES, PLAIN, PRICES, Case

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "connect.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?:direct|destination|separate) \| (?:USD|EUR|JPY) \|.*$", re.MULTILINE)
GOODS = re.compile(r"^\| (USD|EUR|JPY) \| (anvil|birch) \| (\d) × (\S+) \| (\S+) \| (\S+) \|", re.MULTILINE)


def describe(case: Case) -> str:
    """The row of the page."""

    def words(amount: int, currency: str = case.currency) -> str:
        return str(Money(amount, currency))

    cells = [
        case.kind,
        case.currency,
        case.code,
        words(case.buyer),
        words(case.provider),
        " + ".join(words(amount) for amount in case.vendors.values()),
        words(case.platform, case.platform_currency),
        words(case.fee),
        " + ".join(words(amount) for amount in case.owed.values()) or "–",
    ]
    return f"| {' | '.join(cells)} |"


def test_page_shows_the_tables_rows_and_no_others() -> None:
    assert ROW.findall(PAGE) == [describe(case) for case in CASES]


def test_page_shows_what_the_market_sells() -> None:
    shown = {(currency, name): tuple(rest) for currency, name, *rest in GOODS.findall(PAGE)}

    assert shown == {
        (currency, name): (
            str(quantity),
            str(Money(price, currency)),
            str(Money(delivery, currency)),
            str(Money(price * quantity + delivery, currency)),
        )
        for currency, vendors in PRICES.items()
        for name, (price, quantity, delivery) in vendors.items()
    }


@pytest.mark.parametrize("kind", ["direct", "destination", "separate"])
def test_picture_shows_the_plain_sale_in_dollars(kind: str) -> None:
    (case,) = (one for one in CASES if (one.kind, one.currency, one.code) == (kind, "USD", PLAIN))
    whole = {case.buyer, case.provider, case.platform, *case.vendors.values()}
    # What we pay Stripe comes out of what we earned: a destination charge's fee is seen on its way.
    on_the_way = {case.fee} if kind == "destination" else set()

    picture = (DOCS / f"charge-{kind}.svg").read_text(encoding="utf-8")
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture))

    assert {float(number) for number in re.findall(r"\d+\.\d\d", said)} == {n / 100 for n in whole | on_the_way}
    assert f"(charge-{kind}.svg)" in PAGE


@pytest.mark.parametrize("picture", sorted(DOCS.glob("*.svg")), ids=lambda path: path.name)
def test_picture_asks_nobody_and_is_small(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")

    assert len(text) < 4000
    assert not re.search(r"<script|<style|<image|<foreignObject|href=|\son\w+=|url\((?!#a\))", text)
    assert "<title" in text
    assert "<desc" in text
