"""What the provider is asked for, made from the order's frozen rows alone, and frozen with the attempt itself.

direct: the session lives on the vendor's account. destination: on the platform, passed on to the one vendor, who
settles it where the two are in different countries. separate: on the platform, several vendors. PayPal pays the
platform whoever sells, so there every attempt is separate.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from store.gateways.port import NAMES, STRIPE, CheckoutItem, CheckoutRequest, Gateways, ShipTo
from store.kit import clock
from store.kit.db import fetch, fetch_row
from store.kit.ids import new_id, new_token
from store.orders import service as orders
from store.orders.tables import Order
from store.payments.states import CONFIRMING, LIVE, PaymentStatus
from store.payments.tables import Payment
from store.vendors.states import ChargeType, settles_itself

LINES = 'SELECT title, variant_label, unit_price, quantity FROM order_line WHERE "order" = $1 ORDER BY title, id'
PARTS = """
SELECT part.vendor_name, part.account_ref, part.delivery, vendor.allow_promotion_codes, vendor.country
FROM vendor_order AS part JOIN vendor ON vendor.id = part.vendor WHERE part."order" = $1 ORDER BY part.vendor_name
"""


async def insert_attempt(
    gateways: Gateways,
    order: dict[str, Any],
    *,
    provider: str,
    base_url: str,
    expires_at: datetime,
    check_at: datetime,
    payer: str,
) -> dict[str, Any]:
    """Write the next attempt of `order` with its whole request, in the caller's transaction; returns the row.

    While another attempt is live the database refuses (unique `one_live_payment`).
    """
    payment_id, token = new_id(), new_token()
    parts = await fetch(PARTS, order["id"])
    charge_type = order["charge_type"] if provider == STRIPE else ChargeType.SEPARATE
    passed_on = parts[0]["account_ref"] if charge_type != ChargeType.SEPARATE else ""
    direct, destination = (charge_type == kind for kind in (ChargeType.DIRECT, ChargeType.DESTINATION))
    abroad = settles_itself(charge_type, parts[0]["country"], gateways.platform_country)
    attempts = await Payment.count().where(Payment.order == order["id"])
    back = f"{base_url}/payments/{token}/return"
    request = CheckoutRequest(
        payment_id=str(payment_id),
        order_id=str(order["id"]),
        order_number=order["number"],
        charge_type=charge_type,
        account_ref=passed_on,
        currency=order["currency"],
        total=order["total"],
        fee=order["fee"],
        items=[*await _goods(order["id"]), *_deliveries(parts)],
        email=order["email"],
        # Stripe fills in the placeholder; it must reach Stripe unescaped.
        success_url=f"{back}?session_id={{CHECKOUT_SESSION_ID}}" if provider == STRIPE else back,
        cancel_url=f"{base_url}/{'orders' if provider == STRIPE else 'pay'}/{order['token']}",
        descriptor_suffix=order["descriptor"],
        expires_at=expires_at,
        on_behalf_of=passed_on if abroad else "",
        discount=order["discount"],
        discount_name=order["promo_code"],
        allow_codes=provider == STRIPE and not order["discount"] and all(p["allow_promotion_codes"] for p in parts),
        attempt=attempts + 1,
        ship_to=ShipTo(**{name: order[name] for name in ShipTo.__dataclass_fields__}),
    )
    await orders.hold_until(order["id"], expires_at)
    await orders.name_provider(order["id"], NAMES[provider])
    payment = Payment(
        id=payment_id,
        order=order["id"],
        token=token,
        attempt=request.attempt,
        provider=provider,
        charge_type=charge_type,
        account_ref=passed_on if direct else "",
        destination_ref=passed_on if destination else "",
        merchant_ref=request.on_behalf_of,
        amount=order["total"],
        currency=order["currency"],
        fee=order["fee"],
        subtotal=order["subtotal"] + order["delivery"],
        coupon=request.discount,
        coupon_request=gateways.stripe.freeze_discount(request) if provider == STRIPE else "",
        allows_codes=request.allow_codes,
        request=gateways.rail(provider).freeze_checkout(request),
        status=PaymentStatus.CREATED,
        expires_at=expires_at,
        check_at=check_at,
        payer=payer,
        created_at=clock.now(),
    )
    rows = await Payment.insert(payment).returning(*Payment.all_columns())
    return dict(rows[0])


async def read_order(order_id: UUID) -> dict[str, Any]:
    """The order of an attempt, as it stands."""
    row = await Order.select().where(Order.id == order_id).first()
    assert row is not None
    return dict(row)


async def read_live(order_id: UUID) -> dict[str, Any] | None:
    """The one attempt of an order that may still bring money."""
    row = await fetch_row('SELECT * FROM payment WHERE "order" = $1 AND status = ANY($2)', order_id, list(LIVE))
    return dict(row) if row else None


async def is_confirming(order_id: UUID) -> bool:
    """Whether money for this order may be on its way: nobody shall be asked to pay it meanwhile."""
    live = await read_live(order_id)
    return live is not None and live["status"] in CONFIRMING


async def find_unconfirmed(order_id: UUID) -> UUID | None:
    """The newest attempt of an order that has not succeeded: the one a buyer's check is about."""
    row = await fetch_row(
        "SELECT id FROM payment WHERE \"order\" = $1 AND status <> 'succeeded' ORDER BY attempt DESC LIMIT 1",
        order_id,
    )
    return row["id"] if row else None


async def _goods(order_id: UUID) -> list[CheckoutItem]:
    return [
        CheckoutItem(
            f"{line['title']} ({line['variant_label']})" if line["variant_label"] else line["title"],
            line["unit_price"],
            line["quantity"],
        )
        for line in await fetch(LINES, order_id)
    ]


def _deliveries(parts: list[Any]) -> list[CheckoutItem]:
    return [
        CheckoutItem(f"Delivery from {part['vendor_name']}", part["delivery"], 1, delivery=True)
        for part in parts
        if part["delivery"]
    ]
