"""How a delivery begins: which endpoints want an event, and what the tester's rules make of it for each.

The body is frozen here, for every attempt. A rule counts an event once per endpoint, its copies included. Kept for
`reorder`, deliveries wait until as many are there as the rule says; then the newest is let go, and each of the others
follows the one that was planned after it (`follows`), when that one has been attempted: so they arrive in reverse.
"""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any

from store.sandbox.faults import TAMPERINGS, DeliveryRule, Faults
from store.sandbox.kernel.world import World
from store.sandbox.stripe.connect.outcomes import FAREWELL
from store.sandbox.stripe.connect.settling import connected


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


def plan_delivery(
    records: sqlite3.Connection, faults: Faults, platform: str, account: str, event: dict[str, Any], endpoint: Any
) -> None:
    """Write down the delivery of one event to one endpoint as the rules have it; doing so twice changes nothing."""

    def take(action: str) -> DeliveryRule | None:
        return faults.take_delivery(action, event["type"], event["id"], endpoint["id"])

    drop = take("drop")
    hold = None if drop else take("hold")
    reorder = None if drop or hold else take("reorder")
    delay = None if drop else take("delay")
    copies = 2 if not drop and take("duplicate") else 1
    tampering = None if drop else next((rule for rule in map(take, TAMPERINGS) if rule), None)
    state = "dropped" if drop else "held" if hold or reorder else "waiting"
    now, ids = time.time(), [f"{event['id']}:{endpoint['id']}:{copy}" for copy in range(1, copies + 1)]
    for id in ids:
        records.execute(
            "INSERT OR IGNORE INTO deliveries (id, platform, event, account, type, object, endpoint, url, body, state,"
            " due, created, tampering) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id,
                platform,
                event["id"],
                account,
                event["type"],
                event["data"]["object"].get("id") or "",
                endpoint["id"],
                endpoint["url"],
                _freeze(event, endpoint),
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


def _send_in_reverse(records: sqlite3.Connection, kept: list[str]) -> None:
    newest, *others = reversed(kept)
    for before, id in zip([newest, *others], others, strict=False):
        records.execute("UPDATE deliveries SET follows = ? WHERE id = ? AND state = 'held'", (before, id))
    records.execute(
        "UPDATE deliveries SET state = 'waiting', due = ? WHERE id = ? AND state = 'held'", (time.time(), newest)
    )


def _freeze(event: dict[str, Any], endpoint: dict[str, Any]) -> bytes:
    sent = event | {"api_version": endpoint.get("api_version") or event["api_version"]}
    return json.dumps(sent, separators=(",", ":"), ensure_ascii=False).encode()
