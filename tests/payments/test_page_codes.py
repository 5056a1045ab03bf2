"""Stripe's own codes on the hosted page: what is paid then, whose discount it is, and what a total of zero confirms."""

from __future__ import annotations

from typing import Any

import pytest

from store.gateways.port import Gateways
from store.kit.db import fetch
from store.payments.service import sync_payment
from store.payments.states import Door
from tests.facts import (
    ONCE,
    assert_books_agree,
    count_effects,
    path_of,
    posted,
    stock_of,
    the_order,
    the_payment,
    timeline,
    value,
)
from tests.payments.buying import LAMP, MUG, NOTEBOOK, RAILS, SESSIONS, pay_unheard, sell_out
from tests.payments.test_judge import Twisting
from tests.shelves import read_words
from tests.stall import Stall
from tests.world import SHOP, Browser, World, rows

NOTHING_ASKED = {"number": "", "expiry": "", "cvc": "", "name": "Ada Buyer"}


async def open_page(world: World, *skus: str, percent: str = "25") -> tuple[Browser, str]:
    """Ada at a payment page that takes codes; the merchant has one, SAVE, on the account where the page lives."""
    await fetch("UPDATE vendor SET allow_promotion_codes = true")
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    url = await ada.check_out()
    headers = {"Authorization": "Bearer sk_test_overprint"}
    if account := (await the_payment())["account_ref"]:
        headers["Stripe-Account"] = account
    made = await world.console.post(
        "/v1/coupons", headers=headers, data={"percent_off": percent, "duration": "once", "id": "quarter"}
    )
    assert made.status_code == 200, made.text
    code = await world.console.post(
        "/v1/promotion_codes",
        headers=headers,
        data={"promotion[type]": "coupon", "promotion[coupon]": "quarter", "code": "SAVE"},
    )
    assert code.status_code == 200, code.text
    return ada, url


async def redeem(world: World, url: str) -> None:
    """Type the code on the page."""
    answer = await world.console.post(f"{url}/promotion", data={"code": "SAVE"})
    assert answer.status_code in (200, 303), answer.text


async def pay_and_return(world: World, ada: Browser, url: str) -> str:
    """Card (where one is asked for) and back; returns the label of the order's page."""
    paid = await world.pay(url)
    assert paid.status_code == 303, paid.text
    await ada.get(paid.headers["location"].removeprefix(SHOP))
    return await ada.status(await path_of())


async def end_past_the_verbs() -> None:
    """The order ended while its session was still being paid, and somebody else has the goods."""
    await fetch("UPDATE orders SET payment_state = 'expired', holds_stock = false")
    await fetch(
        "INSERT INTO stock_move (variant, kind, quantity, ref, at)"
        " SELECT variant, 'release', quantity, ref, now() FROM stock_move WHERE kind = 'hold'"
    )
    await sell_out((MUG,))


async def earned(vendor: Any) -> int:
    """What the ledger owes one vendor, minor units."""
    sql = "SELECT -coalesce(sum(amount), 0)::bigint FROM ledger_entry WHERE account = $1"
    return int(await value(sql, f"payable:{vendor}"))


