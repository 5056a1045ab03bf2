"""Which goods are paid together: one direct vendor, or any destination vendors of one currency."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert

from store.cart.queries import CheckoutGroup, group_lines
from store.kit.money import Money
from store.promotions.discounts import Code

NAMESPACE = UUID(int=1)


@dataclass
class Row:
    """A row of CART_LINES with the facts that matter here."""

    vendor: str
    charge_type: str = "destination"
    currency: str = "USD"
    price: int = 2400
    quantity: int = 1
    seen_price: int | None = None
    available: int = 10
    published: bool = True
    delivery_price: int = 600
    state: str = "active"
    paused: bool = False
    item: str = "mug"

    def as_row(self) -> dict[str, object]:
        key = f"{self.vendor}/{self.item}"
        return {
            "line_id": uuid5(NAMESPACE, f"line/{key}"),
            "variant": uuid5(NAMESPACE, key),
            "quantity": self.quantity,
            "seen_price": self.price if self.seen_price is None else self.seen_price,
            "label": "",
            "sku": key,
            "price": self.price,
            "published": self.published,
            "available": self.available,
            "product_slug": self.item,
            "title": self.item,
            "category": NAMESPACE,
            "art": self.item,
            "vendor_id": uuid5(NAMESPACE, self.vendor),
            "vendor_slug": self.vendor,
            "name": self.vendor.title(),
            "ink": "blue-sun",
            "email": "",
            "country": "US",
            "currency": self.currency,
            "charge_type": self.charge_type,
            "account_ref": f"acct_{self.vendor}",
            "fee_basis_points": 1000,
            "fee_fixed": 0,
            "delivery_price": self.delivery_price,
            "state": self.state,
            "paused": self.paused,
        }


def group(*rows: Row) -> tuple[CheckoutGroup, ...]:
    return group_lines([row.as_row() for row in sorted(rows, key=lambda row: row.vendor)])


def test_destination_vendors_are_paid_together_when_in_one_currency() -> None:
    (only,) = group(Row("kiln", price=2400, quantity=2), Row("north", price=1650, delivery_price=0))

    assert only.key == "platform-USD"
    assert only.charge_type == "separate"
    assert (only.subtotal, only.delivery, only.total) == (6450, 600, 7050)
    assert [vendor.total for vendor in only.vendors] == [5400, 1650]
    assert only.reason == only.blocked == ""


def test_charge_is_destination_when_there_is_one_such_vendor() -> None:
    (only,) = group(Row("kiln"), Row("kiln", item="bowl"))

    assert only.charge_type == "destination"
    assert len(only.vendors[0].lines) == 2
    assert only.delivery == 600


def test_each_direct_vendor_is_a_payment_of_its_own_when_several() -> None:
    groups = group(Row("lumen", "direct"), Row("atelier", "direct"), Row("kiln"))

    assert [g.key for g in groups] == ["platform-USD", "direct-atelier", "direct-lumen"]
    assert [g.charge_type for g in groups] == ["destination", "direct", "direct"]
    assert all(g.reason for g in groups)
    assert "Lumen takes payment directly, in USD" in groups[2].reason


def test_currencies_never_mix_when_destination_vendors_differ() -> None:
    groups = group(Row("kiln"), Row("bremen", currency="EUR"))

    assert [(g.key, g.currency) for g in groups] == [("platform-EUR", "EUR"), ("platform-USD", "USD")]


def test_vendor_waits_apart_when_it_cannot_be_paid() -> None:
    groups = group(Row("kiln"), Row("north", state="restricted"), Row("lumen", "direct", paused=True))

    assert [g.key for g in groups] == ["platform-USD", "waiting-lumen", "waiting-north"]
    assert groups[0].blocked == ""
    assert groups[0].charge_type == "destination"
    assert all(g.blocked and not g.changed for g in groups[1:])


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (Row("kiln", seen_price=2300), "The price changed from $23.00 to $24.00."),
        (Row("kiln", quantity=5, available=2), "Only 2 left: you wanted 5."),
        (Row("kiln", available=0), "This has sold out."),
        (Row("kiln", available=-3), "This has sold out."),
        (Row("kiln", published=False), "This is no longer for sale."),
        (
            Row("kiln", quantity=5, available=2, seen_price=2300),
            "Only 2 left: you wanted 5. The price changed from $23.00 to $24.00.",
        ),
        (
            Row("aoi", currency="JPY", price=2400, seen_price=2500),
            "The price changed from ¥2,500 to ¥2,400.",
        ),
    ],
)
def test_group_is_blocked_in_words_when_something_changed(row: Row, problem: str) -> None:
    (only,) = group(row)

    assert only.vendors[0].lines[0].problem == problem
    assert only.changed
    assert only.blocked


def test_delivery_is_not_charged_when_nothing_of_a_vendor_is_left() -> None:
    (only,) = group(Row("kiln", available=0), Row("north", price=1000))

    assert only.total == 1600


BASE = (Row("kiln", quantity=2), Row("north"))
OTHERS = [
    (Row("kiln", quantity=3), Row("north")),
    (Row("kiln", quantity=2, price=2401), Row("north")),
    (Row("kiln", quantity=2, delivery_price=601), Row("north")),
    (Row("kiln", quantity=2, item="bowl"), Row("north")),
    (Row("kiln", quantity=2),),
    (Row("kiln", quantity=2), Row("north"), Row("north", item="pen")),
    (Row("kiln", quantity=2), Row("south")),
    (Row("kiln", quantity=2, currency="EUR"), Row("north", currency="EUR")),
]


@pytest.mark.parametrize("other", OTHERS)
def test_goods_hash_differs_when_anything_paid_for_differs(other: tuple[Row, ...]) -> None:
    assert group(*BASE)[0].goods_hash != group(*other)[0].goods_hash


def test_goods_hash_stays_when_nothing_paid_for_changes() -> None:
    again = (Row("kiln", quantity=2, available=7), Row("north", available=3))

    assert group(*BASE)[0].goods_hash == group(*again)[0].goods_hash


def test_goods_hash_differs_when_the_account_or_charge_type_changes() -> None:
    row = Row("kiln").as_row()

    (before,) = group_lines([row])
    (other_account,) = group_lines([{**row, "account_ref": "acct_new"}])
    (other_type,) = group_lines([{**row, "charge_type": "direct"}])

    assert len({before.goods_hash, other_account.goods_hash, other_type.goods_hash}) == 3


ROWS = st.builds(
    Row,
    vendor=st.sampled_from("abcde"),
    charge_type=st.just("destination"),
    price=st.integers(1, 10**7),
    quantity=st.integers(1, 99),
    available=st.integers(-2, 120),
    published=st.booleans(),
    item=st.sampled_from(["mug", "bowl", "pen", "lamp"]),
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        vendor: st.tuples(
            st.sampled_from(["direct", "destination"]),
            st.sampled_from(["USD", "EUR", "JPY"]),
            st.integers(0, 5000),
            st.sampled_from(["active", "restricted"]),
        )
        for vendor in "abcde"
    },
)


@given(rows=st.lists(ROWS, max_size=12, unique_by=lambda row: (row.vendor, row.item)), facts=FACTS)
def test_sums_and_rules_hold_when_carts_are_any(rows: list[Row], facts: dict[str, tuple[str, str, int, str]]) -> None:
    for row in rows:
        default = ("destination", "USD", 0, "active")
        row.charge_type, row.currency, row.delivery_price, row.state = facts.get(row.vendor, default)

    groups = group(*rows)

    lines = [line for g in groups for vendor in g.vendors for line in vendor.lines]
    assert len(lines) == len(rows)
    for g in groups:
        assert g.total == g.subtotal + g.delivery == sum(vendor.total for vendor in g.vendors)
        assert {vendor.currency for vendor in g.vendors} == {g.currency}
        if "direct" in {vendor.charge_type for vendor in g.vendors} or g.key.startswith("waiting-"):
            assert len(g.vendors) == 1
        if not g.blocked:
            assert all(line.total == line.unit_price * line.quantity for v in g.vendors for line in v.lines)
            assert g.total > 0
    assert bool([g for g in groups if g.reason]) <= (len(groups) > 1)


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({"price": 2401}, Money(2401, "KWD")),
        ({"delivery_price": 605}, Money(605, "KWD")),
        ({"price": 2400, "delivery_price": 600}, ""),
    ],
    ids=str,
)
def test_payment_is_refused_in_words_when_a_card_cannot_pay_one_of_its_amounts(
    changes: dict[str, int], amount: Money | str
) -> None:
    (only,) = group(Row("kiln", currency="KWD", **changes))  # type: ignore[arg-type]

    assert only.blocked == (amount and f"A card pays KWD in steps of {Money(10, 'KWD')}; {amount} is none of them.")


def test_payment_is_refused_when_a_discount_leaves_what_no_card_can_pay() -> None:
    row = Row("kiln", currency="KWD", price=1230)
    limits = dict.fromkeys(("vendor", "category", "max_uses", "per_email", "starts_at", "ends_at", "amount"))
    terms = {"currency": "", "with_delivery": False, "minimum": 0, "uses": 0, "active": True, "funded_by": "vendor"}
    tenth = convert({"id": NAMESPACE, "code": "TENTH", "percent": 1000, **limits, **terms}, Code)

    (only,) = group_lines([row.as_row()], tenth, datetime(2026, 11, 25, tzinfo=UTC))

    assert "0.123 is none of them" in only.blocked


def test_our_fee_is_an_amount_that_can_be_sent_when_the_currency_goes_in_steps() -> None:
    (only,) = group(Row("kiln", currency="KWD", price=1290))

    (vendor,) = only.vendors
    assert (vendor.fee, vendor.share) == (120, 1770)
