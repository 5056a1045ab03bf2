"""Deliveries that never came: the events are read from the provider's list, into the same inbox, once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from store.gateways.port import ListedEvent
from store.kit import clock
from store.kit.db import fetch
from store.webhooks.service import back_fill, keep_listed
from store.webhooks.service.backfill import LISTED_FOR, OVERLAP
from store.webhooks.states import HANDLED, PATHS
from store.webhooks.sweep import QUIET, sweep_silence
from store.workers import Worker
from tests.facts import (
    ONCE,
    assert_books_agree,
    count_effects,
    make_due,
    one,
    path_of,
    posted,
    the_order,
    the_payment,
    timeline,
    value,
)
from tests.payments.buying import LAMP, MUG, break_calls, mend, pay_unheard, place
from tests.signing import sign_body
from tests.webhooks.test_receive import deliver
from tests.world import DECLINED, SHOP, World, rows

KEY = {"Authorization": "Bearer sk_test_overprint"}
TYPES = {"types[]": sorted(HANDLED)}
RAILS = [(MUG, "account"), (LAMP, "connect")]
IDS = ["platform", "direct"]


async def switch(world: World, endpoint: str, *, on: bool) -> None:
    """Switch one of the shop's endpoints off or on at the provider."""
    listed = (await world.console.get("/v1/webhook_endpoints", headers=KEY)).json()["data"]
    (found,) = (one for one in listed if one["url"] == SHOP + PATHS[endpoint])
    path = f"/v1/webhook_endpoints/{found['id']}"
    answer = await world.console.post(path, data={"disabled": "false" if on else "true"}, headers=KEY)
    assert answer.status_code == 200, answer.text


async def pay_for_nobody(world: World, sku: str) -> None:
    """Ada pays; every delivery is lost for ever, and no sweep looks at her payment."""
    _, url = await place(world, sku)
    await world.tell("webhooks", action="drop", count=0)
    assert (await world.pay(url)).status_code == 303
    before = await value("SELECT count(*) FROM inbox_event")
    await world.deliver()
    assert await value("SELECT count(*) FROM inbox_event") == before


@pytest.mark.parametrize(("sku", "endpoint"), RAILS, ids=IDS)
async def test_missed_events_are_fetched_when_the_endpoint_was_switched_off(
    world: World, sku: str, endpoint: str
) -> None:
    ada, url = await place(world, sku)
    await switch(world, endpoint, on=False)
    assert (await world.pay(url)).status_code == 303
    await world.deliver()
    assert (await the_order())["payment_state"] == "awaiting_payment"

    await world.worker.watch()
    await world.worker.drain()

    assert await ada.status(await path_of()) == "Paid"
    assert (await timeline())[-1][0] == "webhook"
    account = (await the_payment())["account_ref"]
    kept = await rows("SELECT DISTINCT account, endpoint FROM inbox_event")
    assert kept == [{"account": account, "endpoint": "listed"}]
    await switch(world, endpoint, on=True)
    await world.settle()
    assert await count_effects() == ONCE
    await assert_books_agree(world)


@pytest.mark.parametrize(("sku", "endpoint"), RAILS, ids=IDS)
async def test_missed_events_are_fetched_when_an_account_is_silent_while_a_payment_is_open(
    world: World, sku: str, endpoint: str
) -> None:
    await pay_for_nobody(world, sku)
    await world.worker.watch()
    await world.worker.drain()
    assert (await the_order())["payment_state"] == "awaiting_payment"
    await world.advance(int(QUIET.total_seconds()) + 60)

    await world.worker.watch()
    await world.worker.drain()

    assert (await the_order())["payment_state"] == "paid"
    assert len(await posted(world, "/v1/events", "GET")) == 1


async def test_nothing_is_fetched_when_nobody_pays_or_the_provider_is_heard(world: World) -> None:
    await world.advance(86_400)
    assert await sweep_silence() == 0
    _, url = await place(world)
    await world.pay(url)
    await world.deliver()
    await place(world, LAMP)
    await world.advance(int(QUIET.total_seconds()) + 60)
    await place(world)

    assert await sweep_silence() == 1

    asked = [json.loads(row["body"])["account"] for row in await rows("SELECT body FROM operation")]
    assert asked == [(await value("SELECT account_ref FROM vendor WHERE slug = 'lumen-works'"))]


