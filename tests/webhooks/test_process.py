"""The worker applies what was stored: the event says where to look, the provider says what is true."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from store.doctor.checks import check_queue
from store.kit import clock
from store.kit.db import fetch
from store.kit.queue import claim, finish
from store.webhooks.service import count_parked, process_due
from store.webhooks.service.process import TRIES
from store.webhooks.states import HANDLED, MONEY_EVENTS
from tests.facts import (
    NEVER,
    ONCE,
    assert_books_agree,
    count_effects,
    make_due,
    one,
    path_of,
    stock_of,
    the_order,
    the_payment,
    timeline,
    value,
)
from tests.outages import database_away
from tests.payments.buying import LAMP, MUG, break_calls, mend, pay_unheard, place
from tests.signing import sign_headers
from tests.world import DECLINED, World, rows

ACCOUNT, CONNECT = "/webhooks/stripe", "/webhooks/stripe/connect"
SESSIONS = "/v1/checkout/sessions"


async def post_event(world: World, path: str = ACCOUNT, **event: Any) -> None:
    """Let one signed event be stored."""
    body, headers = sign_headers(world.settings, path, **event)
    answer = await world.browser().client.post(path, content=body, headers=headers)
    assert answer.status_code == 200


async def pay_and_find(world: World, sku: str = MUG) -> dict[str, dict[str, Any]]:
    """Pay while all is held; returns the objects that events may speak of, by kind."""
    _, url = await place(world, sku)
    await pay_unheard(world, url)
    payment = await the_payment()
    headers = {"Authorization": "Bearer sk_test_overprint"}
    if payment["account_ref"]:
        headers["Stripe-Account"] = payment["account_ref"]
    ref = payment["provider_ref"]
    session = (await world.console.get(f"{SESSIONS}/{ref}", headers=headers)).json()
    intent = (await world.console.get(f"/v1/payment_intents/{session['payment_intent']}", headers=headers)).json()
    charge = {"id": intent["latest_charge"], "object": "charge", "metadata": intent["metadata"]}
    refund = {"id": "re_1", "object": "refund", "charge": charge["id"], "metadata": {}}
    return {"checkout": session, "payment_intent": intent, "charge": charge, "refund": refund}


def about(thing: dict[str, Any], type: str) -> dict[str, Any]:
    """The arguments of an event about that object."""
    return {"type": type, "resource": thing["id"], **{k: v for k, v in thing.items() if k not in ("id", "object")}}


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["account", "connect"])
@pytest.mark.parametrize("type", sorted(t for t in MONEY_EVENTS if not t.startswith("refund.")))
async def test_providers_truth_is_applied_when_an_event_of_any_handled_type_is_first(
    world: World, type: str, sku: str
) -> None:
    """Whatever it claims (expired, failed, refunded): the order is paid, since that is what the provider shows."""
    things = await pay_and_find(world, sku)
    account = (await the_payment())["account_ref"]
    await post_event(world, CONNECT if account else ACCOUNT, account=account, **about(things[type.split(".")[0]], type))

    await world.worker.drain()

    assert await count_effects() == ONCE
    assert (await the_order())["payment_state"] == "paid"
    if type == "charge.updated":
        await world.advance(20)
        await make_due("inbox_event")
        await world.worker.drain()
    assert (await one("SELECT state, outcome FROM inbox_event")) == {"state": "done", "outcome": "applied"}


@pytest.mark.parametrize("type", sorted(HANDLED))
async def test_nothing_is_applied_when_the_event_speaks_of_somebody_elses_object(world: World, type: str) -> None:
    await place(world)
    order = await the_order()
    await post_event(world, type=type, resource="xx_foreign", charge="ch_foreign", metadata={"payment_id": "foreign"})

    await world.worker.drain()

    assert (await one("SELECT state, outcome FROM inbox_event")) == {"state": "done", "outcome": "foreign"}
    assert await the_order() == order


async def test_direct_payment_is_not_found_when_the_event_names_no_account_or_another(world: World) -> None:
    things = await pay_and_find(world, LAMP)
    other = await value("SELECT account_ref FROM vendor WHERE slug = 'saltline'")
    await post_event(world, event="evt_1", **about(things["checkout"], "checkout.session.completed"))
    await post_event(
        world, CONNECT, event="evt_2", account=other, **about(things["checkout"], "checkout.session.completed")
    )

    await world.worker.drain()

    assert {row["outcome"] for row in await rows("SELECT outcome FROM inbox_event")} == {"foreign"}
    assert await count_effects() == NEVER


@pytest.mark.parametrize("type", ["payment_intent.succeeded", "person.updated", "a.type.of.the.future"])
async def test_event_is_ignored_when_nobody_handles_its_type(world: World, type: str) -> None:
    await post_event(world, type=type, api_version="2031-01-01.newer")

    await world.worker.drain()

    assert (await one("SELECT state, outcome FROM inbox_event")) == {"state": "done", "outcome": "ignored"}


async def test_reason_of_the_last_try_is_kept_when_a_card_is_declined(world: World) -> None:
    ada, url = await place(world)
    await world.tell("webhooks", action="drop", type="charge.failed", count=0)
    await world.pay(url, number=DECLINED)

    await world.deliver()

    assert (await value("SELECT outcome FROM inbox_event WHERE type = 'payment_intent.payment_failed'")) == "applied"
    assert (await the_payment())["failure_reason"] == "The bank declined the card"
    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert await ada.status(await path_of()) == "Waiting for payment"


async def test_event_waits_and_is_tried_again_when_the_provider_does_not_answer(world: World) -> None:
    things = await pay_and_find(world)
    await post_event(world, **about(things["checkout"], "checkout.session.completed"))
    await break_calls(world, f"{SESSIONS}/*", method="GET")

    await world.worker.drain()

    waiting = await one("SELECT * FROM inbox_event")
    assert (waiting["state"], waiting["attempt"], waiting["lease_until"]) == ("waiting", 1, None)
    assert waiting["last_error"].startswith("Unavailable")
    assert waiting["run_at"] > clock.wall()
    assert await count_effects() == NEVER
    await mend(world)
    await make_due("inbox_event")
    await world.worker.drain()
    assert await count_effects() == ONCE
    assert (await one("SELECT state, attempt FROM inbox_event")) == {"state": "done", "attempt": 2}


async def test_others_are_applied_and_the_bad_one_is_parked_when_one_never_works(world: World) -> None:
    things = await pay_and_find(world)
    bad = (await the_payment())["provider_ref"]
    await break_calls(world, f"{SESSIONS}/{bad}", method="GET", status=404)
    await post_event(world, event="evt_bad", **about(things["checkout"], "checkout.session.completed"))
    good = await pay_and_find(world)
    await post_event(world, event="evt_good", **about(good["checkout"], "checkout.session.completed"))

    for _ in range(TRIES + 3):
        await world.worker.process_events()
        await make_due("inbox_event")

    assert await count_effects() == ONCE
    parked = await one("SELECT state, attempt, last_error FROM inbox_event WHERE event_id = 'evt_bad'")
    assert (parked["state"], parked["attempt"]) == ("parked", TRIES)
    assert "GatewayBug" in parked["last_error"]
    assert await count_parked() == 1
    shown = await check_queue("inbox")
    assert not shown.ok
    assert shown.detail.startswith("1 parked, first checkout.session.completed evt_bad: GatewayBug")


async def test_fee_waits_for_the_provider_when_its_message_comes_too_early(world: World) -> None:
    things = await pay_and_find(world)
    await post_event(world, **about(things["charge"], "charge.updated"))

    await world.worker.drain()

    assert await value("SELECT last_error FROM inbox_event") == "NotYet: the provider has not settled this charge yet"
    await world.advance(20)
    await make_due("inbox_event")
    await world.worker.drain()
    assert await value("SELECT settled FROM capture")
    assert await value("SELECT state FROM inbox_event") == "done"


async def test_message_about_a_charge_waits_when_its_payment_is_not_confirmed_yet(world: World) -> None:
    _, url = await place(world)
    payment = await the_payment()
    early = {"id": "ch_early", "object": "charge", "metadata": {"payment_id": str(payment["id"])}}
    await post_event(world, **about(early, "charge.refunded"))
    await world.worker.drain()
    waiting = await one("SELECT state, last_error FROM inbox_event")

    await pay_unheard(world, url)
    await make_due("inbox_event")
    await world.worker.drain()

    assert (waiting["state"], waiting["last_error"]) == (
        "waiting",
        "NotYet: the payment of this charge is not confirmed yet",
    )
    assert await value("SELECT outcome FROM inbox_event WHERE state = 'done' AND type = 'charge.refunded'") == "applied"
    assert (await the_order())["payment_state"] == "paid"


async def test_event_is_applied_once_when_two_workers_work(world: World) -> None:
    for _ in range(3):
        _, url = await place(world)
        await pay_unheard(world, url)
    await world.tell("webhooks", action="clear")
    while await world.sandbox.state.deliveries.run_due():
        pass

    while sum(await asyncio.gather(*(process_due(world.gateways) for _ in range(4)))):
        pass

    assert set(await value("SELECT array_agg(DISTINCT attempt) FROM inbox_event WHERE state = 'done'")) == {1}
    assert (await count_effects())["orders"] == 3


async def test_result_of_a_slow_worker_is_not_written_when_its_lease_was_lost(world: World) -> None:
    """A worker stopped past its lease: another one has done the work, and the first one wakes up again."""
    things = await pay_and_find(world)
    await post_event(world, **about(things["checkout"], "checkout.session.completed"))
    (zombie,) = await claim("inbox_event")
    assert await process_due(world.gateways) == 0

    await fetch("UPDATE inbox_event SET lease_until = $1", clock.wall() - timedelta(seconds=1))
    assert await process_due(world.gateways) == 1

    assert not await finish(zombie, "parked")
    assert (await one("SELECT state, attempt FROM inbox_event")) == {"state": "done", "attempt": 2}
    assert await count_effects() == ONCE


@pytest.mark.parametrize("seed", range(6))
async def test_state_is_the_same_when_events_come_in_any_order(world: World, seed: int) -> None:
    """Declined, paid, partly refunded by hand, settled: all the messages in a random order."""
    await world.tell("webhooks", action="hold")
    ada, url = await place(world)
    await world.pay(url, number=DECLINED)
    await world.pay(url)
    await world.advance(20)
    charge = (await world.truth("captures"))[0]["ref"]
    body = {"charge": charge, "amount": 1000, "reverse_transfer": "true"}
    headers = {"Authorization": "Bearer sk_test_overprint"}
    assert (await world.console.post("/v1/refunds", data=body, headers=headers)).status_code == 200
    events = sorted(row["ref"] for row in await world.truth("events"))
    random.Random(seed).shuffle(events)

    for event in events:
        await world.tell("webhooks", action="release", event=event)
        await world.deliver()
    await make_due("inbox_event")
    await world.settle()

    assert not await rows("SELECT 1 FROM inbox_event WHERE state <> 'done'")
    assert await count_effects() == ONCE
    order = await the_order()
    assert (order["payment_state"], order["refunded"], order["refund_pending"]) == ("paid", 1000, 0)
    assert await ada.status(await path_of()) == "Partly refunded"
    assert await stock_of(MUG) == (40, 0, 1)
    assert [text for _, text in await timeline()].count("$10.00 refunded.") == 1
    await assert_books_agree(world)


async def test_lag_is_measured_when_an_event_is_taken_even_one_that_nobody_handles(world: World) -> None:
    async def count() -> float:
        text = (await world.browser().get("/metrics")).text
        [line] = [line for line in text.splitlines() if line.startswith("overprint_webhook_lag_seconds_count")]
        return float(line.split()[-1])

    before = await count()
    await post_event(world, type="account.updated")

    await world.worker.drain()

    assert await count() == before + 1


async def test_no_event_is_lost_when_the_shop_was_away_while_things_happened(world: World, db: str) -> None:
    """Whatever the provider has told of a type we handle is a row of ours in the end, and each of them once (I15)."""
    _, url = await place(world)
    async with database_away(db):
        await world.pay(url, number=DECLINED)
        await world.pay(url)
        while await world.sandbox.state.deliveries.run_due():
            pass
    assert not await rows("SELECT 1 FROM inbox_event")

    await world.tell("webhooks", action="resend", type="*", count=0)
    await world.settle()

    told = [event["ref"] for event in await world.truth("events") if event["type"] in HANDLED]
    ours = await rows("SELECT event_id, state FROM inbox_event")
    assert len(told) == 3
    assert set(told) <= {row["event_id"] for row in ours}
    assert {row["state"] for row in ours} == {"done"}
    assert await count_effects() == ONCE
