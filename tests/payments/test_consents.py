"""Each consent of a buyer is tried until it is taken or declined, whichever door hears of it, and then the next one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from store.gateways.build import build_gateways
from store.gateways.port import ApprovalNeeded, PaymentSnapshot, Unavailable
from store.kit.db import fetch
from store.payments.service import sync_payment
from store.payments.service.stop import stop_paying
from store.payments.states import Door
from tests.facts import the_payment, value
from tests.payments.buying import break_calls, mend
from tests.payments.paypal_buying import approve, approved, capture, create_order, states
from tests.payments.test_capture_approved import the_capture_ref
from tests.world import World, rows

CAPTURE = "/v2/checkout/orders/*/capture"
DECLINES = "SELECT count(*) FROM order_event WHERE text LIKE 'Payment declined%'"


class Late:
    """PayPal, whose answer to a look comes when the buyer's own visit has already taken (or lost) what it shows."""

    def __init__(self, world: World, visit: Callable[[], Awaitable[Any]]) -> None:
        self._inner = world.gateways.with_capture()
        self._visit = visit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch_payment(self, ref: str, account: str = "") -> PaymentSnapshot:
        seen = await self._inner.fetch_payment(ref, account)
        await self._visit()
        return seen


class Blind:
    """PayPal, whose captures do not see the consent yet (…/paypal-checkout-components/issues/1521)."""

    def __init__(self, world: World) -> None:
        self._inner = world.gateways.with_capture()
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def capture_payment(self, ref: str, key: str) -> PaymentSnapshot:
        self.asked += 1
        raise ApprovalNeeded("PayPal does not have your approval yet")


class Keeps(httpx.AsyncBaseTransport):
    """The way to a PayPal that says to a request id, for ever, what it refused it with at first."""

    def __init__(self, world: World) -> None:
        self._inner = world.wire
        self._kept: dict[str, httpx.Response] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        key = request.headers.get("paypal-request-id", "")
        if key not in self._kept:
            answer = await self._inner.handle_async_request(request)
            if answer.status_code != 422:
                return answer
            self._kept[key] = httpx.Response(422, content=await answer.aread())
        return httpx.Response(422, content=self._kept[key].content)


async def come_back(ada: Any, made: dict[str, Any]) -> str:
    """The return by redirect; where it leads."""
    answer = await ada.get(f"/payments/{(await the_payment())['token']}/return?token={made['id']}&PayerID=X")
    return str(answer.headers["location"])


async def untaken() -> list[str]:
    """What the timeline says of consents that were not taken."""
    return [row["text"] for row in await rows("SELECT text FROM order_event WHERE key LIKE 'untaken:%'")]


def asked(world: World) -> int:
    """How often the money was asked for."""
    return sum(request.url.path.endswith("/capture") for request in world.wire.sent)


@pytest.mark.parametrize("door", [Door.WEBHOOK, Door.RETURN])
async def test_consent_is_tried_once_when_another_door_was_declined_between_look_and_claim(
    world: World, door: Door
) -> None:
    ada, made = await approved(world, outcome="declined")
    late: Any = Late(world, lambda: capture(ada, made))

    await sync_payment(replace(world.gateways, paypal=late), (await the_payment())["id"], door, consents=1)

    assert await value("SELECT count(*) FROM order_event WHERE text LIKE 'Payment declined%'") == 1
    assert await states() == ("awaiting_payment", "pending")


async def test_window_asks_no_second_time_when_the_message_was_declined_before(world: World) -> None:
    ada, made = await approved(world, outcome="declined", heard=True)
    await world.deliver()

    told = (await capture(ada, made)).json()

    assert told["restart"] is True
    assert "You were not charged" in told["reason"]
    assert (asked(world), await value(DECLINES)) == (1, 1)
    await approve(world, made["id"])
    assert (await capture(ada, made)).json() == {"redirect": f"/orders/{made['token']}"}
    assert await states() == ("paid", "succeeded")


async def test_return_asks_no_second_time_when_the_message_was_declined_before(world: World) -> None:
    ada, made = await approved(world, outcome="declined", heard=True)
    await world.deliver()

    assert await come_back(ada, made) == f"/pay/{made['token']}"
    assert await come_back(ada, made) == f"/pay/{made['token']}"

    assert (asked(world), await value(DECLINES)) == (1, 1)
    await world.tell("webhooks", action="hold")
    assert (await create_order(ada, made["token"]))["id"] == made["id"]
    await approve(world, made["id"])
    assert await come_back(ada, made) == f"/orders/{made['token']}"
    assert await states() == ("paid", "succeeded")


async def test_looking_again_asks_no_second_time_when_the_consent_was_declined(world: World) -> None:
    ada, made = await approved(world, outcome="declined")
    await capture(ada, made)
    await ada.post(f"/orders/{made['token']}/check")
    await world.advance(10)

    await ada.post(f"/orders/{made['token']}/check")

    assert asked(world) == 2, "once for the window that opened anew"
    assert await value(DECLINES) == 2


