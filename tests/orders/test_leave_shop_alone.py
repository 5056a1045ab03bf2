"""The last owner of a closed shop finishes it before the account goes: nobody else could send or settle anything."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from store.orders.service import ship_part
from tests.dashboard.selling import open_a_shop
from tests.facts import the_order, value
from tests.orders.test_delete_account import seat
from tests.payments.buying import MUG, break_calls, mend, place
from tests.payouts.at_paypal import buy_at_paypal, pay_out, refund_at_paypal
from tests.payouts.passing import TRANSFERS, account_of, change_account, place_two
from tests.payouts.paying_out import balance, give_address
from tests.people import is_in, sign_in_as
from tests.refunds.refunding import buy, refund_there
from tests.refunds.test_sync_refunds import place_and_pay_platform
from tests.shelves import read_words
from tests.world import Browser, World, rows

DAY = 24 * 3600
GONE = "SELECT count(*) FROM person WHERE deleted_at IS NOT NULL"


async def close_shop(world: World, key: str = "vera") -> Browser:
    """Vera, whose shop is closed now."""
    vera = world.browser()
    await sign_in_as(vera, key)
    assert (await vera.post("/sell/settings/close")).status_code == 303
    return vera


async def send_all() -> None:
    kept = 'SELECT id, vendor FROM vendor_order WHERE "order" IN (SELECT id FROM orders WHERE refunded = 0)'
    for part in await rows(kept):
        await ship_part(part["vendor"], part["id"], carrier="Post", tracking="1")


async def refusal(vera: Browser, *words: str) -> None:
    """She is told why not, nothing is gone and she is still signed in."""
    answer: httpx.Response = await vera.post("/account/delete")
    told = read_words(answer)
    assert answer.status_code == 409
    for word in (*words, "Kiln & Co is yours, and not finished.", "Nothing was deleted."):
        assert word in told
    assert await value(GONE) == 0
    assert await value("SELECT count(*) FROM membership WHERE role = 'owner'") == 1
    assert await is_in(vera)


async def assert_goes(vera: Browser) -> None:
    answer = await vera.post("/account/delete")
    assert (answer.status_code, answer.headers.get("location")) == (303, "/"), read_words(answer)


async def test_owner_sends_what_was_paid_before_leaving_the_shop_alone(world: World) -> None:
    await world.browser().buy(MUG)
    await world.settle()
    vera = await close_shop(world)

    await refusal(vera, f"Send what was paid, or give the money back: {(await the_order())['number']}.")

    await send_all()
    await assert_goes(vera)


async def test_owner_waits_while_an_order_may_still_be_paid(world: World) -> None:
    ada, _ = await place(world)
    vera = await close_shop(world)
    order = await the_order()

    await refusal(vera, f"Wait until it is known whether these are paid: {order['number']}.")

    await ada.post(f"/orders/{order['token']}/cancel")
    await assert_goes(vera)


async def test_owner_may_go_when_all_that_was_paid_went_back_unsent(world: World) -> None:
    await world.browser().buy(MUG)
    await world.settle()
    (capture,) = await rows("SELECT * FROM capture")
    await refund_there(world, capture, reverse_transfer="true", refund_application_fee="true")
    await world.settle()
    vera = await close_shop(world)

    await assert_goes(vera)


async def test_owner_has_the_money_paid_out_first_when_we_still_hold_it(world: World) -> None:
    _, url = await place_two(world)
    account = await account_of(MUG)
    await world.tell("webhooks", action="hold")
    await world.pay(url)
    await change_account(world, account, "rejected")
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    await world.settle()
    await send_all()
    vera = await close_shop(world)
    held = await value("SELECT amount FROM transfer WHERE account_ref = $1", account)

    await refusal(vera, f"We still have ${held / 100:.2f} for it: finish Stripe’s form in your shop")

    await change_account(world, account, "active")
    await world.settle()
    await assert_goes(vera)


async def test_owner_settles_what_the_shop_has_to_give_back(world: World) -> None:
    _, capture = await buy(world)
    await refund_there(world, capture)
    await break_calls(world, TRANSFERS, status=400)
    for _ in range(2):
        await place_and_pay_platform(world)
    await world.advance(3700)
    await world.settle()
    await mend(world)
    await world.advance(DAY)
    await world.settle()
    await send_all()
    vera = await close_shop(world)

    await refusal(vera, "It has $30.00 to give back: keep as much at Stripe until it was taken.")


async def sell_by_paypal(world: World) -> dict[str, Any]:
    """Vera's shop has sold by PayPal and sent it; returns the row of the money."""
    money = await buy_at_paypal(world, MUG)
    await send_all()
    await world.settle()
    return money