async def test_provider_is_asked_once_in_a_while_when_many_workers_notice_the_silence(world: World) -> None:
    await pay_for_nobody(world, MUG)
    await world.advance(int(QUIET.total_seconds()) + 60)
    workers = [Worker(world.gateways, world.worker.mailer) for _ in range(3)]

    for _ in range(2):
        await asyncio.gather(*(worker.watch() for worker in workers))
    await asyncio.gather(*(worker.drain() for worker in workers))

    assert len(await posted(world, "/v1/events", "GET")) == 1
    assert (await the_order())["payment_state"] == "paid"


async def test_what_was_missed_is_fetched_once_more_when_the_endpoint_is_on_again(world: World) -> None:
    """The hole lies behind the last event seen; only the payments that are open still tell how far back it goes."""
    await switch(world, "account", on=False)
    await world.worker.watch()
    await world.worker.drain()
    _, url = await place(world)
    await world.pay(url)
    await world.deliver()
    await world.advance(2 * 3600)
    await switch(world, "account", on=True)

    await world.worker.watch()
    await world.worker.drain()

    assert (await the_order())["payment_state"] == "paid"


async def test_fetching_goes_back_to_the_oldest_open_payment_when_later_events_were_seen(world: World) -> None:
    await pay_for_nobody(world, MUG)
    payment = await the_payment()
    await world.advance(5 * 3600)
    await world.tell("webhooks", action="clear")
    _, url = await place(world)
    await world.pay(url)
    await world.deliver()

    assert await back_fill(world.gateways, "") > 0

    (asked,) = await posted(world, "/v1/events", "GET")
    assert int(asked["params"]["created[gte]"]) == int((payment["created_at"] - OVERLAP).timestamp())
    await world.worker.drain()
    assert {row["payment_state"] for row in await rows("SELECT payment_state FROM orders")} == {"paid"}


async def test_fetching_goes_back_thirty_days_when_nothing_is_known(world: World) -> None:
    assert await back_fill(world.gateways, "") == 0

    (asked,) = await posted(world, "/v1/events", "GET")
    since = clock.now() - LISTED_FOR
    assert abs(int(asked["params"]["created[gte]"]) - since.timestamp()) < 60
    assert {text for name, text in asked["params"].items() if name.startswith("types")} == set(HANDLED)


async def test_every_event_is_fetched_when_there_are_more_than_one_page(world: World) -> None:
    _, url = await place(world)
    await world.tell("webhooks", action="drop", count=0)
    for _ in range(101):
        await world.pay(url, number=DECLINED)
    await world.pay(url)

    missed = await back_fill(world.gateways, "")

    assert missed > 100
    assert len(await posted(world, "/v1/events", "GET")) == 2
    assert await back_fill(world.gateways, "") == 0


async def test_page_is_kept_and_the_rest_is_fetched_next_time_when_the_second_page_is_lost(world: World) -> None:
    """What is kept of the newest says nothing of the older ones behind it: nobody else asks for those any more."""
    _, url = await place(world)
    await world.pay(url)
    await world.deliver()
    seen = await value("SELECT count(*) FROM inbox_event")
    await world.tell("webhooks", action="drop", count=0)
    _, url = await place(world)
    for _ in range(101):
        await world.pay(url, number=DECLINED)
    await world.advance(3 * 3600)
    await world.worker.drain(sweep=True)
    await pay_for_nobody(world, MUG)
    await world.advance(int(QUIET.total_seconds()) + 60)
    listed = await world.console.get("/v1/events", params={"limit": 100, **TYPES}, headers=KEY)
    await break_calls(world, "/v1/events", method="GET", object=listed.json()["data"][-1]["id"])

    await world.worker.watch()
    await world.worker.drain()

    assert await value("SELECT count(*) FROM inbox_event") == seen + 100
    assert await value("SELECT state FROM operation WHERE kind = 'back_fill'") == "waiting"
    assert (await the_order())["payment_state"] == "paid"
    await mend(world)
    await make_due("operation")
    asked = len(await posted(world, "/v1/events", "GET"))
    await world.worker.drain()
    assert len(await posted(world, "/v1/events", "GET")) == asked + 2
    known = {row["event_id"] for row in await rows("SELECT event_id FROM inbox_event")}
    assert {event["ref"] for event in await world.truth("events") if event["type"] in HANDLED} <= known