async def test_page_takes_codes_only_when_every_vendor_of_the_payment_allows_it(world: World) -> None:
    await fetch("UPDATE vendor SET allow_promotion_codes = slug = 'kiln-co'")
    for skus in ((MUG,), (MUG, NOTEBOOK), (LAMP,)):
        ada = world.browser()
        for sku in skus:
            await ada.add(sku)
        await ada.check_out()

    sent = [request["params"].get("allow_promotion_codes") for request in await posted(world, SESSIONS)]

    assert sent == ["true", None, None]
    assert [row["allows_codes"] for row in await rows("SELECT allows_codes FROM payment ORDER BY created_at")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("rail", RAILS)
async def test_order_is_paid_less_the_discount_when_the_buyer_typed_the_providers_code(world: World, rail: str) -> None:
    ada, url = await open_page(world, RAILS[rail])
    await redeem(world, url)

    assert await pay_and_return(world, ada, url) == "Paid"

    await world.settle()
    order, payment = await the_order(), await the_payment()
    off = payment["discount"]
    assert off == (order["total"] + 2) // 4
    (capture,) = await rows("SELECT * FROM capture")
    assert capture["amount"] == order["total"] - off
    (row,) = await rows("SELECT * FROM order_discount")
    owner = "platform" if rail == "destination" else "vendor"
    assert (row["funded_by"], row["code"], row["amount"], row["source"]) == (
        owner,
        "SAVE",
        off,
        payment["provider_ref"],
    )
    assert (row["off_fee"], row["off_share"], row["owed"]) == (0, off, 0)
    assert await count_effects() == ONCE
    await assert_books_agree(world)


async def test_fee_is_at_most_what_was_paid_when_the_discount_leaves_less_than_it(world: World) -> None:
    await fetch("UPDATE vendor SET fee_basis_points = 9000")
    ada, url = await open_page(world, MUG, percent="80")
    await redeem(world, url)

    assert await pay_and_return(world, ada, url) == "Paid"

    await world.settle()
    (row,) = await rows("SELECT * FROM order_discount")
    assert (row["amount"], row["off_fee"], row["off_share"]) == (2400, 1560, 840)
    assert await assert_earned_is_rest() == 0
    await assert_books_agree(world)


async def assert_earned_is_rest() -> int:
    """The vendor earned what was paid less the fee that was taken; returns it."""
    (part,) = await rows("SELECT * FROM vendor_order")
    (row,) = await rows("SELECT * FROM order_discount")
    share: int = part["share"] - row["off_share"]
    assert share == part["total"] - row["amount"] - (part["fee"] - row["off_fee"]) == await earned(part["vendor"])
    return share


async def test_fee_and_shares_are_computed_anew_when_several_sellers_are_paid_by_the_platform(world: World) -> None:
    ada, url = await open_page(world, MUG, NOTEBOOK)
    await redeem(world, url)

    assert await pay_and_return(world, ada, url) == "Paid"

    await world.settle()
    given = await rows("SELECT * FROM order_discount")
    parts = {part["id"]: part for part in await rows("SELECT * FROM vendor_order")}
    assert sum(row["amount"] for row in given) == (await the_payment())["discount"]
    for row in given:
        part = parts[row["vendor_order"]]
        assert row["funded_by"] == "platform"
        assert (row["off_fee"], row["off_share"]) == (min(part["fee"], row["amount"]), 0)
        assert await earned(part["vendor"]) == part["share"]
    await assert_books_agree(world)


async def finish_page(world: World, ada: Browser, url: str) -> None:
    """End a payment page on which nothing is due, and come back to a paid order."""
    paid = await world.console.post(url, data=NOTHING_ASKED)
    assert paid.status_code == 303, paid.text
    await ada.get(paid.headers["location"].removeprefix(SHOP))
    assert await ada.status(await path_of()) == "Paid"


@pytest.mark.parametrize("rail", ["destination", "direct"])
async def test_order_is_paid_without_money_when_the_providers_code_covers_all(world: World, rail: str) -> None:
    ada, url = await open_page(world, RAILS[rail], percent="100")
    await redeem(world, url)

    await finish_page(world, ada, url)

    await world.settle()
    (capture,) = await rows("SELECT capture_ref, kind, amount, settled, settle_at, refunds_at FROM capture")
    assert tuple(capture.values()) == ((await the_payment())["provider_ref"], "settling", 0, True, None, None)
    assert await value("SELECT count(*) FROM ledger_tx") == 0
    assert {**(await count_effects()), "journals": 1} == ONCE
    await assert_books_agree(world)


async def test_sellers_are_owed_their_whole_share_when_the_platforms_code_covers_all_of_several(world: World) -> None:
    ada, url = await open_page(world, MUG, NOTEBOOK, percent="100")
    await redeem(world, url)

    await finish_page(world, ada, url)

    await world.settle()
    parts = {part["id"]: part for part in await rows("SELECT * FROM vendor_order")}
    given = await rows("SELECT * FROM order_discount")
    assert len(parts) == len(given) == 2
    for row in given:
        part = parts[row["vendor_order"]]
        assert (row["funded_by"], row["amount"], row["off_fee"]) == ("platform", part["total"], part["fee"])
        assert row["owed"] == part["share"] == await earned(part["vendor"])
    assert await value("SELECT sum(amount) FROM capture") == 0
    assert await rows("SELECT source, kind FROM ledger_tx") == [{"source": "overprint", "kind": "promotion"}]
    cost = await value("SELECT sum(amount)::bigint FROM ledger_entry WHERE account = 'cost:promotions'")
    assert cost == sum(part["share"] for part in parts.values())
    await assert_books_agree(world)


async def test_order_page_and_mails_tell_the_discount_when_the_page_gave_it(world: World) -> None:
    ada, url = await open_page(world, MUG)
    await redeem(world, url)
    await pay_and_return(world, ada, url)
    await world.settle()

    words = read_words(await ada.get(await path_of()))

    assert "Items $24.00 Delivery $6.00 Discount SAVE −$7.50 Total, tax included $22.50" in words
    told = await rows(
        "SELECT kind, (view::json->>'total')::int AS total, view::json->>'share' AS share FROM mail_message"
    )
    assert {mail["total"] for mail in told} == {2250}
    assert {mail["share"] for mail in told if mail["kind"] == "sold"} == {"2010"}


async def test_discount_is_not_believed_when_the_page_took_no_codes(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await pay_unheard(world, await ada.check_out())
    payment = await the_payment()
    twisted = Gateways(Twisting(world.gateways.stripe, discount=500, amount=2500))

    assert await sync_payment(twisted, payment["id"], Door.CHECK) == "needs_review"

    assert (await the_payment())["review_reason"] == "discount: the provider has $5.00, the order $0.00"
    await sync_payment(world.gateways, payment["id"], Door.CHECK)


async def test_all_that_was_paid_goes_back_when_a_discounted_payment_comes_too_late(world: World) -> None:
    _, url = await open_page(world, MUG)
    await redeem(world, url)
    await pay_unheard(world, url)
    await end_past_the_verbs()

    for _ in range(2):
        await world.settle()

    (capture,) = await rows("SELECT kind, amount, refunded FROM capture")
    assert tuple(capture.values()) == ("surplus", 2250, 2250)
    assert await rows("SELECT 1 FROM order_discount") == []
    await assert_books_agree(world)


async def finish_a_free_page(stall: Stall) -> None:
    """Ada ends a payment page on which a code of the provider's left nothing to pay."""
    await fetch("UPDATE vendor SET allow_promotion_codes = true")
    ada = stall.browser()
    await ada.add(MUG)
    ref = (await ada.check_out()).rpartition("/")[2]
    stall.fake.redeem(ref, 3000)
    stall.fake.pay(ref)


async def test_nothing_goes_back_when_nothing_was_paid_too_late(stall: Stall) -> None:
    await finish_a_free_page(stall)
    await end_past_the_verbs()

    assert await stall.look() == "succeeded"

    assert (await the_order())["payment_state"] == "expired"
    assert (await timeline())[-1][1] == (
        "A payment page on which nothing was due was finished too late; nothing was charged."
    )
    assert await value("SELECT count(*) FROM operation") == 0


async def test_free_session_is_confirmed_by_the_same_door_when_a_code_left_nothing_to_pay(stall: Stall) -> None:
    await finish_a_free_page(stall)

    assert await stall.look() == "succeeded"

    assert (await the_order())["payment_state"] == "paid"
    assert await stock_of(MUG) == (40, 0, 1)
    assert (await timeline())[-1] == ("webhook", "Payment of $0.00 confirmed by Stripe's message.")
