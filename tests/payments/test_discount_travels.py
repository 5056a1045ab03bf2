"""Our discount at the provider: one coupon on the account where the session lives, made before it under its own key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from store.kit.db import fetch
from tests.facts import ONCE, assert_books_agree, count_effects, mails, path_of, posted, the_order, the_payment, value
from tests.payments.buying import LAMP, MUG, NOTEBOOK, RAILS, SESSIONS, break_calls, mend
from tests.promotions.promoting import make_code, use_states, uses
from tests.shelves import read_words
from tests.world import SHOP, Browser, World, rows

COUPONS = "/v1/coupons"


async def fill(world: World, *skus: str, **code: Any) -> Browser:
    """Ada with these in her cart and a code on it."""
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    await make_code(**{"percent": 500, **code})
    answer = await ada.post("/cart/promotion", code=code.get("code", "TENOFF"))
    assert answer.status_code == 303, answer.text
    return ada


async def pay(world: World, ada: Browser, url: str) -> str:
    """Card and back; returns the label of the order's page."""
    paid = await world.pay(url)
    assert paid.status_code == 303, paid.text
    await ada.get(paid.headers["location"].removeprefix(SHOP))
    return await ada.status(await path_of())


@pytest.mark.parametrize("rail", RAILS)
async def test_discount_is_one_coupon_on_the_sessions_account_when_a_code_of_ours_is_used(
    world: World, rail: str
) -> None:
    ada = await fill(world, RAILS[rail])

    await ada.check_out()

    order, payment = await the_order(), await the_payment()
    (coupon,), (session,) = await posted(world, COUPONS), await posted(world, SESSIONS)
    assert coupon["params"] == {
        "id": f"payment-{payment['id']}",
        "name": "TENOFF",
        "amount_off": str(order["discount"]),
        "currency": order["currency"].lower(),
        "duration": "once",
        "max_redemptions": "1",
        "metadata[payment_id]": str(payment["id"]),
        "metadata[order_id]": str(order["id"]),
    }
    assert coupon["account"] == session["account"] == (payment["account_ref"] or None)
    assert (coupon["idempotency_key"], session["idempotency_key"]) == (f"{payment['id']}:coupon", str(payment["id"]))
    assert session["params"]["discounts[0][coupon]"] == coupon["params"]["id"]
    assert "allow_promotion_codes" not in session["params"]
    assert json.loads(payment["coupon_request"])["amount_off"] == order["discount"] == payment["coupon"]
    assert payment["amount"] == order["total"] == order["subtotal"] + order["delivery"] - order["discount"]


@pytest.mark.parametrize("rail", RAILS)
async def test_order_is_paid_with_the_discount_when_the_buyer_pays(world: World, rail: str) -> None:
    ada = await fill(world, RAILS[rail])

    assert await pay(world, ada, await ada.check_out()) == "Paid"

    await world.settle()
    assert await count_effects() == ONCE
    assert (await use_states(), await uses()) == (["used"], 1)
    assert await value("SELECT promotion FROM cart") is None
    await assert_books_agree(world)


@pytest.mark.parametrize(
    ("percent", "fee", "owed"), [(500, 120, 0), (1000, 0, 0), (3000, 0, 480)], ids=["less", "equal", "more"]
)
async def test_platforms_discount_comes_off_the_fee_and_the_rest_is_owed_when_the_vendor_is_a_destination(
    world: World, percent: int, fee: int, owed: int
) -> None:
    ada = await fill(world, MUG, percent=percent)

    assert await pay(world, ada, await ada.check_out()) == "Paid"

    await world.settle()
    (part,) = await rows("SELECT * FROM vendor_order")
    assert (part["fee"], part["owed"], part["share"]) == (fee, owed, 2760)
    booked = await rows(
        "SELECT account, amount FROM ledger_entry JOIN ledger_tx ON ledger_tx.id = ledger_entry.tx"
        " WHERE kind = 'promotion' ORDER BY amount"
    )
    payable = f"payable:{part['vendor']}"
    expected = [(payable, -owed), ("cost:promotions", owed)] if owed else []
    assert [(row["account"], row["amount"]) for row in booked] == expected
    assert await value("SELECT -sum(amount)::bigint FROM ledger_entry WHERE account = $1", payable) == 2760
    await assert_books_agree(world)


async def test_vendors_discount_makes_the_goods_cheaper_when_the_vendor_funds_it(world: World) -> None:
    ada = await fill(world, MUG, percent=5000, funded_by="vendor")

    assert await pay(world, ada, await ada.check_out()) == "Paid"

    await world.settle()
    (part,) = await rows("SELECT * FROM vendor_order")
    assert (part["discount"], part["fee"], part["share"], part["owed"]) == (1200, 120, 1680, 0)
    await assert_books_agree(world)


