"""Who gets deliveries: Stripe's webhook endpoints and PayPal's webhooks, each served as its provider serves them.

A recipient knows how an attempt to it is signed, how long a failure waits for the next try, and whether too many
failures switch it off. Invariant: a delivery finds its recipient by the id it was planned for, whatever its kind.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from store.sandbox.attempts import sign_attempt
from store.sandbox.faults import DeliveryRule
from store.sandbox.kernel.world import World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import origin_of
from store.sandbox.paypal.certificates import open_authority
from store.sandbox.paypal.signing import SIMULATED, sign_delivery

# Seconds after each failed attempt.
BACK_OFF = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 10800, 21600, 43200)
# 25 more tries within three days; how PayPal spaces them is not published (developer.paypal.com/api/rest/webhooks).
PAYPAL_BACK_OFF = (1, 2, 5, 10, 30, 60, 300, 900, 3600, *(15800,) * 16)
STRIPE_KIND, PAYPAL_KIND = "webhook_endpoint", "paypal_webhook"
Signed = tuple[bytes, dict[str, str]]


@dataclass(frozen=True)
class Recipient:
    """One address: `sign` takes body, tampering and wall time and returns what is sent, body and headers."""

    url: str
    enabled: bool
    sign: Callable[[bytes, str | None, int], Signed]
    back_off: tuple[int, ...]
    # Whether a delivery that failed to the end switches the address off.
    gives_up: bool


def find_recipient(worlds: Worlds, id: str, url: str, body: bytes) -> Recipient | None:
    """Return whom a delivery of `body` goes to, None when its endpoint is gone; `url` is for the simulator only."""
    if id == SIMULATED:
        return _to_paypal(worlds.demo, SIMULATED, url, origin_of(json.loads(body)["links"][0]["href"]))
    for world in worlds:
        if world.has(world.platform, STRIPE_KIND, id):
            endpoint = world.get(world.platform, STRIPE_KIND, id)
            sign = partial(_sign_for_stripe, endpoint["secret"])
            return Recipient(endpoint["url"], endpoint["status"] == "enabled", sign, BACK_OFF, gives_up=True)
        for webhook in world.find(None, PAYPAL_KIND, id=id):
            return _to_paypal(world, id, webhook["url"], webhook["_origin"], webhook["_status"] == "enabled")
    return None


def list_recipients(world: World) -> list[dict[str, Any]]:
    """Return a platform's addresses of both kinds as the control API shows them, without secrets."""
    names = ("id", "url", "status", "connect", "enabled_events", "api_version")
    return [
        *(
            {"provider": "stripe"} | {name: one[name] for name in names}
            for one in world.find(world.platform, STRIPE_KIND)
        ),
        *(
            {"provider": "paypal", "id": one["id"], "url": one["url"], "status": one["_status"], "connect": False}
            | {"enabled_events": [type["name"] for type in one["event_types"]], "api_version": None}
            for one in world.find(None, PAYPAL_KIND)
        ),
    ]


def switch_recipients(worlds: Worlds, id: str | None, on: bool) -> int:
    """Switch the addresses that this id or glob means (None = all) on or off; return how many were otherwise."""
    rule, count = DeliveryRule("switch", endpoint=id), 0
    then = "enabled" if on else "disabled"
    for world in worlds:
        for kind, field in ((STRIPE_KIND, "status"), (PAYPAL_KIND, "_status")):
            for account, one in world.find_owned(None, kind):
                if one[field] != then and rule.matches("", "", one["id"]):
                    world.put(account, kind, one | {field: then})
                    count += 1
    return count


def _to_paypal(world: World, id: str, url: str, origin: str, enabled: bool = True) -> Recipient:
    sign = partial(sign_delivery, open_authority(world.folder), origin, id)
    return Recipient(url, enabled, sign, PAYPAL_BACK_OFF, gives_up=False)


def _sign_for_stripe(secret: str, body: bytes, tampering: str | None, now: int) -> Signed:
    body, signature = sign_attempt(body, secret, tampering, now)
    return body, {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Overprint-Sandbox/1",
        "Stripe-Signature": signature,
    }
