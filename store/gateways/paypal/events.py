"""A verified body as a notice: which payment, capture, payout or dispute to look at, and nothing more.

Fields that PayPal leaves out now and then are found elsewhere: an order by the capture's link `up`, the capture of a
refund or a reversal by that of the refund. developer.paypal.com/api/rest/webhooks/event-names
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from store.gateways.paypal.client import PayPalCalls, path_of
from store.gateways.paypal.faults import read_links
from store.gateways.paypal.wire import REFUND_MARK, as_list, as_object
from store.gateways.port import ListedEvent, Notice
from store.gateways.texts import read_text
from store.kit import clock

EVENTS_PATH = "/v1/notifications/webhooks-events"
PAGE = 100
# What an event is about, by how its name begins; the first that fits.
KINDS = {
    "CHECKOUT.": "order",
    "PAYMENT.CAPTURE.REFUNDED": "refund",
    "PAYMENT.CAPTURE.REVERSED": "refund",
    "PAYMENT.CAPTURE.": "capture",
    "PAYMENT.REFUND.": "refund",
    "PAYMENT.PAYOUTS-ITEM.": "payout",
    "PAYMENT.PAYOUTSBATCH.": "payout",
    "CUSTOMER.DISPUTE.": "dispute",
}


def read_event(body: bytes, *, livemode: bool) -> Notice:
    """The verified body as a notice. What is signed but is no event becomes one of type `unreadable`: kept, ignored."""
    try:
        # JSON is UTF-8; given bytes, the library reads UTF-16 too, which no text of ours would keep.
        event = json.loads(body.decode("utf-8-sig"))
        kind = next((kind for start, kind in KINDS.items() if event["event_type"].startswith(start)), "")
        found = {name: read_text(text) for name, text in _read_resource(kind, as_object(event.get("resource"))).items()}
        return Notice(
            event_id=read_text(event["id"]),
            type=read_text(event["event_type"]),
            account="",
            livemode=livemode,
            created=_moment(event["create_time"]),
            **{"resource": "", **found},
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        digest = hashlib.sha256(body).hexdigest()
        return Notice(f"unreadable_{digest[:32]}", "unreadable", "", False, "", clock.wall())


async def list_events(
    calls: PayPalCalls, since: datetime, types: Sequence[str], *, livemode: bool
) -> AsyncIterator[list[ListedEvent]]:
    """The events of `types` since then, newest first. developer.paypal.com/docs/api/webhooks/v1/#webhooks-events_list

    Each page is a call of its own, made when the one before has been dealt with. PayPal filters by one type only, so
    the rest is left out here.
    """
    query: dict[str, str] | None = {
        "page_size": str(PAGE),
        "start_time": _wire_time(since),
        "end_time": _wire_time(max(clock.now(), since)),
    }
    path = EVENTS_PATH
    asked: set[str] = set()
    while path and path not in asked:
        asked.add(path)
        page = await calls.call("webhooks_events.list", "GET", path, query=query)
        bodies = [json.dumps(event).encode() for event in as_list(page.get("events"))]
        listed = [ListedEvent(read_event(body, livemode=livemode), body) for body in bodies]
        yield [one for one in listed if one.notice.type in types]
        path, query = path_of(read_links(page).get("next", "")), None


def _read_resource(kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    """The fields of the notice that this resource knows."""
    links, related = read_links(thing), as_object(as_object(thing.get("supplementary_data")).get("related_ids"))
    custom_id = thing.get("custom_id") or ""
    if kind == "order":
        unit = _first(thing.get("purchase_units"))
        made = _first(as_object(unit.get("payments")).get("captures"))
        ref = thing.get("id") or thing.get("order_id") or ""
        payment_id, capture_ref = unit.get("custom_id") or "", made.get("id") or ""
        return {"resource": ref, "payment_ref": ref, "payment_id": payment_id, "capture_ref": capture_ref}
    if kind == "capture":
        order = related.get("order_id") or _last(links.get("up", ""), "orders")
        ref = thing.get("id") or ""
        return {"resource": ref, "payment_ref": order, "payment_id": custom_id, "capture_ref": ref}
    if kind == "refund":
        order = related.get("order_id") or ""
        capture = related.get("capture_id") or _last(links.get("up", ""), "captures")
        payment_id = "" if str(custom_id).startswith(REFUND_MARK) else custom_id
        ref = thing.get("id") or ""
        return {"resource": ref, "payment_ref": order, "payment_id": payment_id, "capture_ref": capture}
    if kind == "payout":
        header = as_object(thing.get("batch_header"))
        sender = as_object(header.get("sender_batch_header"))
        batch = thing.get("payout_batch_id") or header.get("payout_batch_id") or ""
        ours = thing.get("sender_batch_id") or sender.get("sender_batch_id") or ""
        item = as_object(thing.get("payout_item"))
        ours = ours or item.get("sender_item_id") or ""
        return {"resource": thing.get("payout_item_id") or batch, "payout_id": ours, "payout_ref": batch}
    if kind == "dispute":
        disputed = _first(thing.get("disputed_transactions"))
        ref, capture = thing.get("dispute_id") or "", disputed.get("seller_transaction_id") or ""
        return {"resource": ref, "dispute_ref": ref, "capture_ref": capture, "payment_id": disputed.get("custom") or ""}
    return {"resource": thing.get("id") or ""}


def _first(value: Any) -> dict[str, Any]:
    return next(iter(as_list(value)), {})


def _last(link: str, folder: str) -> str:
    """The id at the end of a link into `folder`, "" for any other link."""
    parts = path_of(link).partition("?")[0].rstrip("/").split("/")
    return parts[-1] if len(parts) > 1 and parts[-2] == folder else ""


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(read_text(text))
    # At the ends of the calendar there is no such moment in UTC.
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _wire_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