async def test_delivery_is_a_duplicate_when_its_event_was_listed_before(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    await back_fill(world.gateways, "")
    await world.worker.drain()
    assert {row["sha256"] for row in await rows("SELECT sha256 FROM inbox_event")} == {""}

    await world.tell("webhooks", action="release")
    await world.deliver()

    listed = await rows("SELECT * FROM inbox_event WHERE endpoint = 'listed'")
    assert {(row["deliveries"], bool(row["sha256"])) for row in listed} == {(2, True)}
    assert await rows("SELECT 1 FROM inbox_variant") == []
    await world.tell("webhooks", action="resend", type="*", count=0)
    await world.deliver()
    assert await rows("SELECT 1 FROM inbox_variant WHERE alarming") == []
    await world.settle()
    assert await count_effects() == ONCE


async def test_listed_event_changes_nothing_when_it_was_delivered_before(world: World) -> None:
    _, url = await place(world)
    await world.pay(url)
    await world.deliver()
    before = await rows("SELECT * FROM inbox_event ORDER BY id")

    assert await back_fill(world.gateways, "") == 0

    assert await rows("SELECT * FROM inbox_event ORDER BY id") == before
    assert await rows("SELECT 1 FROM inbox_variant") == []


async def test_alarm_is_raised_when_a_delivery_contradicts_what_was_listed(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    await back_fill(world.gateways, "")
    stored = await one("SELECT * FROM inbox_event WHERE type = 'checkout.session.completed'")
    other = json.loads(stored["body"])
    other["data"]["object"]["id"] = "cs_test_of_somebody_else"
    body = json.dumps(other).encode()

    await deliver(world, body, sign_body(body, world.settings.stripe_webhook_secrets[0]))

    assert await value("SELECT alarming FROM inbox_variant") is True
    assert (await one("SELECT body, sha256 FROM inbox_event WHERE id = $1", stored["id"])) == {
        "body": stored["body"],
        "sha256": "",
    }


async def test_listed_event_is_kept_and_never_applied_when_it_is_of_another_world(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    pages = world.gateways.stripe.list_events("", clock.now() - timedelta(days=1), sorted(HANDLED))
    (listed, *_) = await anext(aiter(pages))
    event: dict[str, Any] = {**json.loads(listed.body), "account": "acct_nobody"}
    body = json.dumps(event).encode()

    await keep_listed(world.gateways, "stripe", ListedEvent(world.gateways.stripe.read_event(body), body))

    assert (await one("SELECT state, outcome FROM inbox_event")) == {"state": "done", "outcome": "unknown_account"}


async def test_fetching_is_tried_again_when_the_provider_does_not_answer(world: World) -> None:
    await pay_for_nobody(world, MUG)
    await world.advance(int(QUIET.total_seconds()) + 60)
    await break_calls(world, "/v1/events", method="GET")
    await world.worker.watch()
    await world.worker.drain()
    assert (await one("SELECT state, attempt FROM operation")) == {"state": "waiting", "attempt": 1}

    await mend(world)
    await make_due("operation")
    await world.worker.drain()

    assert (await the_order())["payment_state"] == "paid"


async def test_worker_goes_on_when_endpoints_cannot_be_looked_at(world: World) -> None:
    await pay_for_nobody(world, MUG)
    await world.advance(int(QUIET.total_seconds()) + 60)

    for status in (403, 401):
        await break_calls(world, "/v1/webhook_endpoints", method="GET", status=status)
        await world.worker.watch()
        await mend(world)
    await world.worker.drain()

    assert (await the_order())["payment_state"] == "paid"


async def test_probe_of_the_doctor_is_no_sign_of_life_when_it_is_in_the_inbox(world: World) -> None:
    await pay_for_nobody(world, MUG)
    await world.advance(int(QUIET.total_seconds()) + 60)
    _, headers, body = world.gateways.stripe.sign_probe("account")
    await deliver(world, body, headers)
    await fetch("UPDATE inbox_event SET created_at = $1", clock.now())

    assert await sweep_silence() == 1
