"""Orders: made by us, agreed to by the buyer at PayPal, captured by us. developer.paypal.com/docs/api/orders/v2/

One purchase unit: `custom_id` is our payment, `reference_id` our order, `invoice_id` shop, payment and attempt. Its
lines add up by construction or are left out. Invariant: an outcome that is not known is looked up, never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from store.gateways.paypal.client import PayPalCalls
from store.gateways.paypal.faults import find_fault
from store.gateways.paypal.translate import expired_snapshot, find_approval, payment_snapshot
from store.gateways.paypal.wire import as_list, as_object, as_text, to_wire
from store.gateways.port import (
    ApprovalNeeded,
    CheckoutItem,
    CheckoutRequest,
    ConsentUnseen,
    Declined,
    FundingDeclined,
    GatewayBug,
    GatewayError,
    OpenedCheckout,
    PaymentSnapshot,
    ShipTo,
    SnapshotStatus,
    Unavailable,
)

ORDERS_PATH = "/v2/checkout/orders"
BRAND = "Overprint"
LOCALE = "en-US"
NAME_LENGTH = INVOICE_LENGTH = 127
DESCRIPTOR_LENGTH = 22
# With another way to pay the same order can still be paid.
FUNDING_ISSUES = frozenset(("INSTRUMENT_DECLINED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"))
# This order can never be captured, another one may: its number was used, or nobody can agree to it any more.
OVER_ISSUES = frozenset(("DUPLICATE_INVOICE_ID", "ORDER_EXPIRED", "ORDER_VOIDED"))


def freeze_checkout(request: CheckoutRequest, shop: str) -> str:
    """The body of an order as JSON text. `shop` begins its invoice number, which others may share an account with.

    Raises GatewayBug for an amount that PayPal cannot take.
    """
    if request.total <= 0:
        raise GatewayBug(f"an order of {request.total} {request.currency} cannot be paid")
    unit: dict[str, Any] = {
        "reference_id": request.order_id,
        "description": f"Order {request.order_number}",
        "custom_id": request.payment_id,
        "invoice_id": _name_invoice(shop, request),
        "soft_descriptor": request.descriptor_suffix[:DESCRIPTOR_LENGTH],
        "amount": to_wire(request.total, request.currency),
    }
    unit["amount"] |= _freeze_breakdown(request)
    if "breakdown" in unit["amount"] and (items := _freeze_items(request)):
        unit["items"] = items
    if request.ship_to:
        unit["shipping"] = _freeze_shipping(request.ship_to)
    context = {
        "brand_name": BRAND,
        "locale": LOCALE,
        "user_action": "PAY_NOW",
        "shipping_preference": "SET_PROVIDED_ADDRESS" if request.ship_to else "NO_SHIPPING",
        "return_url": request.success_url,
        "cancel_url": request.cancel_url,
    }
    body = {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": context}},
    }
    return json.dumps(body, separators=(",", ":"))


async def open_checkout(calls: PayPalCalls, frozen: str, key: str) -> OpenedCheckout:
    """Create the order, or get the one an earlier call with this key made. Raises Unavailable, Declined, GatewayBug."""
    order = await calls.call("orders.create", "POST", ORDERS_PATH, body=frozen, key=key)
    ref = as_text(order.get("id"))
    if not ref:
        raise Unavailable("PayPal made an order and did not say which")
    unit = next(iter(as_list(order.get("purchase_units"))), {})
    return OpenedCheckout(ref, find_approval(order), as_text(as_object(unit.get("payee")).get("merchant_id")))


async def fetch_payment(calls: PayPalCalls, ref: str, *, livemode: bool) -> PaymentSnapshot:
    """The order as it is now; one that PayPal does not know any more has expired."""
    try:
        order = await calls.call("orders.get", "GET", f"{ORDERS_PATH}/{ref}")
    except GatewayBug as refused:
        fault = find_fault(refused)
        if fault and fault.status == 404:
            return expired_snapshot(ref, livemode=livemode)
        raise
    return payment_snapshot(order, ref, livemode=livemode)


async def capture_payment(calls: PayPalCalls, ref: str, key: str, *, livemode: bool) -> PaymentSnapshot:
    """Capture an approved order, once per key; see `port.CapturingGateway` for what it raises.

    No answer, or one without the capture: the order itself says what became of it. An approval that the capture does
    not see yet is waited for once; then a sweep finds it. github.com/paypal/paypal-checkout-components/issues/1521
    """
    try:
        return await _capture(calls, ref, key, livemode=livemode)
    except ApprovalNeeded as early:
        fault = find_fault(early)
        if fault is None or fault.issue != "ORDER_NOT_APPROVED":
            raise
        seen = await fetch_payment(calls, ref, livemode=livemode)
        if seen.status == SnapshotStatus.OPEN:
            raise ApprovalNeeded(str(early), seen.redirect_url) from early
        if seen.status != SnapshotStatus.APPROVED:
            return seen
    await calls.pause()
    try:
        # That was a definite no, which PayPal may keep under the first key: this is another request.
        return await _capture(calls, ref, f"{key}:again", livemode=livemode)
    except ApprovalNeeded as late:
        raise ConsentUnseen("PayPal has the buyer's approval but does not capture yet") from late


async def track(calls: PayPalCalls, ref: str, capture_ref: str, carrier: str, number: str) -> None:
    """Tell PayPal the tracking number, unless it has it. …/docs/api/orders/v2/#orders_track_create

    Spaces are left out: PayPal takes none (INVALID_TRACKING_NUMBER).
    """
    number = "".join(number.split())
    order = await calls.call("orders.get", "GET", f"{ORDERS_PATH}/{ref}")
    for unit in as_list(order.get("purchase_units")):
        for tracker in as_list(as_object(unit.get("shipping")).get("trackers")):
            if as_text(tracker.get("id")) == f"{capture_ref}-{number}":
                return
    body: dict[str, Any] = {"capture_id": capture_ref, "tracking_number": number, "notify_payer": False}
    if carrier:
        # Ours are free text; PayPal's own names are a list of some thousand.
        body |= {"carrier": "OTHER", "carrier_name_other": carrier[:64]}
    await calls.call("orders.track.create", "POST", f"{ORDERS_PATH}/{ref}/track", body=body)


async def _capture(calls: PayPalCalls, ref: str, key: str, *, livemode: bool) -> PaymentSnapshot:
    try:
        order = await calls.call("orders.capture", "POST", f"{ORDERS_PATH}/{ref}/capture", body={}, key=key)
    except Unavailable as lost:
        return await _look_for_capture(calls, ref, lost, livemode=livemode)
    except (Declined, GatewayBug) as refused:
        fault = find_fault(refused)
        if fault and fault.issue == "ORDER_ALREADY_CAPTURED":
            return await _look_for_capture(calls, ref, refused, livemode=livemode)
        named = _name_refusal(refused)
        if isinstance(named, FundingDeclined | ApprovalNeeded):
            raise named from refused
        # Refused for good, perhaps because a try whose answer was lost took the money: the order itself says.
        try:
            seen = await fetch_payment(calls, ref, livemode=livemode)
        except GatewayError as blind:
            raise Unavailable(f"what became of the capture cannot be seen: {blind}") from blind
        if not seen.capture_ref:
            raise named from refused
        return seen
    snapshot = payment_snapshot(order, ref, livemode=livemode)
    return snapshot if snapshot.capture_ref else await _look_for_capture(calls, ref, None, livemode=livemode)


async def _look_for_capture(
    calls: PayPalCalls, ref: str, why: GatewayError | None, *, livemode: bool
) -> PaymentSnapshot:
    """The order with its capture. Money may have moved: while it is not seen, the outcome is unknown, never a no."""
    try:
        seen = await fetch_payment(calls, ref, livemode=livemode)
    except GatewayError as blind:
        raise Unavailable(f"what became of the capture cannot be seen: {blind}") from blind
    if not seen.capture_ref:
        raise Unavailable(f"PayPal shows no capture yet: {why or 'it answered without one'}") from why
    return seen


def _name_refusal(refused: GatewayError) -> GatewayError:
    """What a refused capture means for the buyer."""
    fault = find_fault(refused)
    if fault is None:
        return refused
    if FUNDING_ISSUES.intersection(fault.issues):
        return FundingDeclined(str(refused))
    if fault.issue == "ORDER_NOT_APPROVED":
        return ApprovalNeeded("PayPal does not have your approval yet")
    if "PAYER_ACTION_REQUIRED" in fault.issues:
        return ApprovalNeeded(str(refused), fault.links.get("payer-action") or fault.links.get("redirect", ""))
    if fault.status == 404 or OVER_ISSUES.intersection(fault.issues):
        return Declined("This PayPal checkout is over and nothing was taken")
    return refused


def _name_invoice(shop: str, request: CheckoutRequest) -> str:
    tail = f"-{request.payment_id}-{request.attempt}"
    return shop[: INVOICE_LENGTH - len(tail)] + tail


def _freeze_breakdown(request: CheckoutRequest) -> dict[str, Any]:
    """What the total is made of; nothing where PayPal would not add up the same."""
    goods = sum(item.unit_price * item.quantity for item in request.items if not item.delivery)
    delivery = sum(item.unit_price * item.quantity for item in request.items if item.delivery)
    if goods + delivery - request.discount != request.total or goods < 0 or delivery < 0:
        return {}
    try:
        parts = {"item_total": to_wire(goods, request.currency)}
        if delivery:
            parts["shipping"] = to_wire(delivery, request.currency)
        if request.discount:
            parts["discount"] = to_wire(request.discount, request.currency)
    except GatewayBug:
        return {}
    return {"breakdown": parts}


def _freeze_items(request: CheckoutRequest) -> Sequence[dict[str, Any]]:
    """The goods, line by line; none where one of their prices has no coins at PayPal."""
    goods: list[CheckoutItem] = [item for item in request.items if not item.delivery]
    if any(item.unit_price < 0 or item.quantity < 1 for item in goods):
        return []
    try:
        return [
            {
                "name": item.name[:NAME_LENGTH] or "Item",
                "quantity": str(item.quantity),
                "unit_amount": to_wire(item.unit_price, request.currency),
                "category": "PHYSICAL_GOODS" if request.ship_to else "DIGITAL_GOODS",
            }
            for item in goods
        ]
    except GatewayBug:
        return []


def _freeze_shipping(to: ShipTo) -> dict[str, Any]:
    """A portable address, without the parts that it lacks."""
    address = {
        "address_line_1": to.address_line1,
        "address_line_2": to.address_line2,
        "admin_area_2": to.city,
        "admin_area_1": to.region,
        "postal_code": to.postcode,
        "country_code": to.country,
    }
    return {
        "type": "SHIPPING",
        "name": {"full_name": to.full_name},
        "address": {name: text for name, text in address.items() if text},
    }
