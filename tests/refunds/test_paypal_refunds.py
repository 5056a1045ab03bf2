"""What our own race took at PayPal goes back by its capture, at once, days later, or not at all."""

from __future__ import annotations

import pytest

from tests.facts import assert_books_agree, one, the_order, value
from tests.payments.paypal_buying import approved, inside
from tests.world import World


async def capture_by_hand(world: World) -> None:
    """Ada has paid by card, and her dead PayPal order is captured there by somebody's hand; nobody has told us yet."""
    ada, made = await approved(world)
    led = await ada.post(f"/orders/{made['token']}/pay")
    paid = await world.pay(led.headers["location"])
    await ada.get(inside(paid.headers["location"]))
    await world.gateways.with_capture().capture_payment(made["id"], f"by hand {made['id']}")
    await world.tell("webhooks", action="release")


async def surplus(world: World) -> None:
    """What was captured by hand has been heard of, and goes back."""
    await capture_by_hand(world)
    await world.settle()
    assert await value("SELECT count(*) FROM capture") == 2


async def test_refund_is_done_when_paypal_does_it_at_once(world: World) -> None:
    await surplus(world)

    refund = await one("SELECT provider, status, amount FROM refund")
    assert refund == {"provider": "paypal", "status": "succeeded", "amount": (await the_order())["total"]}
    key = next(r.headers["paypal-request-id"] for r in world.wire.sent if r.url.path.endswith("/refund"))
    assert str(await value("SELECT id FROM refund")) in key
    await assert_books_agree(world)


@pytest.mark.parametrize(("setting", "ends"), [("pending", "succeeded"), ("failing", "failed")])
async def test_refund_ends_as_the_bank_says_when_it_was_pending(world: World, setting: str, ends: str) -> None:
    await world.tell("paypal", action="set", settings={"refunds": setting})
    await surplus(world)
    assert await value("SELECT status FROM refund") == "pending"

    await world.advance(8 * 86400)
    await world.settle()

    assert await value("SELECT status FROM refund") == ends
    await assert_books_agree(world)


async def test_one_refund_is_made_when_its_answer_was_lost(world: World) -> None:
    await world.tell(
        "faults", method="POST", path="/v2/payments/captures/*/refund", when="after", action="reset", count=2
    )

    await surplus(world)
    for _ in range(3):
        await value("UPDATE operation SET run_at = now() - interval '1 second' WHERE kind = 'refund' RETURNING 1")
        await world.settle()

    assert [r["status"] for r in await world.truth("refunds") if r["provider"] == "paypal"] == ["succeeded"]
    assert await value("SELECT status FROM refund") == "succeeded"
