"""Is it our payment? Whatever differs is said in words, stands in needs_review and never counts as paid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from store.gateways.port import Gateways, PaymentSnapshot, SnapshotStatus
from store.payments.service import sync_payment
from store.payments.service.judge import find_difference
from store.payments.states import Door
from tests.facts import NEVER, ONCE, count_effects, path_of, stock_of, the_order, the_payment, timeline
from tests.payments.buying import LAMP, MUG, pay_unheard, place
from tests.world import World

PAYMENT: dict[str, Any] = {
    "id": UUID(int=1),
    "order": UUID(int=2),
    "amount": 3000,
    "currency": "USD",
    "account_ref": "",
    "destination_ref": "acct_vera",
    "merchant_ref": "",
    "provider": "stripe",
    "charge_type": "destination",
    "fee": 240,
    "subtotal": 3000,
    "coupon": 0,
    "allows_codes": False,
}
OURS = PaymentSnapshot(
    ref="cs_1",
    status=SnapshotStatus.SUCCEEDED,
    amount=3000,
    currency="USD",
    payment_id=str(UUID(int=1)),
    order_id=str(UUID(int=2)),
    account_ref="",
    destination="acct_vera",
    fee=240,
    livemode=False,
    subtotal=3000,
)
DIFFERENCES: list[tuple[dict[str, Any], str]] = [
    ({"amount": 2999}, "amount: the provider has $29.99, the order $30.00"),
    ({"amount": 3001}, "amount: the provider has $30.01, the order $30.00"),
    ({"amount": -1, "currency": ""}, "amount: the provider has -1 , the order $30.00"),
    ({"subtotal": 2900, "amount": 2900}, "goods and delivery: the provider has $29.00, the order $30.00"),
    ({"subtotal": -1, "amount": -1}, "goods and delivery: the provider has -$0.01, the order $30.00"),
    ({"shipping": 500, "amount": 3500}, "shipping: the provider has 500, the order none"),
    ({"tax": 570, "amount": 3570}, "tax: the provider has 570, the order none"),
    ({"discount": 300, "amount": 2700}, "discount: the provider has $3.00, the order $0.00"),
    ({"currency": "EUR"}, "amount: the provider has €30.00, the order $30.00"),
    ({"payment_id": ""}, "payment id: the provider has none, the order 00000000-0000-0000-0000-000000000001"),
    ({"payment_id": "x"}, "payment id: the provider has x, the order 00000000-0000-0000-0000-000000000001"),
    ({"order_id": "x"}, "order id: the provider has x, the order 00000000-0000-0000-0000-000000000002"),
    ({"account_ref": "acct_x"}, "account: the provider has acct_x, the order none"),
    ({"livemode": True}, "mode: the provider has live, the order test"),
    ({"destination": "acct_x"}, "destination: the provider has acct_x, the order acct_vera"),
    ({"destination": ""}, "destination: the provider has none, the order acct_vera"),
    ({"on_behalf_of": "acct_vera"}, "settlement merchant: the provider has acct_vera, the order none"),
    ({"fee": 0}, "application fee: the provider has none, the order 240"),
    ({"fee": 3000}, "application fee: the provider has 3000, the order 240"),
]


def test_nothing_differs_when_all_is_ours() -> None:
    assert find_difference(PAYMENT, OURS, livemode=False) == ""


@pytest.mark.parametrize(("change", "words"), DIFFERENCES, ids=[str(change) for change, _ in DIFFERENCES])
def test_difference_is_said_in_words_when_one_thing_differs(change: dict[str, Any], words: str) -> None:
    assert find_difference(PAYMENT, replace(OURS, **change), livemode=False) == words


def test_every_difference_is_said_when_several_things_differ() -> None:
    words = find_difference(PAYMENT, replace(OURS, amount=1, fee=1), livemode=True)

    assert [part.split(":")[0] for part in words.split("; ")] == ["amount", "mode", "application fee"]


def test_fee_and_destination_are_not_asked_for_when_nothing_was_due_or_nothing_is_passed_on() -> None:
    free = {**PAYMENT, "allows_codes": True}
    separate = {**PAYMENT, "charge_type": "separate", "destination_ref": ""}

    nothing_due = replace(OURS, amount=0, discount=3000, fee=0, destination="")
    assert find_difference(free, nothing_due, livemode=False) == ""
    assert find_difference(separate, replace(OURS, fee=0, destination=""), livemode=False) == ""
    assert find_difference(free, replace(nothing_due, currency="EUR"), livemode=False)


class Twisting:
    """A gateway that tells one thing of a paid session wrongly."""

    def __init__(self, inner: Any, **change: Any) -> None:
        self._inner, self._change = inner, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch_payment(self, ref: str, account_ref: str) -> PaymentSnapshot:
        return replace(await self._inner.fetch_payment(ref, account_ref), **self._change)


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
@pytest.mark.parametrize(
    "change",
    [
        {"amount": 1},
        {"currency": "EUR"},
        {"order_id": str(UUID(int=9))},
        {"payment_id": str(UUID(int=9))},
        {"account_ref": "acct_else"},
        {"destination": "acct_else"},
        {"fee": 1},
        {"livemode": True},
        {"status": SnapshotStatus.UNCLEAR, "remark": "session of mode 'setup', not payment"},
    ],
    ids=str,
)
async def test_order_is_not_paid_and_a_person_is_asked_when_something_differs(
    world: World, sku: str, change: dict[str, Any]
) -> None:
    ada, url = await place(world, sku)
    await pay_unheard(world, url)
    payment, stock = await the_payment(), await stock_of(sku)

    status = await sync_payment(Gateways(Twisting(world.gateways.stripe, **change)), payment["id"], Door.WEBHOOK)

    assert status == "needs_review"
    assert await count_effects() == NEVER
    assert await stock_of(sku) == stock
    reason = (await the_payment())["review_reason"]
    assert reason == change.get("remark", reason) != ""
    assert ((await the_order())["payment_state"], (await the_order())["review_reason"]) == ("needs_review", reason)
    assert await ada.status(await path_of()) == "Being checked"
    assert reason not in (await ada.get(await path_of())).text
    assert (await timeline())[-1] == ("webhook", "The payment needs a look by a person.")


async def test_order_is_paid_when_what_differed_is_put_right(world: World) -> None:
    ada, url = await place(world)
    await pay_unheard(world, url)
    payment = await the_payment()
    await sync_payment(Gateways(Twisting(world.gateways.stripe, amount=1)), payment["id"], Door.WEBHOOK)

    await sync_payment(world.gateways, payment["id"], Door.CHECK)

    assert await ada.status(await path_of()) == "Paid"
    assert (await the_order())["review_reason"] == ""
    assert await count_effects() == ONCE


async def test_person_is_asked_once_when_the_same_difference_is_seen_again(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    payment = await the_payment()
    twisted = Gateways(Twisting(world.gateways.stripe, amount=1))

    for door in (Door.WEBHOOK, Door.RETURN, Door.SWEEP):
        await sync_payment(twisted, payment["id"], door)

    assert [text for _, text in await timeline()].count("The payment needs a look by a person.") == 1


async def test_nothing_more_opens_when_an_order_is_being_checked(world: World) -> None:
    ada, url = await place(world)
    await pay_unheard(world, url)
    payment = await the_payment()
    await sync_payment(Gateways(Twisting(world.gateways.stripe, amount=1)), payment["id"], Door.WEBHOOK)

    for verb in ("pay", "cancel"):
        answer = await ada.post(f"{await path_of()}/{verb}")
        assert answer.headers["location"] == await path_of()

    assert await ada.status(await path_of()) == "Being checked"
    assert (await the_payment())["attempt"] == 1