async def test_every_part_is_whole_when_several_sellers_share_a_discounted_payment(world: World) -> None:
    ada = await fill(world, MUG, NOTEBOOK, amount=1001, currency="USD")

    assert await pay(world, ada, await ada.check_out()) == "Paid"

    await world.settle()
    order, parts = await the_order(), await rows("SELECT * FROM vendor_order")
    assert order["charge_type"] == "separate"
    assert sum(part["discount"] for part in parts) == order["discount"] == 1001
    for part in parts:
        assert part["share"] + part["fee"] == part["total"] + part["owed"]
        earned = await value(
            "SELECT -sum(amount)::bigint FROM ledger_entry WHERE account = $1", f"payable:{part['vendor']}"
        )
        assert earned == part["share"]
    await assert_books_agree(world)


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", [COUPONS, SESSIONS])
async def test_one_coupon_and_one_session_are_made_when_an_answer_is_lost(
    world: World, sku: str, when: str, path: str
) -> None:
    ada = await fill(world, sku)
    form = await ada.checkout_form()
    await break_calls(world, path, when=when)
    assert (await ada.post("/checkout", **form)).status_code == 503
    frozen = await the_payment()
    assert frozen["status"] == "created"
    await mend(world)

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 303
    payment = await the_payment()
    assert [payment[name] for name in ("id", "request", "coupon_request")] == [
        frozen[name] for name in ("id", "request", "coupon_request")
    ]
    for made in (COUPONS, SESSIONS):
        sent = await posted(world, made)
        assert len({json.dumps(one["params"], sort_keys=True) for one in sent}) == 1
        assert sum(one["status"] == 200 and not one["replayed"] for one in sent) == 1
    assert await pay(world, ada, answer.headers["location"]) == "Paid"


async def test_order_ends_and_the_use_is_free_again_when_the_provider_refuses_the_coupon(world: World) -> None:
    ada = await fill(world, MUG, max_uses=1)
    form = await ada.checkout_form()
    await break_calls(world, COUPONS, action="status", status=400)

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 503
    assert ((await the_order())["payment_state"], (await the_payment())["status"]) == ("canceled", "failed")
    assert (await use_states(), await uses()) == (["released"], 0)
    assert await posted(world, SESSIONS) == []
    await mend(world)


async def test_code_is_the_buyers_own_when_he_comes_back_to_the_cart_with_the_last_use(world: World) -> None:
    ada = await fill(world, MUG, max_uses=1, per_email=1)
    url = await ada.check_out()

    assert "Discount TENOFF" in read_words(await ada.get("/cart"))
    assert await ada.check_out() == url
    otto = world.browser()
    await otto.add(MUG)
    refused = await otto.post("/cart/promotion", code="TENOFF")

    assert "TENOFF has been used as often as it may be." in read_words(refused)
    assert await uses() == 1


async def test_use_moves_to_the_new_order_when_the_address_changes(world: World) -> None:
    ada = await fill(world, MUG, max_uses=1, per_email=1)
    await ada.check_out()

    await ada.check_out(city="Paris")

    assert (await use_states(), await uses()) == (["released", "held"], 1)
    assert len(await posted(world, COUPONS)) == 2


async def test_buyer_is_told_and_can_go_on_without_the_code_when_the_address_has_used_it(world: World) -> None:
    ada = await fill(world, MUG, per_email=1)
    await pay(world, ada, await ada.check_out())
    again = world.browser()
    await again.add(MUG)
    assert (await again.post("/cart/promotion", code="TENOFF")).status_code == 303
    form = await again.checkout_form(city="Paris")

    refused = await again.post("/checkout", **form)

    assert refused.status_code == 409
    words = read_words(refused)
    assert "TENOFF works once for one email address, and ada@example.com has used it already." in words
    assert await value("SELECT count(*) FROM orders") == 1
    page = await again.post("/checkout", **form, without_code="TENOFF")
    assert page.status_code == 200
    assert "Continue to Stripe: pay $30.00" in page.text
    assert 'value="Paris"' in page.text
    await again.check_out()
    assert (await the_order())["total"] == 3000


async def test_nothing_is_ordered_when_the_code_ended_after_the_page_was_shown(world: World) -> None:
    ada = await fill(world, MUG)
    form = await ada.checkout_form()
    await fetch("UPDATE promotion SET active = false")

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 409
    assert "Go on with the new total, $30.00" in answer.text
    assert await value("SELECT count(*) FROM orders") == 0


async def test_discount_is_told_on_the_order_page_and_in_every_mail_when_it_is_paid(world: World) -> None:
    ada = await fill(world, MUG)
    await pay(world, ada, await ada.check_out())
    await world.settle()

    page = read_words(await ada.get(await path_of()))

    assert "Items $24.00 Delivery $6.00 Discount TENOFF −$1.20 Total, tax included $28.80" in page
    assert {kind for kind, _, _ in await mails()} == {"order_confirmed", "sold"}
    for view in await rows("SELECT view FROM mail_message"):
        told = json.loads(view["view"]) if isinstance(view["view"], str) else view["view"]
        assert (told["discounts"], told["total"]) == ([["TENOFF", 120]], 2880)


async def test_use_is_free_again_when_the_session_ran_out(world: World) -> None:
    ada = await fill(world, MUG, max_uses=1)
    await ada.check_out()

    await world.advance(50 * 60)
    await world.settle()

    assert (await the_order())["payment_state"] == "expired"
    assert (await use_states(), await uses()) == (["released"], 0)
