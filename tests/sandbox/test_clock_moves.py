"""What the clock moves in the sandbox, and what stays on wall time, as far as no other test moves the clock for it.

Each probe does something, moves the clock by 40 days and tells whether that brought it about. The shop's half is in
`test_clock_moves_shop.py`; `docs/testing.md` has both tables and names a test for each row.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from store.sandbox.recipients import BACK_OFF
from tests.sandbox.conftest import Sandbox

DAYS_40 = 40 * 86400
COMPLETED = "checkout.session.completed"
Probe = Callable[[Sandbox], Awaitable[bool]]


async def _move(sandbox: Sandbox) -> None:
    assert (await sandbox.tell("clock", advance=DAYS_40)).status_code == 200


async def session_expires(sandbox: Sandbox) -> bool:
    session = await sandbox.open_session()
    await _move(sandbox)
    shown = (await sandbox.call("GET", f"/v1/checkout/sessions/{session['id']}")).json()
    return bool(shown["status"] == "expired")


async def charge_settles(sandbox: Sandbox) -> bool:
    await sandbox.submit((await sandbox.open_session())["id"])
    assert (await sandbox.call("GET", "/v1/balance_transactions")).json()["data"] == []
    await _move(sandbox)
    return bool((await sandbox.call("GET", "/v1/balance_transactions")).json()["data"])


async def balance_becomes_available(sandbox: Sandbox) -> bool:
    await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.tell("clock", advance=60)
    await _move(sandbox)
    (line,) = (await sandbox.call("GET", "/v1/balance_transactions")).json()["data"]
    return bool(line["status"] == "available")


async def idempotency_key_is_forgotten(sandbox: Sandbox) -> bool:
    first = (await sandbox.call("POST", "/v1/customers", {"name": "Ada"}, key="k1")).json()
    await _move(sandbox)
    second = (await sandbox.call("POST", "/v1/customers", {"name": "Ada"}, key="k1")).json()
    return bool(first["id"] != second["id"])


async def event_is_no_longer_listed(sandbox: Sandbox) -> bool:
    await sandbox.create("/v1/customers", {"name": "Ada"})
    assert (await sandbox.call("GET", "/v1/events")).json()["data"]
    await _move(sandbox)
    return (await sandbox.call("GET", "/v1/events")).json()["data"] == []


async def created_is_later(sandbox: Sandbox) -> bool:
    await _move(sandbox)
    made = await sandbox.create("/v1/customers", {"name": "Ada"})
    return bool(made["created"] > time.time() + DAYS_40 - 60)


async def card_runs_out(sandbox: Sandbox) -> bool:
    session = await sandbox.open_session()
    next_month = time.gmtime(time.time() + 20 * 86400)
    await sandbox.tell("clock", advance=23 * 3600)  # the session is open for 24 hours
    expiry = f"{next_month.tm_mon:02}/{next_month.tm_year}"
    still_good = "in the past" not in (await sandbox.submit(session["id"], expiry=expiry, name="")).text
    await sandbox.tell("clock", advance=2 * DAYS_40)
    later = await sandbox.submit((await sandbox.open_session())["id"], expiry=expiry)
    return still_good and "in the past" in later.text


async def signature_is_of_another_time(sandbox: Sandbox) -> bool:
    await sandbox.add_endpoint((COMPLETED,))
    await _move(sandbox)
    await sandbox.submit((await sandbox.open_session())["id"])
    signed_at = int(sandbox.shop.received[0].headers["stripe-signature"].split(",")[0].removeprefix("t="))
    return abs(signed_at - time.time()) > 60


async def refused_webhook_is_tried_again(sandbox: Sandbox) -> bool:
    await sandbox.add_endpoint((COMPLETED,))
    sandbox.shop.answer = lambda request: httpx.Response(500)
    await sandbox.submit((await sandbox.open_session())["id"])
    sandbox.app.state.records.execute("UPDATE deliveries SET due = due + 600")
    await _move(sandbox)
    return bool(await sandbox.app.state.deliveries.run_due())


async def delayed_webhook_is_sent(sandbox: Sandbox) -> bool:
    await sandbox.add_endpoint((COMPLETED,))
    await sandbox.tell("webhooks", action="delay", seconds=600)
    await sandbox.submit((await sandbox.open_session())["id"])
    await _move(sandbox)
    return bool(await sandbox.app.state.deliveries.run_due())


async def request_is_noted_at_another_time(sandbox: Sandbox) -> bool:
    await _move(sandbox)
    await sandbox.create("/v1/customers", {"name": "Ada"})
    (row, *_) = await sandbox.truth("requests")
    return bool(abs(row["at"] - time.time()) > 60)


async def mail_arrives_at_another_time(sandbox: Sandbox) -> bool:
    await _move(sandbox)
    sandbox.app.state.mailbox.keep("shop@example.test", ["ada@example.test"], b"Subject: Hello\r\n\r\nHello")
    (mail,) = sandbox.app.state.mailbox.list_mails()
    return abs(datetime.fromisoformat(mail["received"]).timestamp() - time.time()) > 60


async def rule_ends(sandbox: Sandbox) -> bool:
    rule: dict[str, Any] = {"method": "*", "path": "/v1/*", "when": "before", "action": "status", "count": 0}
    await sandbox.tell("faults", **rule)
    await _move(sandbox)
    return (await sandbox.call("GET", "/v1/events", {"limit": 1})).status_code == 200


async def expiry_is_measured_from_now(sandbox: Sandbox) -> bool:
    ends = int(time.time()) + DAYS_40 + 3600
    await _move(sandbox)
    return bool((await sandbox.open_session(expires_at=ends))["expires_at"] == ends)


async def endpoint_is_switched_off(sandbox: Sandbox) -> bool:
    await sandbox.add_endpoint((COMPLETED,))
    sandbox.shop.answer = lambda request: httpx.Response(500)
    await sandbox.submit((await sandbox.open_session())["id"])
    for _ in BACK_OFF:
        await _move(sandbox)
        await sandbox.app.state.deliveries.run_due()
    (endpoint,) = (await sandbox.client.get("/_sandbox/webhooks")).json()["endpoints"]
    return bool(endpoint["status"] == "disabled")


async def silent_endpoint_is_given_up(sandbox: Sandbox) -> bool:
    asked = asyncio.Event()

    async def say_nothing(request: httpx.Request) -> httpx.Response:
        asked.set()
        return await asyncio.Future()

    sandbox.shop.handle_async_request = say_nothing  # type: ignore[method-assign]
    await sandbox.add_endpoint((COMPLETED,))
    session = await sandbox.open_session()
    paying = asyncio.create_task(sandbox.submit(session["id"]))
    await asked.wait()
    await _move(sandbox)
    for _ in range(50):
        await asyncio.sleep(0)
    over = sandbox.app.state.deliveries.measure()["under_way"] == 0
    paying.cancel()
    return bool(over)


async def slow_answer_comes(sandbox: Sandbox) -> bool:
    await sandbox.tell("faults", method="*", path="/v1/*", when="before", action="slow", seconds=60)
    asking = asyncio.create_task(sandbox.call("GET", "/v1/events"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert (await sandbox.client.get("/_sandbox/faults")).json()["data"] == []
    await _move(sandbox)
    over = asking.done()
    asking.cancel()
    return over


BUSINESS: tuple[Probe, ...] = (
    session_expires,
    charge_settles,
    balance_becomes_available,
    idempotency_key_is_forgotten,
    event_is_no_longer_listed,
    created_is_later,
    card_runs_out,
    expiry_is_measured_from_now,
)
WALL: tuple[Probe, ...] = (
    signature_is_of_another_time,
    refused_webhook_is_tried_again,
    endpoint_is_switched_off,
    silent_endpoint_is_given_up,
    delayed_webhook_is_sent,
    request_is_noted_at_another_time,
    mail_arrives_at_another_time,
    rule_ends,
    slow_answer_comes,
)


@pytest.mark.parametrize("probe", BUSINESS, ids=lambda probe: probe.__name__)
async def test_it_comes_about_when_the_clock_moves(sandbox: Sandbox, probe: Probe) -> None:
    assert await probe(sandbox)


@pytest.mark.parametrize("probe", WALL, ids=lambda probe: probe.__name__)
async def test_it_stays_with_the_wall_when_the_clock_moves(sandbox: Sandbox, probe: Probe) -> None:
    assert not await probe(sandbox)
