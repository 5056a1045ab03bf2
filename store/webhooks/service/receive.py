"""Receive: stored and committed first, answered then. One of the other mode or of an unknown account is never applied.

The same event may come by two ways: delivered and signed, or read from the provider's own list (`keep_listed`) when
deliveries were missed. Its id makes it one row. A listed one has no bytes of the provider's, so it carries no hash
until a delivery brings one: only deliveries are compared with each other.
"""

from __future__ import annotations

import hashlib

import structlog

from store.gateways.port import Gateways, ListedEvent, Notice
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value, transaction
from store.kit.ids import new_id
from store.kit.queue import notify

log = structlog.get_logger(__name__)

NO_HASH = ""
LISTED = "listed"

INSERT = """
INSERT INTO inbox_event (id, provider, event_id, endpoint, type, account, resource, livemode, sha256, body, created_at,
  state, outcome)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (provider, event_id) DO NOTHING RETURNING id
"""


async def receive(gateways: Gateways, provider: str, endpoint: str, notice: Notice, body: bytes) -> str:
    """Store one verified delivery and commit; returns new, duplicate, variant, or why it is never applied.

    Raises whatever the database raises: then nothing was stored and the provider must send it again.
    """
    outcome = await _refusal(gateways, notice)
    digest = hashlib.sha256(body).hexdigest()
    # A text column holds neither NUL nor what is no UTF-8. JSON has none either: such a body is unreadable, and its
    # hash tells what it was.
    text = body.decode(errors="replace").replace("\0", "\ufffd")
    async with transaction():
        if await _insert(provider, endpoint, notice, digest, text, outcome):
            return outcome or "new"
        return await _receive_again(provider, notice, digest, text)


async def keep_listed(gateways: Gateways, provider: str, listed: ListedEvent) -> bool:
    """Store one event that the provider lists, unless it is known; returns whether it is new.

    Raises whatever the database raises.
    """
    outcome = await _refusal(gateways, listed.notice)
    async with transaction():
        return await _insert(provider, LISTED, listed.notice, NO_HASH, listed.body.decode(), outcome)


async def _insert(provider: str, endpoint: str, notice: Notice, digest: str, text: str, outcome: str) -> bool:
    row = await fetch_row(
        INSERT,
        new_id(),
        provider,
        notice.event_id,
        endpoint,
        notice.type,
        notice.account,
        notice.resource,
        notice.livemode,
        digest,
        text,
        notice.created,
        "done" if outcome else "waiting",
        outcome,
    )
    if row is not None and not outcome:
        await notify()
    return row is not None


async def _refusal(gateways: Gateways, notice: Notice) -> str:
    """Why a correctly signed event is stored and never applied; empty when it may be."""
    if notice.livemode != gateways.livemode:
        return "wrong_mode"
    if notice.account and not await fetch_value("SELECT 1 FROM vendor WHERE account_ref = $1", notice.account):
        return "unknown_account"
    return ""


async def _receive_again(provider: str, notice: Notice, digest: str, text: str) -> str:
    first = await fetch_row(
        "UPDATE inbox_event SET deliveries = deliveries + 1 WHERE provider = $1 AND event_id = $2"
        " RETURNING type, account, resource, livemode, sha256",
        provider,
        notice.event_id,
    )
    assert first is not None
    if first["sha256"] == digest:
        return "duplicate"
    alarming = (first["type"], first["account"], first["resource"], first["livemode"]) != (
        notice.type,
        notice.account,
        notice.resource,
        notice.livemode,
    )
    if first["sha256"] == NO_HASH and not alarming:
        # Listed before it was delivered: from now on these are the bytes that others are compared with.
        await fetch(
            "UPDATE inbox_event SET sha256 = $3, body = $4 WHERE provider = $1 AND event_id = $2",
            provider,
            notice.event_id,
            digest,
            text,
        )
        return "duplicate"
    await fetch(
        "INSERT INTO inbox_variant (provider, event_id, sha256, body, alarming, received_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (provider, event_id, sha256) DO NOTHING",
        provider,
        notice.event_id,
        digest,
        text,
        alarming,
        clock.wall(),
    )
    if alarming:
        log.error("event_differs", event_id=notice.event_id, type=notice.type, account=notice.account)
    return "variant"
