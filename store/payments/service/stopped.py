"""Vendors who may not be charged (any more), or not like this: nobody opens a payment, and what came in is given back.

What the platform charges it can hold; a direct charge lies with the vendor from the start, so all that can be done is
to give it back while we still have access.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from store.gateways.port import STRIPE
from store.gateways.regions import can_send
from store.kit.db import fetch, fetch_row
from store.kit.errors import Conflict
from store.orders import service as orders
from store.orders.states import PaymentState
from store.orders.words import name_country
from store.payments.states import Door
from store.vendors.states import (
    CURRENCIES,
    ChargeType,
    VendorState,
    can_be_charged,
    explain_not_selling,
    settles_itself,
)

GONE = (VendorState.REJECTED, VendorState.DISCONNECTED)
# Locked until the attempt is written: what a look at the account finds comes before it or after it.
SELLERS = """
SELECT name, state, paused, country, account_ref, charges_enabled, card_payments, transfers FROM vendor
WHERE id IN (SELECT vendor FROM vendor_order WHERE "order" = $1) ORDER BY id FOR SHARE
"""


class SellerStopped(Conflict):
    """One of an order's vendors may not be charged now; the message says who, and nothing was charged."""

    title = "This cannot be paid at the moment"


class _Able(Struct, frozen=True):
    """What a vendor's account may do, as it was last seen."""

    charges_enabled: bool
    card_payments: str
    transfers: str


async def check_sellers(order: dict[str, Any], platform_country: str, provider: str = STRIPE) -> None:
    """Refuse to open a payment unless every vendor's account has the capability that this charge needs.

    Where several are paid at once, the platform must be able to send each its share, which else would wait for ever. In
    the caller's transaction. What PayPal takes is the platform's, so there a seller need only be one who sells. Raises
    SellerStopped.
    """
    for vendor in await fetch(SELLERS, order["id"]):
        refusal = explain_not_selling(vendor["name"], vendor["state"], vendor["paused"])
        able = _Able(vendor["charges_enabled"], vendor["card_payments"], vendor["transfers"])
        itself = settles_itself(order["charge_type"], vendor["country"], platform_country)
        if provider == STRIPE and not refusal and not can_be_charged(able, order["charge_type"], on_behalf_of=itself):
            refusal = explain_not_selling(vendor["name"], VendorState.RESTRICTED, False)
        if provider == STRIPE and not refusal and not _can_share(order, vendor["country"], platform_country):
            refusal = (
                f"{vendor['name']} is in {name_country(vendor['country'])}, so its goods cannot be paid together with "
                "those of other sellers. Leave the goods of one seller in the cart, pay, and buy the others after that."
            )
        if refusal:
            raise SellerStopped(f"{refusal} You were not charged.")


def _can_share(order: dict[str, Any], country: str, platform_country: str) -> bool:
    """Whether this vendor's share of a payment for several can reach it; one that is paid alone needs no transfer."""
    if order["charge_type"] != ChargeType.SEPARATE or country == platform_country:
        return True
    return can_send(platform_country, CURRENCIES.get(platform_country, ""), country, order["currency"])


async def find_stopped_seller(payment: dict[str, Any]) -> str:
    """The name of the vendor on whose account this was paid and who may not be charged now; "" when all is well.

    One who may be charged and is restricted for another reason (payouts) keeps the sale.
    """
    if payment["charge_type"] != ChargeType.DIRECT or not payment["amount"]:
        return ""
    vendor = await fetch_row(
        "SELECT name, state, charges_enabled, card_payments, transfers FROM vendor WHERE account_ref = $1",
        payment["account_ref"],
    )
    if vendor is None or vendor["state"] == VendorState.ACTIVE:
        return ""
    able = _Able(vendor["charges_enabled"], vendor["card_payments"], vendor["transfers"])
    restricted = vendor["state"] == VendorState.RESTRICTED and not can_be_charged(able, ChargeType.DIRECT)
    return str(vendor["name"]) if vendor["state"] in GONE or restricted else ""


async def end_stopped(order: dict[str, Any], seller: str, door: Door) -> None:
    """End an order that was paid to such a vendor, in the caller's transaction; the money goes back as a surplus."""
    text = "This order cannot go on."
    await orders.note_stopped(order["id"], seller, door)
    if order["payment_state"] == PaymentState.PROCESSING:
        await orders.mark_failed(order["id"], reason=f"{seller} cannot take payments any more", text=text, door=door)
    await orders.mark_over(order["id"], text=text, door=door)
