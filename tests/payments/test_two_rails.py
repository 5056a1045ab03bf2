"""One order, two providers: what is open at the other is closed first, and of two payments one is given back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from store.gateways.port import PaymentSnapshot
from store.kit.db import fetch
from store.payments.service import Payer, StillConfirming, pay_again, sync_payment
from store.payments.states import Door
from tests.facts import assert_books_agree, one, the_order, the_payment, value
from tests.payments.buying import MUG, SESSIONS, break_calls, mend, pay_unheard
from tests.payments.paypal_buying import (
    JSON,
    approve,
    approved,
    capture,
    captures_there,
    create_order,
    place_with_paypal,
    states,
)
from tests.world import SHOP, World, rows

SOMEBODY = Payer.at("198.51.100.9", 1.0)


async def test_session_is_expired_and_the_order_lives_when_paypal_is_opened(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    page = await ada.check_out()
    token = (await the_order())["token"]

    made = await create_order(ada, token)

    attempts = await rows("SELECT provider, status, superseded FROM payment ORDER BY attempt")
    assert [(a["provider"], a["status"]) for a in attempts] == [("stripe", "expired"), ("paypal", "pending")]
    assert (await the_order())["payment_state"] == "awaiting_payment"
    refused = await world.pay(page)
    assert refused.status_code != 303
    await approve(world, made["id"])
    await capture(ada, made)
    assert await states() == ("paid", "succeeded")


async def test_paypal_order_is_dead_and_never_captured_when_the_card_page_is_opened(world: World) -> None:
    ada, made = await approved(world)

    led = await ada.post(f"/orders/{made['token']}/pay")
    await world.tell("webhooks", action="release")
    await world.settle()
    answer = await capture(ada, made)

    assert led.headers["location"].startswith(world.settings.stripe_api_base)
    assert await captures_there(world) == []
    assert answer.json() == {"redirect": f"/orders/{made['token']}"}
    attempts = await rows("SELECT provider, status, superseded FROM payment ORDER BY attempt")
    assert [tuple(a.values()) for a in attempts] == [("paypal", "expired", True), ("stripe", "pending", False)]
    await world.pay(led.headers["location"])
    await world.settle()
    assert (await the_order())["payment_state"] == "paid"


async def test_checkout_by_card_supersedes_the_paypal_order_when_its_form_comes_again(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    first = await ada.post("/checkout", **{**form, "provider": "paypal"})
    await create_order(ada, first.headers["location"].removeprefix("/pay/"))

    second = await ada.post("/checkout", **{**form, "provider": "stripe"})

    assert second.headers["location"].startswith(world.settings.stripe_api_base)
    assert await value("SELECT count(*) FROM orders") == 1
    assert await value("SELECT superseded FROM payment WHERE provider = 'paypal'") is True


async def test_nothing_opens_at_paypal_when_stripe_does_not_say_that_its_page_is_closed(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.check_out()
    token = (await the_order())["token"]
    await break_calls(world, f"{SESSIONS}/*", method="*", action="reset")

    refused = await ada.client.post("/payments/paypal", data={"order": token}, headers=JSON)
    led = await ada.post("/payments/paypal", order=token)
    page = await ada.get(led.headers["location"])

    assert refused.status_code == 503
    for told in (refused.text, page.text):
        assert "Stripe does not answer just now" in told
        assert "whether you have paid there" in told
        assert "PayPal does not answer" not in told
        assert "not charged" not in told
    assert await value("SELECT count(*) FROM payment WHERE provider = 'paypal'") == 0
    await mend(world)
    assert (await create_order(ada, token))["id"]


async def test_card_payment_counts_when_it_was_faster_than_the_change_of_mind(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await pay_unheard(world, await ada.check_out())
    token = (await the_order())["token"]

    answer = await ada.client.post("/payments/paypal", data={"order": token}, headers=JSON)

    assert answer.status_code == 409
    assert (await the_order())["payment_state"] == "paid"
    assert await value("SELECT count(*) FROM payment") == 1


async def test_second_is_refunded_in_full_and_told_when_both_capture_all_the_same(world: World) -> None:
    """Row 41: a PayPal order that is dead here is captured there by somebody's hand, after the card had paid."""
    ada, made = await approved(world)
    led = await ada.post(f"/orders/{made['token']}/pay")
    await world.pay(led.headers["location"])
    await ada.client.get(f"/orders/{made['token']}")
    await world.settle()
    assert (await the_order())["payment_state"] == "paid"

    await world.gateways.with_capture().capture_payment(made["id"], "by hand")
    await world.tell("webhooks", action="release")
    await world.settle()

    kinds = {row["provider"]: row["kind"] for row in await rows("SELECT provider, kind FROM capture")}
    assert kinds == {"stripe": "settling", "paypal": "surplus"}
    assert (await the_order())["provider"] == "Stripe"
    refund = await one("SELECT refund.provider, refund.amount, refund.status FROM refund")
    assert refund == {"provider": "paypal", "amount": (await the_order())["total"], "status": "succeeded"}
    assert await value("SELECT count(*) FROM mail_message WHERE kind = 'refunded'") == 1
    await assert_books_agree(world)


