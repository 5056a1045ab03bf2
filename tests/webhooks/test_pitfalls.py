"""Traps of webhooks that other shops fell into, by their number on the fact page."""

from __future__ import annotations

import pytest

from store.webhooks.states import PATHS
from tests.facts import NEVER, ONCE, assert_books_agree, count_effects, one, path_of, the_order, the_payment
from tests.payments.buying import LAMP, SESSIONS, break_calls, mend, pay_unheard, place
from tests.signing import sign_headers
from tests.webhooks.test_process import about, pay_and_find
from tests.webhooks.test_receive import deliver
from tests.world import World, rows


async def test_pitfall_6_an_event_is_kept_until_its_order_can_be_seen_and_a_foreign_one_is_answered_200(
    world: World,
) -> None:
    """What is answered 2xx is a row: one that cannot be applied yet waits, one that is not ours is done."""
    _, url = await place(world)
    await pay_unheard(world, url)
    await break_calls(world, f"{SESSIONS}/*", method="GET")
    await world.tell("webhooks", action="release")
    await world.deliver()
    assert await count_effects() == NEVER
    assert "waiting" in {row["state"] for row in await rows("SELECT state FROM inbox_event")}
    body, headers = sign_headers(world.settings, PATHS["account"], event="evt_foreign", resource="cs_test_foreign")
    assert (await deliver(world, body, headers)).status_code == 200

    await mend(world)
    await world.worker.drain()
    await world.settle()
    await world.worker.drain(sweep=True)

    assert (await the_order())["payment_state"] == "paid"
    foreign = await one("SELECT state, outcome FROM inbox_event WHERE event_id = 'evt_foreign'")
    assert foreign == {"state": "done", "outcome": "foreign"}


async def test_pitfall_11_each_endpoint_has_its_own_secret_and_takes_no_other(world: World) -> None:
    for path, other in (PATHS.values(), reversed(PATHS.values())):
        body, headers = sign_headers(world.settings, other)
        assert (await deliver(world, body, headers, path)).status_code == 400
        assert (await deliver(world, body, headers, other)).status_code == 200

    assert len(await rows("SELECT 1 FROM inbox_event")) == 1


async def test_pitfall_12_a_connected_accounts_object_is_fetched_in_its_account(world: World) -> None:
    ada, url = await place(world, LAMP)
    await world.pay(url)

    await world.deliver()

    payment = await the_payment()
    looks = [
        request
        for request in await world.truth("requests")
        if request["method"] == "GET" and request["path"] == f"{SESSIONS}/{payment['provider_ref']}"
    ]
    assert {request["account"] for request in looks} == {payment["account_ref"]} != {None}
    assert await ada.status(await path_of()) == "Paid"


@pytest.mark.parametrize("path", PATHS.values())
async def test_pitfall_13_no_endpoint_takes_what_nobody_signed(world: World, path: str) -> None:
    body, headers = sign_headers(world.settings, path)

    for forged in ({}, {**headers, "Stripe-Signature": "t=1,v1=00"}, {"Stripe-Signature": ""}):
        assert (await deliver(world, body, forged, path)).status_code == 400

    assert await rows("SELECT 1 FROM inbox_event") == []


async def test_pitfall_19_fee_and_py_charge_of_a_vendor_are_passed_over_and_booked_with_the_payment_they_belong_to(
    world: World,
) -> None:
    """Objects that we keep no copy of: no event of theirs fails, is taken for a payment, or is missed in the books."""
    _, url = await place(world)
    await world.pay(url)
    await world.settle()
    (fee,) = await rows("SELECT event_id, outcome FROM inbox_event WHERE type = 'application_fee.created'")
    vendor = (await the_payment())["destination_ref"]
    charges = world.sandbox.state.world.find(vendor, "charge")
    (py,) = [charge["id"] for charge in charges]
    for type in ("charge.updated", "charge.refunded"):
        body, headers = sign_headers(
            world.settings, PATHS["connect"], event=f"evt_{type}", account=vendor, type=type, resource=py
        )
        assert (await deliver(world, body, headers, PATHS["connect"])).status_code == 200

    await world.settle()

    told = await rows("SELECT state, outcome FROM inbox_event WHERE event_id LIKE 'evt_charge.%'")
    assert py.startswith("py_")
    assert [(event["state"], event["outcome"]) for event in told] == [("done", "foreign")] * 2
    assert fee["outcome"] == "ignored"
    assert await count_effects() == ONCE
    assert (await one("SELECT count(*) FROM ledger_tx WHERE kind = 'application_fee'"))["count"] == 1
    await assert_books_agree(world)


async def test_pitfall_20_an_event_of_a_payment_intent_finds_its_payment_by_the_events_account(world: World) -> None:
    things = await pay_and_find(world, LAMP)
    account = (await the_payment())["account_ref"]
    event = about(things["payment_intent"], "payment_intent.payment_failed")
    for name, whose in (("evt_platform", ""), ("evt_vendor", account)):
        path = PATHS["connect" if whose else "account"]
        body, headers = sign_headers(world.settings, path, event=name, account=whose, **event)
        assert (await deliver(world, body, headers, path)).status_code == 200

    await world.worker.drain()

    outcomes = {row["event_id"]: row["outcome"] for row in await rows("SELECT event_id, outcome FROM inbox_event")}
    assert outcomes == {"evt_platform": "foreign", "evt_vendor": "applied"}
    assert await count_effects() == ONCE