@pytest.mark.parametrize("given", [False, True])
async def test_owner_is_told_when_a_share_of_a_paypal_sale_goes_out(world: World, given: bool) -> None:
    if given:
        await give_address()
    await sell_by_paypal(world)
    (share,) = await rows("SELECT amount, payable_at FROM payout")
    vera = await close_shop(world)

    money, day = f"${share['amount'] / 100:.2f}", f"{share['payable_at']:%-d %B %Y}"
    todo = (
        f", which goes out on {day}"
        if given
        else f": confirm your PayPal address in your shop, and it goes out on {day}"
    )
    await refusal(vera, f"We still have {money} of PayPal sales for it{todo}")

    await give_address()
    await pay_out(world)
    await assert_goes(vera)


async def test_owner_confirms_an_address_first_when_a_share_waits_for_one(world: World) -> None:
    await sell_by_paypal(world)
    await pay_out(world)
    vera = await close_shop(world)

    await refusal(vera, "of PayPal sales for it: confirm your PayPal address in your shop, and it goes out.")


@pytest.mark.leaves_broken({"I11"}, "somebody puts money on our PayPal account that no books know of")
async def test_owner_may_go_when_nothing_is_left_that_a_paypal_debt_could_be_taken_off(world: World) -> None:
    await give_address()
    money = await sell_by_paypal(world)
    (paid,) = await pay_out(world)
    await world.tell("paypal", action="fund", amount=100_000, currency="USD")
    await refund_at_paypal(world, money)
    owed = await value("SELECT amount - paid FROM payout_debt")
    vera = await close_shop(world)

    await assert_goes(vera)

    assert owed == paid["amount"]
    assert await balance(f"receivable:{paid['vendor']}") == owed


@pytest.mark.leaves_broken({"I11"}, "somebody puts money on our PayPal account that no books know of")
async def test_owner_waits_until_a_paypal_debt_was_taken_off_the_last_share(world: World) -> None:
    await give_address()
    money = await sell_by_paypal(world)
    (paid,) = await pay_out(world)
    await sell_by_paypal(world)
    await world.tell("paypal", action="fund", amount=100_000, currency="USD")
    await refund_at_paypal(world, money)
    vera = await close_shop(world)

    await refusal(vera, "which goes out on", f"${paid['amount'] / 100:.2f} that buyers got back is taken off that.")

    await pay_out(world)
    await assert_goes(vera)


async def test_nobody_joins_a_shop_that_was_left_alone(world: World) -> None:
    vera = await close_shop(world)
    await vera.post("/sell/team", email="new@example.com", role="owner")
    await world.worker.send_mail()

    await assert_goes(vera)

    (offer,) = await rows("SELECT email, token_hash, withdrawn_at IS NULL AS open FROM invitation")
    assert offer == {"email": "", "token_hash": None, "open": False}
    assert await value("SELECT email FROM vendor WHERE slug = 'kiln-co'") == ""


async def test_account_that_was_asked_for_and_never_answered_is_asked_for_no_more(world: World) -> None:
    otto = await open_a_shop(world)
    await break_calls(world, "/v1/accounts")
    await otto.post("/sell/connect/start")
    meant = "SELECT request <> '' AS asks, closed_at IS NULL AS open FROM connected_account WHERE account_ref IS NULL"
    assert await rows(meant) == [{"asks": True, "open": True}]
    await mend(world)
    await otto.post("/sell/settings/close")

    await assert_goes(otto)

    assert await rows(meant) == [{"asks": False, "open": False}]


@pytest.mark.parametrize("role", ["staff", "owner"])
async def test_whom_the_shop_does_not_need_may_go_while_it_has_orders_to_send(world: World, role: str) -> None:
    await world.browser().buy(MUG)
    await world.settle()
    await seat("otto", role)
    otto = world.browser()
    await sign_in_as(otto, "otto")

    await assert_goes(otto)
