"""What a visit to the approval page shows of an order: who sells, lines, sums and address, and the ways out.

Money is written with PayPal's decimals, not ISO 4217's. Invariant: a buyer leaves only to the addresses that came with
the order, and a page that posts names their origins in its policy, so that the redirect after a POST is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from babel import Locale
from babel.numbers import format_currency, get_currency_symbol

from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import origin_of
from store.sandbox.paypal.app import App, name_app
from store.sandbox.paypal.buyers import BUYER, describe_shipping
from store.sandbox.paypal.objects import Money, decimals
from store.sandbox.paypal.order_documents import KIND, WAITING, is_over

SUMS = {
    "item_total": "Items",
    "shipping": "Delivery",
    "handling": "Handling",
    "insurance": "Insurance",
    "tax_total": "Tax",
    "shipping_discount": "Delivery discount",
    "discount": "Discount",
}
TAKEN_OFF = ("shipping_discount", "discount")


@dataclass(frozen=True)
class Visit:
    """An order at its page: the app it belongs to, the document, and whether a button's window shows it."""

    app: App
    order: dict[str, Any]
    popup: bool = False

    @property
    def context(self) -> dict[str, Any]:
        """What the merchant said about the approval, in the new place or the deprecated one."""
        context: dict[str, Any] = self.order["_context"]
        return context

    @property
    def brand(self) -> str:
        """Who sells, as the buyer reads it."""
        return self.context.get("brand_name") or self.app.email

    @property
    def is_open(self) -> bool:
        """Whether the buyer can approve it, for the first time or once more."""
        return self.order["status"] in WAITING

    @property
    def notice(self) -> str:
        """What the page says first: `declined`, `action` (asked again), `approved` already, or nothing."""
        outcome, status = self.order.get("_outcome"), self.order["status"]
        if outcome == "declined" and self.order["_declines"]:
            return "declined"
        if status == "APPROVED":
            return "approved"
        return "action" if outcome == "action" else ""

    def way_back(self, payer_id: str = "") -> str:
        """Return where the buyer goes: the return URL with `token` and `PayerID`, or the cancel URL with `token`."""
        name, more = ("return_url", {"PayerID": payer_id}) if payer_id else ("cancel_url", {})
        return add_query(self.context.get(name, ""), {"token": self.order["id"], **more})

    def policy(self) -> dict[str, str]:
        """Return the policy of a page whose form may lead to the merchant."""
        origins = {origin_of(self.context.get(name)) for name in ("return_url", "cancel_url")} - {""}
        return {"form-action": " ".join(["'self'", *sorted(origins)])}


def find_visit(worlds: Worlds, order_id: str, popup: bool = False) -> Visit | None:
    """Return the visit to an order, or None when there is none of that id, or its time is up."""
    for world in worlds:
        _, kind, order = world.lookup(order_id) or ("", "", {})
        if kind == KIND:
            visit = Visit(name_app(world, order["_client_id"]), order, popup)
            return None if is_over(visit.app, order) else visit
    return None


def describe(visit: Visit) -> dict[str, Any]:
    """Return what the summary shows: total, lines and sums of each unit, and the address in lines."""
    units = visit.order["purchase_units"]
    totals = [unit["amount"] for unit in units]
    currency = totals[0]["currency_code"]
    value = sum((Decimal(total["value"]) for total in totals), Decimal())
    return {
        "total": write_money({"currency_code": currency, "value": str(value)}),
        "units": [_describe_unit(unit) for unit in units],
        "address": _write_address(_find_shipping(visit)),
    }


def write_money(value: Money) -> str:
    """Write `{"currency_code", "value"}` as en-US does, with the decimals PayPal gives the currency."""
    currency = value["currency_code"]
    places = decimals(currency)
    sign = "¤\xa0" if get_currency_symbol(currency, "en_US") == currency else "¤"
    pattern = f"{sign}#,##0." + "0" * places if places else f"{sign}#,##0"
    return format_currency(Decimal(value["value"]), currency, pattern, "en_US", currency_digits=False)


def add_query(url: str, more: dict[str, str]) -> str:
    """Return `url` with more parameters behind its own; an empty text stays one."""
    if not url:
        return ""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])
    return urlunsplit(parts._replace(query=query))


def _describe_unit(unit: dict[str, Any]) -> dict[str, Any]:
    breakdown = unit["amount"].get("breakdown", {})
    sums = [
        (words, ("−" if name in TAKEN_OFF else "") + write_money(breakdown[name]))
        for name, words in SUMS.items()
        if name in breakdown and Decimal(breakdown[name]["value"])
    ]
    lines = [_describe_line(item) for item in unit.get("items", [])]
    if not lines:
        words = unit.get("description") or "Your order"
        lines = [{"name": words, "quantity": 1, "amount": write_money(unit["amount"])}]
    return {"lines": lines, "sums": sums if len(sums) > 1 else []}


def _describe_line(item: dict[str, Any]) -> dict[str, Any]:
    quantity, price = int(item["quantity"]), item["unit_amount"]
    amount = {**price, "value": str(Decimal(price["value"]) * quantity)}
    return {"name": item["name"], "quantity": quantity, "amount": write_money(amount)}


def _find_shipping(visit: Visit) -> dict[str, Any]:
    """Where the parcel goes: the merchant's address, the buyer's own where he left it to her, or nowhere."""
    preference = visit.context.get("shipping_preference", "GET_FROM_FILE")
    given = visit.order["purchase_units"][0].get("shipping") or {}
    if preference == "NO_SHIPPING":
        return {}
    return describe_shipping(BUYER) | given if preference == "GET_FROM_FILE" else given


def _write_address(shipping: dict[str, Any]) -> list[str]:
    address = shipping.get("address") or {}
    if not address:
        return []
    town = " ".join(address[name] for name in ("admin_area_2", "admin_area_1", "postal_code") if address.get(name))
    code = address.get("country_code", "")
    country = Locale("en").territories.get(code, code)
    lines = [(shipping.get("name") or {}).get("full_name"), address.get("address_line_1")]
    return [line for line in (*lines, address.get("address_line_2"), town, country) if line]
