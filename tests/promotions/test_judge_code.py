"""What a code takes off which part, whose money it is, and in which words it is refused: the whole table, pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.promotions.discounts import Code, Cut, PageCut, Part, Refused, judge_code, spread_page_discount

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KITCHEN, PAPER = UUID(int=1), UUID(int=2)
KILN, NORTH = UUID(int=11), UUID(int=12)


def code(**values: Any) -> Code:
    base: dict[str, Any] = {
        "id": UUID(int=9), "code": "TENOFF", "percent": 1000, "amount": None, "currency": "", "with_delivery": False,
        "minimum": 0, "vendor": None, "category": None, "funded_by": "platform", "max_uses": None, "per_email": None,
        "starts_at": None, "ends_at": None, "uses": 0, "active": True,
    }  # fmt: skip
    if "amount" in values:
        base |= {"percent": None, "currency": "USD"}
    return Code(**{**base, **values})


def part(vendor: UUID = KILN, kitchen: int = 2400, *, paper: int = 0, **values: Any) -> Part:
    base: dict[str, Any] = {
        "vendor_id": vendor, "name": "Kiln & Co", "charge_type": "destination",
        "goods": {KITCHEN: kitchen, PAPER: paper}, "delivery": 600, "fee_basis_points": 1000, "fee_fixed": 0,
    }  # fmt: skip
    return Part(**{**base, **values})


def refusal(one: Code, *parts: Part, currency: str = "USD") -> str:
    with pytest.raises(Refused) as refused:
        judge_code(one, parts or (part(),), currency, NOW)
    return str(refused.value)


@pytest.mark.parametrize(
    ("one", "cut"),
    [
        (code(), Cut(240, 0)),
        (code(percent=500), Cut(120, 120)),
        (code(percent=3000), Cut(720, 0, owed=480)),
        (code(percent=3333), Cut(800, 0, owed=560)),
        (code(amount=100), Cut(100, 140)),
        (code(amount=99_999), Cut(2400, 0, owed=2160)),
        (code(amount=99_999, with_delivery=True), Cut(3000, 0, owed=2760)),
        (code(funded_by="vendor"), Cut(240, 216)),
        (code(percent=10000, funded_by="vendor"), Cut(2400, 0)),
        (code(percent=10000, funded_by="vendor", with_delivery=True), Cut(3000, 0)),
        (code(percent=5000, funded_by="vendor", with_delivery=True), Cut(1500, 120)),
    ],
    ids=str,
)
def test_discount_is_the_funders_when_a_code_takes_something_off(one: Code, cut: Cut) -> None:
    assert judge_code(one, [part()], "USD", NOW) == (cut,)


def test_only_fitting_goods_are_cut_when_a_code_is_for_a_seller_or_a_category() -> None:
    kiln, north = part(KILN, 2000, paper=1000), part(NORTH, 0, paper=5000)

    assert [cut.discount for cut in judge_code(code(vendor=KILN), [kiln, north], "USD", NOW)] == [300, 0]
    assert [cut.discount for cut in judge_code(code(category=PAPER), [kiln, north], "USD", NOW)] == [100, 500]
    assert [c.discount for c in judge_code(code(vendor=KILN, category=PAPER), [kiln, north], "USD", NOW)] == [100, 0]
    assert [c.discount for c in judge_code(code(amount=1000, category=PAPER), [kiln, north], "USD", NOW)] == [167, 833]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"active": False}, "TENOFF is no longer valid."),
        ({"starts_at": NOW + timedelta(days=1)}, "TENOFF can be used from 26 November 2026, 12:00 UTC."),
        ({"ends_at": NOW}, "TENOFF was valid until 25 November 2026, 12:00 UTC."),
        ({"max_uses": 5, "uses": 5}, "TENOFF has been used as often as it may be."),
        ({"currency": "EUR"}, "TENOFF is for payments in EUR; this one is in USD."),
        ({"vendor": NORTH}, "TENOFF is for goods from another seller; there are none of those here."),
        ({"category": PAPER}, "TENOFF is for goods from another part of the shop; there are none of those here."),
        ({"minimum": 2401, "currency": "USD"}, "TENOFF needs goods for $24.01 or more; here are $24.00."),
        ({"percent": 1, "minimum": 0}, ""),
    ],
    ids=str,
)
def test_refusal_is_said_in_words_when_a_code_does_not_fit(values: dict[str, Any], words: str) -> None:
    if not words:
        assert refusal(code(percent=1), part(KILN, 10)) == "TENOFF is worth less than the smallest coin here."
        return
    assert refusal(code(**values)) == words


@pytest.mark.parametrize(
    "values",
    [
        {"starts_at": NOW},
        {"ends_at": NOW + timedelta(seconds=1)},
        {"max_uses": 5, "uses": 5, "own": 1},
        {"minimum": 2400, "currency": "USD"},
    ],
    ids=str,
)
def test_code_counts_when_it_is_just_inside_its_limits(values: dict[str, Any]) -> None:
    assert judge_code(code(**values), [part()], "USD", NOW)[0].discount == 240


def test_platforms_code_above_the_fee_is_refused_for_a_direct_vendor_only() -> None:
    direct = part(charge_type="direct", name="Lumen Works")

    assert judge_code(code(percent=1000), [direct], "USD", NOW) == (Cut(240, 0),)
    assert refusal(code(percent=1003), direct) == (
        "TENOFF takes off more than our fee, and Lumen Works is paid by you directly: we cannot make up the difference."
        " It cannot be used for these goods."
    )
    assert judge_code(code(percent=1100), [part()], "USD", NOW) == (Cut(264, 0, owed=24),)
    assert judge_code(code(percent=9000, funded_by="vendor"), [direct], "USD", NOW) == (Cut(2160, 24),)


@given(
    goods=st.lists(st.integers(0, 10**7), min_size=1, max_size=4),
    delivery=st.integers(0, 5000),
    fixed=st.integers(0, 500),
    percent=st.integers(1, 10000),
    amount=st.one_of(st.none(), st.integers(1, 10**7)),
    funded_by=st.sampled_from(["platform", "vendor"]),
    with_delivery=st.booleans(),
)
def test_parts_always_add_up_whatever_a_code_takes_off(
    goods: list[int],
    delivery: int,
    fixed: int,
    percent: int,
    amount: int | None,
    funded_by: str,
    with_delivery: bool,
) -> None:
    worth = {"amount": amount} if amount else {"percent": percent}
    one = code(funded_by=funded_by, with_delivery=with_delivery, **worth)
    parts = [part(UUID(int=n), g, delivery=delivery, fee_fixed=fixed) for n, g in enumerate(goods)]
    try:
        cuts = judge_code(one, parts, "USD", NOW)
    except Refused:
        return

    for each, cut in zip(parts, cuts, strict=True):
        total = sum(each.goods.values()) + each.delivery - cut.discount
        share = total + cut.owed - cut.fee
        whole = judge_whole_share(each)
        assert min(total, share, cut.fee, cut.owed, cut.discount) >= 0
        assert cut.fee <= total
        assert cut.owed <= cut.discount
        assert funded_by == "vendor" or share == whole


def judge_whole_share(each: Part) -> int:
    """What the vendor earns without a code."""
    goods = sum(each.goods.values())
    return goods + each.delivery - min((goods * each.fee_basis_points + 5000) // 10000 + each.fee_fixed, goods)


@pytest.mark.parametrize(
    ("charge_type", "discount", "cut"),
    [
        ("direct", 300, PageCut(300, 0, 300, 0)),
        ("destination", 2900, PageCut(2900, 140, 2760, 0)),
        ("direct", 3000, PageCut(3000, 240, 2760, 0)),
        ("separate", 100, PageCut(100, 100, 0, 0)),
        ("separate", 1000, PageCut(1000, 240, 0, 760)),
    ],
)
def test_fee_is_what_the_provider_takes_and_the_share_is_the_rest_when_its_page_gave_a_discount(
    charge_type: str, discount: int, cut: PageCut
) -> None:
    assert spread_page_discount([{"total": 3000, "fee": 240}], discount, charge_type) == [cut]


@given(
    st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 100)), min_size=1, max_size=4),
    st.integers(0, 100),
    st.sampled_from(["direct", "destination", "separate"]),
)
def test_page_discount_is_spread_whole_and_takes_no_more_than_there_is(
    drawn: list[tuple[int, int]], percent: int, charge_type: str
) -> None:
    drawn = drawn if charge_type == "separate" else drawn[:1]
    parts = [{"total": total, "fee": total * rate // 100} for total, rate in drawn]
    discount = sum(p["total"] for p in parts) * percent // 100

    cuts = spread_page_discount(parts, discount, charge_type)

    assert sum(cut.amount for cut in cuts) == discount
    for each, cut in zip(parts, cuts, strict=True):
        assert cut.amount == cut.off_fee + cut.off_share + cut.owed
        assert 0 <= cut.off_fee <= each["fee"]
        assert 0 <= cut.off_share <= each["total"] - each["fee"]
        assert min(cut.amount, cut.owed) >= 0