async def test_second_consent_is_asked_for_again_by_the_sweep_when_it_was_lost_before_its_effect(world: World) -> None:
    ada, made = await approved(world, outcome="declined")
    await capture(ada, made)
    await approve(world, made["id"])
    await break_calls(world, CAPTURE, action="reset")
    await capture(ada, made)
    assert (await states())[1] == "capturing"

    await mend(world)
    await fetch("UPDATE payment SET claimed_at = claimed_at - interval '61 seconds'")
    await world.advance(600)
    await world.worker.drain(sweep=True)

    assert await states() == ("paid", "succeeded")


@pytest.mark.parametrize("door", ["webhook", "sweep"])
async def test_consent_is_taken_by_the_next_door_when_the_capture_did_not_see_it_yet(world: World, door: str) -> None:
    if door == "sweep":
        await world.tell("webhooks", action="drop", count=0)
    await approved(world, heard=True)
    blind: Any = Blind(world)
    await world.advance(15)
    await sync_payment(replace(world.gateways, paypal=blind), (await the_payment())["id"], Door.WEBHOOK, consents=1)
    assert (await states(), blind.asked) == (("awaiting_payment", "pending"), 1)

    await world.advance(300)
    await world.settle()

    assert await states() == ("paid", "succeeded")


async def test_consent_is_taken_under_another_key_when_paypal_keeps_its_no_under_the_first_ones(world: World) -> None:
    await approved(world)
    gateways = build_gateways(world.settings, Keeps(world))
    await world.tell("paypal", action="set", settings={"issues": {"orders.capture": "ORDER_NOT_APPROVED"}})
    with pytest.raises(Unavailable):
        await sync_payment(gateways, (await the_payment())["id"], Door.RETURN)
    assert await states() == ("awaiting_payment", "capturing")

    await world.tell("paypal", action="set", settings={"issues": {}})
    await sync_payment(gateways, (await the_payment())["id"], Door.SWEEP)

    assert await states() == ("paid", "succeeded")


async def test_order_can_be_paid_again_when_its_consent_was_declined(world: World) -> None:
    ada, made = await approved(world, outcome="declined")
    await capture(ada, made)

    assert "Return to payment" in (await ada.get(f"/orders/{made['token']}")).text


async def test_order_can_be_paid_again_when_paypal_refused_for_good(world: World) -> None:
    ada, made = await approved(world)
    await break_calls(world, CAPTURE, provider="paypal", status=403)
    await capture(ada, made)
    assert await states() == ("awaiting_payment", "failed")

    assert "Return to payment" in (await ada.get(f"/orders/{made['token']}")).text


async def test_order_can_be_paid_again_when_the_bank_said_no(world: World) -> None:
    ada, made = await approved(world, outcome="echeck")
    await capture(ada, made)
    await world.tell("webhooks", action="clear")
    await world.tell("paypal", action="finish", id=await the_capture_ref(world), status="DECLINED")
    await world.deliver()
    assert await states() == ("failed", "failed")

    assert "Try again" in (await ada.get(f"/orders/{made['token']}")).text


async def test_consent_that_comes_too_late_is_told_why_when_the_buyer_had_canceled(world: World) -> None:
    ada, made = await approved(world)
    await ada.post(f"/orders/{made['token']}/cancel")

    await capture(ada, made)

    assert await untaken() == ["Not charged at PayPal: you had canceled the order."]


async def test_nothing_is_said_of_a_consent_that_paypal_refused_when_its_message_comes_after_that(world: World) -> None:
    ada, made = await approved(world)
    await break_calls(world, CAPTURE, provider="paypal", status=403)
    await capture(ada, made)
    assert await states() == ("awaiting_payment", "failed")

    await world.tell("webhooks", action="release")
    await world.settle()

    assert await value("SELECT outcome FROM inbox_event WHERE type = 'CHECKOUT.ORDER.APPROVED'") == "applied"
    assert await untaken() == []
    assert asked(world) == 1


async def test_consent_that_comes_too_late_is_told_why_when_the_seller_had_stopped(world: World) -> None:
    ada, made = await approved(world)
    await fetch("UPDATE vendor SET state = 'rejected' WHERE slug = 'kiln-co'")
    await stop_paying(world.gateways, await value("SELECT id FROM vendor WHERE slug = 'kiln-co'"))

    await capture(ada, made)

    assert await untaken() == ["Not charged at PayPal: the order had ended before you came back from PayPal."]


async def test_order_asks_its_buyer_back_when_paypal_wants_something_more(world: World) -> None:
    ada, made = await approved(world, outcome="action")

    told = (await capture(ada, made)).json()
    page = await ada.get(f"/orders/{made['token']}")
    buttons = await ada.get(f"/pay/{made['token']}")

    assert told["restart"] is True
    words = "PayPal needs something more from you. You were not charged: "
    assert f"{words}return to payment to try again." in page.text
    assert f"{words}try again, or choose another way to pay." in buttons.text
    assert await value(DECLINES) == 0
    await approve(world, made["id"])
    assert (await capture(ada, made)).json() == {"redirect": f"/orders/{made['token']}"}
    assert await states() == ("paid", "succeeded")


async def test_order_asks_nobody_back_when_paypal_does_not_see_the_consent_yet(world: World) -> None:
    ada, made = await approved(world)
    blind: Any = Blind(world)

    await sync_payment(replace(world.gateways, paypal=blind), (await the_payment())["id"], Door.WEBHOOK)

    assert blind.asked == 1
    assert "return to payment to try again" not in (await ada.get(f"/orders/{made['token']}")).text
