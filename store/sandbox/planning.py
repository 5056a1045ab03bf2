"""How a delivery begins: which endpoints want an event, and what the tester's rules make of it for each.

The body is frozen here, for every attempt. A rule counts an event once per endpoint, its copies included. Kept for
`reorder`, deliveries wait until as many are there as the rule says; then the newest is let go, and each of the others
follows the one that was planned after it (`follows`), when that one has been attempted: so they arrive in reverse.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from store.sandbox.faults import TAMPERINGS, DeliveryRule, Faults
from store.sandbox.kernel.world import World
from store.sandbox.paypal.events import name_resource
from store.sandbox.paypal.signing import SIMULATED
from store.sandbox.paypal.signing import TAMPERINGS as PAYPAL_TAMPERINGS
from store.sandbox.stripe.connect.outcomes import FAREWELL
from store.sandbox.stripe.connect.settling import connected


@dataclass(frozen=True)
class Told:
    """What a delivery tells, in either provider's form: the event's id and type, and the id of what it is about."""

    event: str
    type: str
    object: str


def read_told(event: dict[str, Any]) -> Told:
    """Return what an event tells, whichever provider's it is."""
    if "event_type" in event:
        return Told(event["id"], event["event_type"], name_resource(event))
    return Told(event["id"], event["type"], event["data"]["object"].get("id") or "")


def wanting_endpoints(world: World, account: str, type: str) -> list[dict[str, Any]]:
    """Return the enabled endpoints that asked for this type: the platform's own, or `connect` ones for an account.

    Of an account that has left the platform, the platform hears that and nothing more.
    """
    of_account = account != world.platform
    if of_account and type != FAREWELL and connected(world, account) is None:
        return []
    return [
        endpoint
        for endpoint in world.find(world.platform, "webhook_endpoint")
        if endpoint["status"] == "enabled"
        and endpoint.get("connect", False) == of_account
        and (type in endpoint["enabled_events"] or "*" in endpoint["enabled_events"])
    ]


def wanting_webhooks(world: World, account: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the PayPal webhooks of the app's account that asked for this event's type, by name or by `*`.

    What is sent again goes to those named in `_again`; what is simulated to its address alone, as no webhook.
    """
    if "_simulated" in event:
        return [{"id": SIMULATED, "url": event["_simulated"], "event_types": []}]
    return [
        webhook
        for webhook in world.find(account, "paypal_webhook")
        if (
            webhook["id"] in event["_again"]
            if "_again" in event
            else webhook["_status"] == "enabled"
            and {one["name"] for one in webhook["event_types"]} & {"*", event["event_type"]}
        )
    ]


def plan_delivery(
    records: sqlite3.Connection,
    faults: Faults,
    platform: str,
    account: str,
    told: Told,
    body: bytes,
    endpoint: dict[str, Any],
) -> None:
    """Write down the delivery of one event to one endpoint as the rules have it; doing so twice changes nothing."""

    def take(action: str) -> DeliveryRule | None:
        return faults.take_delivery(action, told.type, told.event, endpoint["id"])

    drop = take("drop")
    hold = None if drop else take("hold")
    reorder = None if drop or hold else take("reorder")
    delay = None if drop else take("delay")
    copies = 2 if not drop and take("duplicate") else 1
    known = PAYPAL_TAMPERINGS if "event_types" in endpoint else TAMPERINGS
    tampering = None if drop else next((rule for rule in map(take, known) if rule), None)
    state = "dropped" if drop else "held" if hold or reorder else "waiting"
    now, ids = time.time(), [f"{told.event}:{endpoint['id']}:{copy}" for copy in range(1, copies + 1)]
    for id in ids:
        records.execute(
            "INSERT OR IGNORE INTO deliveries (id, platform, event, account, type, object, endpoint, url, body, state,"
            " due, created, tampering) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id,
                platform,
                told.event,
                account,
                told.type,
                told.object,
                endpoint["id"],
                endpoint["url"],
                body,
                state,
                now + (delay.seconds if delay else 0),
                now,
                f"{tampering.action} {tampering.seconds:.0f}" if tampering else None,
            ),
        )
    if reorder:
        reorder.kept += ids
        if reorder.left == 0:
            _send_in_reverse(records, reorder.kept)


def freeze(event: dict[str, Any], endpoint: dict[str, Any]) -> bytes:
    """Return the bytes that every attempt carries: the event, to a Stripe endpoint in its API version."""
    stripe = {"api_version": endpoint.get("api_version") or event["api_version"]} if "api_version" in event else {}
    sent = {name: value for name, value in (event | stripe).items() if name[:1] != "_"}
    return json.dumps(sent, separators=(",", ":"), ensure_ascii=False).encode()


def _send_in_reverse(records: sqlite3.Connection, kept: list[str]) -> None:
    newest, *others = reversed(kept)
    for before, id in zip([newest, *others], others, strict=False):
        records.execute("UPDATE deliveries SET follows = ? WHERE id = ? AND state = 'held'", (before, id))
    records.execute(
        "UPDATE deliveries SET state = 'waiting', due = ? WHERE id = ? AND state = 'held'", (time.time(), newest)
    )
