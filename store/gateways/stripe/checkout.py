"""Checkout Sessions on the hosted page, for every charge type. docs.stripe.com/api/checkout/sessions

direct: the session lives on the vendor's account and the vendor is merchant of record. destination: it lives on the
platform, which is merchant of record, and the whole amount is transferred, the fee coming back; `on_behalf_of` lets a
vendor in another country settle it (docs.stripe.com/connect/destination-charges#settlement-merchant). separate: a plain
platform charge. Metadata goes on session AND intent, since Stripe copies it to neither.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import stripe

from store.gateways.port import (
    CheckoutRequest,
    GatewayBug,
    OpenedCheckout,
    PaymentSnapshot,
    SnapshotStatus,
)
from store.gateways.stripe.client import StripeCalls, options
from store.gateways.stripe.translate import payment_snapshot
from store.gateways.stripe.wire import to_wire

EXPAND = ["payment_intent.latest_charge"]


def freeze_checkout(request: CheckoutRequest, methods: Sequence[str] = ("card",)) -> str:
    """The request body as JSON text; the same text gives the same bytes on the wire each time it is sent.

    `methods`: what the buyer may pay with, in Stripe's words; those that cannot take this currency Stripe leaves out.
    Raises GatewayBug for an amount that Stripe cannot take.
    """
    metadata = {"payment_id": request.payment_id, "order_id": request.order_id, "order": request.order_number}
    intent: dict[str, Any] = {
        "metadata": metadata,
        "statement_descriptor_suffix": request.descriptor_suffix,
        "description": f"Order {request.order_number}",
    }
    if request.fee and request.charge_type in ("direct", "destination"):
        intent["application_fee_amount"] = to_wire(request.fee, request.currency)
    if request.charge_type == "destination":
        intent["transfer_data"] = {"destination": request.account_ref}
    if request.on_behalf_of:
        intent["on_behalf_of"] = request.on_behalf_of
    if request.charge_type == "separate":
        intent["transfer_group"] = request.order_id
    body: dict[str, Any] = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "client_reference_id": request.payment_id,
        # A session of zero may come back without a currency, and then nothing else tells what its amounts are.
        "metadata": {**metadata, "currency": request.currency},
        "allowed_payment_method_types": list(methods),
        "line_items": [
            {
                "quantity": item.quantity,
                "price_data": {
                    "currency": request.currency.lower(),
                    "unit_amount": to_wire(item.unit_price, request.currency),
                    "product_data": {"name": item.name},
                },
            }
            for item in request.items
        ],
        "payment_intent_data": intent,
        "customer_email": request.email,
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
    }
    if request.discount:
        body["discounts"] = [{"coupon": _name_coupon(request)}]
    elif request.allow_codes:
        body["allow_promotion_codes"] = True
    return json.dumps(body, separators=(",", ":"))


def freeze_discount(request: CheckoutRequest) -> str:
    """The body that makes our discount a coupon for this one session; "" without a discount.

    Its id is chosen by us, so the session can be frozen before the coupon exists. docs.stripe.com/api/coupons/create
    """
    if not request.discount:
        return ""
    body = {
        "id": _name_coupon(request),
        "name": request.discount_name,
        "amount_off": to_wire(request.discount, request.currency),
        "currency": request.currency.lower(),
        "duration": "once",
        "max_redemptions": 1,
        "metadata": {"payment_id": request.payment_id, "order_id": request.order_id},
    }
    return json.dumps(body, separators=(",", ":"))


async def make_discount(calls: StripeCalls, frozen: str, account_ref: str, key: str) -> None:
    """Create the coupon on the account where its session will live; one that is there already is the same one."""
    try:
        await calls.call(
            "coupons.create",
            lambda: calls.client.v1.coupons.create_async(json.loads(frozen), options(account_ref, key)),
        )
    except GatewayBug as refused:
        # Nobody else makes coupons under the ids of our payments.
        if getattr(refused.__cause__, "code", None) != "resource_already_exists":
            raise


async def open_checkout(calls: StripeCalls, frozen: str, account_ref: str, key: str) -> OpenedCheckout:
    """Create the session, or get the one an earlier call with this key made."""
    session = await calls.call(
        "checkout.sessions.create",
        lambda: calls.client.v1.checkout.sessions.create_async(json.loads(frozen), options(account_ref, key)),
    )
    if not session.url:
        # A key replays its first answer; a session that has ended since has no address to send anybody to.
        return OpenedCheckout(session.id, "")
    return OpenedCheckout(session.id, session.url)


async def fetch_payment(calls: StripeCalls, ref: str, account_ref: str) -> PaymentSnapshot:
    """The session as it is now, with its intent and charge; a code typed on its page is named as the buyer knows it."""
    session = await calls.call(
        "checkout.sessions.retrieve",
        lambda: calls.client.v1.checkout.sessions.retrieve_async(ref, {"expand": EXPAND}, options(account_ref)),
    )
    snapshot = payment_snapshot(session.to_dict(), account_ref)
    if snapshot.code and snapshot.status == SnapshotStatus.SUCCEEDED:
        return replace(snapshot, code=await _name_code(calls, snapshot.code, account_ref))
    return snapshot


async def _name_code(calls: StripeCalls, promotion_code: str, account_ref: str) -> str:
    """The text of a promotion code; its id where we may not read it."""
    try:
        found = await calls.call(
            "promotion_codes.retrieve",
            lambda: calls.client.v1.promotion_codes.retrieve_async(promotion_code, {}, options(account_ref)),
        )
    except GatewayBug:
        return promotion_code
    return str(found.code)


async def find_payments(
    calls: StripeCalls, payment_id: str, account_ref: str, since: datetime, until: datetime | None
) -> list[PaymentSnapshot]:
    """Every session made from `since` to `until` that carries our payment id.

    Sessions have no search, so the list is read; both ends keep it short whenever the question comes.
    """
    created: Any = {"gte": _seconds(since)} | ({"lte": _seconds(until)} if until else {})

    async def read() -> list[dict[str, Any]]:
        page = await calls.client.v1.checkout.sessions.list_async(
            {
                "created": created,
                "limit": 100,
                "expand": [f"data.{path}" for path in EXPAND],
            },
            options(account_ref),
        )
        return [s.to_dict() async for s in page.auto_paging_iter() if s.client_reference_id == payment_id]

    return [payment_snapshot(s, account_ref) for s in await calls.call("checkout.sessions.list", read)]


def _name_coupon(request: CheckoutRequest) -> str:
    return f"payment-{request.payment_id}"


def _seconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())


async def expire(calls: StripeCalls, ref: str, account_ref: str) -> bool:
    """Expire an open session; False when Stripe refuses because it is complete or expired already."""
    try:
        await calls.call(
            "checkout.sessions.expire",
            lambda: calls.client.v1.checkout.sessions.expire_async(ref, {}, options(account_ref)),
        )
    except GatewayBug as refused:
        cause = refused.__cause__
        if isinstance(cause, stripe.InvalidRequestError) and cause.http_status == 400:
            return False
        raise
    return True
