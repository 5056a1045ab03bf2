"""An attempt that is old, refused or given up is looked for before anything is decided about it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from store.gateways.build import build_gateways
from store.payments.service import sync_payment
from store.payments.service.complete import RESEND_FOR
from store.payments.states import Door
from tests.facts import ONCE, assert_books_agree, count_effects, path_of, posted, stock_of, the_order, the_payment
from tests.payments.buying import LAMP, MUG, NOTEBOOK, SESSIONS, PaysBeforeExpiry, break_calls, mend
from tests.payments.unanswered import created_on_the_wire, leave_unknown, sessions_of
from tests.world import SANDBOX, World, rows


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_old_attempt_is_looked_for_and_adopted_when_the_provider_has_it(world: World, sku: str) -> None:
    await leave_unknown(world, "after", sku)
    payment = await the_payment()
    await world.advance(13 * 60)

    await world.worker.drain(sweep=True)

    (listed,) = await posted(world, SESSIONS, "GET")
    assert listed["account"] == (payment["account_ref"] or None)
    since = (payment["created_at"] - timedelta(minutes=15)).timestamp()
    assert listed["params"]["created[gte]"] == str(int(since))
    last_sent = payment["created_at"] + RESEND_FOR
    assert int(listed["params"]["created[lte]"]) >= last_sent.timestamp()
    assert len(created_on_the_wire(world)) == 1
    (session,) = await sessions_of(world, payment["account_ref"])
    found = await the_payment()
    assert (found["status"], found["provider_ref"], found["redirect_url"]) == ("pending", session["id"], session["url"])


async def test_old_attempt_is_found_when_the_list_has_more_than_one_page(world: World) -> None:
    ada = await leave_unknown(world, "after")
    body = {
        "mode": "payment",
        "success_url": "http://localhost/x",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "100",
        "line_items[0][price_data][product_data][name]": "Something else",
    }
    for _ in range(101):
        made = await world.console.post(SESSIONS, data=body, headers={"Authorization": "Bearer sk_test_overprint"})
        assert made.status_code == 200, made.text
    await world.advance(13 * 60)

    url = await ada.check_out()

    assert url == (await the_payment())["redirect_url"]
    assert len(await posted(world, SESSIONS, "GET")) == 2
    assert (await the_payment())["attempt"] == 1


async def test_old_attempt_is_given_up_and_a_new_one_opens_when_the_list_lacks_it(world: World) -> None:
    ada = await leave_unknown(world, "before")
    old = await the_payment()
    await world.advance(13 * 60)

    await world.worker.drain(sweep=True)

    assert (await the_payment())["status"] == "abandoned"
    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert await stock_of(MUG) == (40, 1, 0)
    url = (await ada.post(f"{await path_of()}/pay")).headers["location"]
    new = await the_payment()
    assert (new["attempt"], new["status"], new["redirect_url"]) == (2, "pending", url)
    assert new["id"] != old["id"]
    assert created_on_the_wire(world)[-1][0] == str(new["id"])
    assert len(await rows("SELECT 1 FROM orders")) == 1
    await world.pay(url)
    await world.settle()
    assert await count_effects() == ONCE
    await assert_books_agree(world)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_request_is_never_sent_blindly_when_its_key_is_older_than_a_day(
    world: World, sku: str, when: str
) -> None:
    """By then the provider has forgotten the key: the same request would open a second session."""
    before = await stock_of(sku)
    await leave_unknown(world, when, sku)
    await world.advance(25 * 3600)

    await world.worker.drain(sweep=True)

    assert len(created_on_the_wire(world)) == 1
    assert len(await posted(world, SESSIONS, "GET")) == 1
    payment = await the_payment()
    assert payment["status"] == ("abandoned" if when == "before" else "expired")
    assert len(await sessions_of(world, payment["account_ref"])) == (0 if when == "before" else 1)
    await world.worker.drain(sweep=True)
    await world.advance(3600)
    await world.worker.drain(sweep=True)
    assert (await the_order())["payment_state"] == "expired"
    assert await stock_of(sku) == before


@pytest.mark.parametrize("took_effect", [False, True])
async def test_key_is_left_when_the_provider_has_stored_a_failure_under_it(world: World, took_effect: bool) -> None:
    """Stripe answers a key with its first result for a day, a 500 too: look, and take a new key if nothing is there."""
    wire = StoresFailure(world.wire, took_effect)
    gateways = build_gateways(world.settings, wire)
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    payment_id = await place_unsent(world, form)

    status = await sync_payment(gateways, payment_id, Door.SWEEP)

    assert status == ("pending" if took_effect else "abandoned")
    assert len(set(wire.keys)) == 1
    url = await ada.check_out()
    assert len(await sessions_of(world)) == 1
    assert (await the_payment())["attempt"] == (1 if took_effect else 2)
    await world.pay(url)
    await world.settle()
    assert await count_effects() == ONCE
    await assert_books_agree(world)


async def place_unsent(world: World, form: dict[str, str]) -> UUID:
    """Ada's checkout, of which nothing reaches the provider; returns the attempt's id."""
    await break_calls(world, SESSIONS, count=1)
    answer = await world.clients[0].post("/checkout", data=form)
    assert answer.status_code == 503
    await mend(world)
    return (await the_payment())["id"]  # type: ignore[no-any-return]


class StoresFailure(httpx.AsyncBaseTransport):
    """A provider that answers every request for a session with the 500 it stored, after or without its effect."""

    def __init__(self, inner: httpx.AsyncBaseTransport, took_effect: bool) -> None:
        self._inner, self._took_effect = inner, took_effect
        self.keys: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or request.url.path != SESSIONS:
            return await self._inner.handle_async_request(request)
        if self._took_effect and not self.keys:
            await self._inner.handle_async_request(request)
        self.keys.append(request.headers["idempotency-key"])
        error = {"type": "api_error", "message": "Something went wrong on our end."}
        headers = {"Idempotent-Replayed": "true", "Stripe-Should-Retry": "false"}
        return httpx.Response(500, json={"error": error}, headers=headers)


async def test_nothing_is_given_up_when_the_list_cannot_be_read(world: World) -> None:
    await leave_unknown(world, "after")
    await world.advance(13 * 60)
    await break_calls(world, SESSIONS, method="GET")

    await world.worker.drain(sweep=True)

    assert (await the_payment())["status"] == "created"
    await mend(world)
    await world.advance(6 * 60)
    await world.worker.drain(sweep=True)
    assert (await the_payment())["status"] == "pending"


async def test_old_order_ends_at_once_when_the_buyer_wants_another_and_the_list_lacks_it(world: World) -> None:
    ada = await leave_unknown(world, "before")
    old = await the_order()
    await world.advance(13 * 60)
    await ada.add(NOTEBOOK)

    url = await ada.check_out()

    assert url.startswith(SANDBOX)
    states = await rows("SELECT id, payment_state FROM orders ORDER BY placed_at")
    assert [row["payment_state"] for row in states] == ["canceled", "awaiting_payment"]
    assert states[0]["id"] == old["id"]
    assert await stock_of(MUG) == (40, 1, 0)


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_session_is_adopted_when_the_request_is_refused_after_it_took_effect(world: World, sku: str) -> None:
    """Otherwise the hold would end while somebody can still pay."""
    ada = await leave_unknown(world, "after", sku)
    await break_calls(world, SESSIONS, status=403)

    url = await ada.check_out()

    (session,) = await sessions_of(world, (await the_payment())["account_ref"])
    assert (url, (await the_payment())["provider_ref"]) == (session["url"], session["id"])
    assert (await the_order())["payment_state"] == "awaiting_payment"


async def test_nothing_is_given_up_when_a_refused_request_cannot_be_looked_for(world: World) -> None:
    ada = await leave_unknown(world, "after")
    await break_calls(world, SESSIONS, status=403)
    await break_calls(world, SESSIONS, method="GET")

    answer = await ada.post("/checkout", **(await ada.checkout_form()))

    assert answer.status_code == 503
    assert ((await the_payment())["status"], (await the_order())["payment_state"]) == ("created", "awaiting_payment")
    assert await stock_of(MUG) == (40, 1, 0)


async def test_order_is_paid_when_money_comes_for_an_attempt_that_had_been_given_up(world: World) -> None:
    ada = await leave_unknown(world, "after")
    await break_calls(world, SESSIONS, method="*", status=403)
    await ada.post("/checkout", **(await ada.checkout_form()))
    assert ((await the_payment())["status"], (await the_order())["payment_state"]) == ("failed", "canceled")
    await mend(world)
    (session,) = await sessions_of(world)

    await world.pay(session["url"])
    await world.settle()

    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE
    await assert_books_agree(world)


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_session_is_closed_when_an_attempt_that_had_been_given_up_is_found(world: World, sku: str) -> None:
    """Its request took effect after all; left open, the order that has gone on could be paid twice."""
    ada = await leave_unknown(world, "after", sku)
    old = await the_payment()
    await break_calls(world, SESSIONS, method="*", status=403)
    await ada.post("/checkout", **(await ada.checkout_form()))
    assert (await the_payment())["status"] == "failed"
    await mend(world)
    (session,) = await sessions_of(world, old["account_ref"])
    assert session["status"] == "open"

    assert await sync_payment(world.gateways, old["id"], Door.CHECK) == "failed"

    (session,) = await sessions_of(world, old["account_ref"])
    assert session["status"] == "expired"
    assert (await the_payment())["provider_ref"] == session["id"]
    assert await ada.status(await path_of()) == "Canceled"
    await ada.check_out()
    assert [row["status"] for row in await rows("SELECT status FROM payment ORDER BY created_at")] == [
        "failed",
        "pending",
    ]


async def test_order_is_paid_when_a_given_up_attempt_is_paid_before_it_can_be_closed(world: World) -> None:
    ada = await leave_unknown(world, "after")
    await break_calls(world, SESSIONS, method="*", status=403)
    await ada.post("/checkout", **(await ada.checkout_form()))
    await mend(world)
    (session,) = await sessions_of(world)
    await world.tell("webhooks", action="hold")
    paying = PaysBeforeExpiry(world, session["url"])

    assert await sync_payment(paying.gateways, (await the_payment())["id"], Door.CHECK) == "succeeded"

    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE
