"""Our race took money that must go back: once, whatever happens to the request, and never more than there was."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from store.gateways.port import GatewayBug, RefundRequest, RefundSnapshot, StoredFailure, Unavailable
from store.kit.db import fetch
from store.refunds.service import give_back, sync_refunds
from store.workers import OPERATION_TRIES
from tests.facts import (
    assert_books_agree,
    mails,
    make_due,
    one,
    path_of,
    posted,
    the_order,
    value,
)
from tests.payments.buying import LAMP, MUG, RAILS, break_calls, mend
from tests.refunds.refunding import REFUNDS, refund_there, take_late
from tests.world import World, rows


async def come_to_rest(world: World) -> None:
    """Let the held messages come and everything settle."""
    await world.tell("webhooks", action="clear")
    await make_due("operation")
    await world.settle()
    await make_due("inbox_event")
    await world.settle()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_money_goes_back_once_when_the_answer_is_lost(world: World, sku: str, when: str) -> None:
    ada, capture = await take_late(world, sku)
    await break_calls(world, REFUNDS, when=when)

    with pytest.raises(Unavailable):
        await give_back(world.gateways, capture["id"])

    assert await value("SELECT status FROM refund") == "requested"
    assert await ada.status(await path_of()) == "Refund on its way"
    assert await mails() == []
    await mend(world)
    await come_to_rest(world)
    (given,) = await world.truth("refunds")
    assert given["amount"] == capture["amount"]
    sent = await posted(world, REFUNDS)
    assert {request["idempotency_key"] for request in sent} == {str(await value("SELECT id FROM refund"))}
    assert len({tuple(sorted(request["params"].items())) for request in sent}) == 1
    assert await ada.status(await path_of()) == "Refunded"
    assert [kind for kind, _, _ in await mails()] == ["refunded"]
    await assert_books_agree(world)


@pytest.mark.parametrize("sku", RAILS.values(), ids=RAILS)
async def test_money_goes_back_once_when_we_die_between_call_and_record(world: World, sku: str) -> None:
    _, capture = await take_late(world, sku)
    dying = dataclasses.replace(world.gateways, stripe=DiesAfterRefund(world.gateways.stripe))
    with pytest.raises(Died):
        await give_back(dying, capture["id"])
    assert (await one("SELECT status, refund_ref FROM refund")) == {"status": "requested", "refund_ref": None}

    await come_to_rest(world)

    assert len(await world.truth("refunds")) == 1
    assert await value("SELECT status FROM refund") == "succeeded"
    assert [kind for kind, _, _ in await mails()] == ["refunded"]
    await assert_books_agree(world)


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_our_refund_is_known_as_ours_when_the_providers_message_is_faster_than_our_record(
    world: World, sku: str
) -> None:
    """The process died after the call; what others look at meanwhile carries our id and no row of ours has its name."""
    ada, capture = await take_late(world, sku)
    dying = dataclasses.replace(world.gateways, stripe=DiesAfterRefund(world.gateways.stripe))
    with pytest.raises(Died):
        await give_back(dying, capture["id"])

    await sync_refunds(world.gateways, capture["id"])

    (theirs,) = await world.truth("refunds")
    known = await one("SELECT refund_ref, ours, status FROM refund")
    assert known == {"refund_ref": theirs["ref"], "ours": True, "status": "succeeded"}
    assert await ada.status(await path_of()) == "Refunded"


async def test_money_goes_back_once_when_the_key_has_been_forgotten(world: World) -> None:
    """The provider remembers a key for a while only; then the same request is refused as refunded already."""
    _, capture = await take_late(world)
    dying = dataclasses.replace(world.gateways, stripe=DiesAfterRefund(world.gateways.stripe))
    with pytest.raises(Died):
        await give_back(dying, capture["id"])
    forgetful = dataclasses.replace(world.gateways, stripe=ForgotTheKey(world.gateways.stripe))

    await give_back(forgetful, capture["id"])

    assert len(await world.truth("refunds")) == 1
    assert await value("SELECT status FROM refund") == "succeeded"


async def test_money_goes_back_once_when_it_is_asked_for_many_times_at_once(world: World) -> None:
    _, capture = await take_late(world)

    await asyncio.gather(*(give_back(world.gateways, capture["id"]) for _ in range(10)))
    await come_to_rest(world)
    await give_back(world.gateways, capture["id"])

    assert len(await world.truth("refunds")) == 1
    assert len(await rows("SELECT 1 FROM refund")) == 1
    assert [kind for kind, _, _ in await mails()] == ["refunded"]
    await assert_books_agree(world)


async def test_nothing_is_asked_for_when_somebody_gave_all_of_it_back_already(world: World) -> None:
    ada, capture = await take_late(world)
    await refund_there(world, capture, reverse_transfer="true", refund_application_fee="true")
    await world.tell("webhooks", action="clear")
    await world.sandbox.state.deliveries.run_due()
    await world.worker.process_events()

    await come_to_rest(world)

    assert len(await world.truth("refunds")) == 1
    assert await ada.status(await path_of()) == "Refunded"
    assert [kind for kind, _, _ in await mails()] == ["refunded"]
    await assert_books_agree(world)


@pytest.mark.parametrize(("by_hand", "left"), [(1000, 2000), (3000, None)])
async def test_only_the_rest_goes_back_when_somebody_was_faster(world: World, by_hand: int, left: int | None) -> None:
    """Our request for all of it is on its way when a person refunds at the provider; the provider refuses ours."""
    ada, capture = await take_late(world)
    assert capture["amount"] == 3000
    await break_calls(world, REFUNDS, count=1)
    with pytest.raises(Unavailable):
        await give_back(world.gateways, capture["id"])
    await refund_there(world, capture, amount=by_hand, reverse_transfer="true", refund_application_fee="true")

    await come_to_rest(world)

    theirs = {row["amount"] for row in await world.truth("refunds")}
    assert theirs == {by_hand} | ({left} if left else set())
    ours = await rows("SELECT amount, status FROM refund WHERE ours ORDER BY created_at")
    expected = [{"amount": 3000, "status": "canceled"}]
    assert ours == expected + ([{"amount": left, "status": "succeeded"}] if left else [])
    assert await ada.status(await path_of()) == "Refunded"
    assert (await the_order())["refunded"] == 3000
    await assert_books_agree(world)


async def test_operation_is_tried_again_and_parked_when_the_provider_refuses_for_no_known_reason(world: World) -> None:
    ada, capture = await take_late(world)
    await break_calls(world, REFUNDS, status=400)
    with pytest.raises(GatewayBug):
        await give_back(world.gateways, capture["id"])

    await world.worker.drain()

    row = await one("SELECT state, attempt, last_error FROM operation WHERE kind = 'refund'")
    assert (row["state"], row["attempt"]) == ("waiting", 1)
    assert "GatewayBug" in row["last_error"]
    await fetch("UPDATE operation SET attempt = $1", OPERATION_TRIES - 1)
    await make_due("operation")
    await world.worker.drain()
    assert await value("SELECT state FROM operation WHERE kind = 'refund'") == "parked"
    assert await ada.status(await path_of()) == "Refund on its way"


@pytest.mark.parametrize("sku", RAILS.values(), ids=RAILS)
async def test_refund_is_looked_for_by_payment_intent_first_when_it_was_asked_for_long_ago(
    world: World, sku: str
) -> None:
    """A provider keeps answering a key with its first result, a stored 500 too: its list knows better."""
    _, capture = await take_late(world, sku)
    dying = dataclasses.replace(world.gateways, stripe=DiesAfterRefund(world.gateways.stripe))
    with pytest.raises(Died):
        await give_back(dying, capture["id"])
    await world.advance(31)

    await give_back(world.gateways, capture["id"])

    asked = await posted(world, REFUNDS, "GET")
    assert asked
    intents = {row["payment_intent"] for row in await world.truth("captures")}
    assert {(one["params"].get("payment_intent"), one["params"].get("charge")) for one in asked} == {
        (intent, None) for intent in intents
    }
    assert len(await posted(world, REFUNDS)) == 1
    assert len(await world.truth("refunds")) == 1
    assert await value("SELECT status FROM refund") == "succeeded"


@pytest.mark.parametrize(("hours", "keys"), [(23, 1), (25, 2)])
async def test_money_is_asked_for_under_a_new_key_only_when_the_old_one_is_forgotten(
    world: World, hours: int, keys: int
) -> None:
    _, capture = await take_late(world)
    await break_calls(world, REFUNDS)
    with pytest.raises(Unavailable):
        await give_back(world.gateways, capture["id"])
    await mend(world)
    await world.advance(hours * 3600)

    await give_back(world.gateways, capture["id"])

    assert len({request["idempotency_key"] for request in await posted(world, REFUNDS)}) == keys
    (given,) = await world.truth("refunds")
    assert given["amount"] == capture["amount"]
    states = [row["status"] for row in await rows("SELECT status FROM refund ORDER BY created_at")]
    assert states == ["canceled", "succeeded"][2 - keys :]
    await come_to_rest(world)
    await assert_books_agree(world)


@pytest.mark.parametrize("took_effect", [False, True])
async def test_money_goes_back_once_when_the_provider_has_stored_a_failure_under_the_key(
    world: World, took_effect: bool
) -> None:
    """Stripe answers a key with its first result for a day, a 500 too: look, and take a new key if nothing is there."""
    _, capture = await take_late(world)
    failing = dataclasses.replace(world.gateways, stripe=StoresFailure(world.gateways.stripe, took_effect))

    if took_effect:
        await give_back(failing, capture["id"])
    else:
        with pytest.raises(StoredFailure):
            await give_back(failing, capture["id"])
        await give_back(world.gateways, capture["id"])

    keys = {request["idempotency_key"] for request in await posted(world, REFUNDS)}
    states = [row["status"] for row in await rows("SELECT status FROM refund ORDER BY created_at")]
    assert states == (["succeeded"] if took_effect else ["canceled", "succeeded"])
    assert keys == {str(await value("SELECT id FROM refund WHERE status = 'succeeded'"))}
    assert len(await world.truth("refunds")) == 1
    await come_to_rest(world)
    await assert_books_agree(world)


class StoresFailure:
    """A gateway whose provider answers each refund with the 500 it stored, after or without its effect."""

    def __init__(self, inner: Any, took_effect: bool) -> None:
        self._inner, self._took_effect = inner, took_effect

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def refund(self, request: RefundRequest) -> RefundSnapshot:
        if self._took_effect:
            await self._inner.refund(request)
        raise StoredFailure("Something went wrong on our end.")


class Died(Exception):
    """The process ended here."""


class DiesAfterRefund:
    """A gateway whose process dies when the provider has made the refund and nobody has read the answer."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def refund(self, request: RefundRequest) -> RefundSnapshot:
        await self._inner.refund(request)
        raise Died


class ForgotTheKey:
    """A provider that has forgotten our key: the request is a new one to it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def refund(self, request: RefundRequest) -> RefundSnapshot:
        raise GatewayBug("Charge has already been refunded.")