async def test_one_settles_and_the_other_goes_back_when_both_doors_race(world: World) -> None:
    """Row 41, raced: the card pays while our capture is under way at PayPal."""
    await approved(world)
    await fetch("DROP INDEX one_live_payment")
    order = await the_order()
    paypal = await the_payment()
    await fetch("UPDATE payment SET status = 'expired' WHERE id = $1", paypal["id"])
    started = await pay_again(world.gateways, order["id"], SHOP, SOMEBODY)
    await fetch("UPDATE payment SET status = 'capturing', claimed_at = now() WHERE id = $1", paypal["id"])
    ref = paypal["provider_ref"]

    await asyncio.gather(
        pay_unheard(world, started.redirect_url), world.gateways.with_capture().capture_payment(ref, f"{ref}:1")
    )
    await world.tell("webhooks", action="release")
    await world.settle()

    captures = await rows("SELECT kind, amount FROM capture ORDER BY kind")
    assert [c["kind"] for c in captures] == ["settling", "surplus"]
    assert await value("SELECT sum(amount) FROM refund WHERE status = 'succeeded'") == order["total"]
    await assert_books_agree(world)


async def test_other_rail_cannot_be_opened_while_the_money_may_be_on_its_way(world: World) -> None:
    await approved(world)
    await fetch("UPDATE payment SET status = 'capturing', claimed_at = now()")

    with pytest.raises(StillConfirming):
        await pay_again(world.gateways, (await the_order())["id"], SHOP, SOMEBODY)

    assert await value("SELECT count(*) FROM payment") == 1


async def test_given_up_session_is_found_and_closed_before_anything_is_captured(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await break_calls(world, SESSIONS, when="after", action="reset")
    await ada.post("/checkout", **form)
    await break_calls(world, SESSIONS, method="*", action="reset")
    await fetch("UPDATE payment SET status = 'abandoned'")
    await mend(world)
    token = (await the_order())["token"]
    made = await create_order(ada, token)
    await approve(world, made["id"])

    await capture(ada, made)

    assert await states() == ("paid", "succeeded")
    (stripe,) = await rows("SELECT provider_ref FROM payment WHERE provider = 'stripe'")
    assert stripe["provider_ref"] is not None
    seen = await world.gateways.stripe.fetch_payment(stripe["provider_ref"], "")
    assert seen.status == "expired"


async def test_card_works_and_paypal_says_so_when_paypal_is_down(world: World) -> None:
    ada, token = await place_with_paypal(world)
    await break_calls(world, "/v*/**", method="*", provider="paypal", status=500)
    for _ in range(20):
        await ada.client.post("/payments/paypal", data={"order": token}, headers=JSON)
        if world.gateways.with_capture().is_away():
            break

    page = await ada.get(f"/pay/{token}")
    paid = await world.pay((await ada.post(f"/orders/{token}/pay")).headers["location"])

    assert "PayPal does not answer just now" in page.text
    assert paid.status_code == 303
    await world.settle()
    assert (await the_order())["payment_state"] == "paid"


class SlowCapture:
    """PayPal, whose capture takes until `let_go`."""

    def __init__(self, world: World) -> None:
        self._inner = world.gateways.with_capture()
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def capture_payment(self, ref: str, key: str) -> PaymentSnapshot:
        self.asked.set()
        await self.let_go.wait()
        return await self._inner.capture_payment(ref, key)


async def test_visitor_waits_for_the_answer_when_another_door_has_asked(world: World) -> None:
    ada, made = await approved(world)
    slow: Any = SlowCapture(world)
    gateways = replace(world.gateways, paypal=slow)
    webhook = asyncio.create_task(sync_payment(gateways, (await the_payment())["id"], Door.WEBHOOK))
    await slow.asked.wait()

    visit = asyncio.create_task(capture(ada, made))
    done, _ = await asyncio.wait([visit], timeout=0.3)
    assert not done
    slow.let_go.set()
    await webhook

    assert (await visit).json() == {"redirect": f"/orders/{made['token']}"}
    assert await states() == ("paid", "succeeded")


async def test_checkout_says_which_provider_is_silent_when_an_older_page_at_the_other_one_is_open(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.check_out()
    form = await ada.checkout_form(provider="paypal", city="Leeds")
    await break_calls(world, f"{SESSIONS}/*", method="*", action="reset")

    page = await ada.post("/checkout", **form)

    assert page.status_code == 503
    assert "Stripe does not answer just now, so we do not know yet whether you have paid there" in page.text
    assert "not charged" not in page.text
