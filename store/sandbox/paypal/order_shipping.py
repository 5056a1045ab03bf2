"""What PayPal asks of where an order goes: addresses, kinds of delivery, and the options a buyer may choose from."""

from __future__ import annotations

from collections.abc import Iterator

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.countries import COUNTRIES, NO_CITY, POSTAL
from store.sandbox.paypal.errors import Finding
from store.sandbox.paypal.objects import to_minor
from store.sandbox.paypal.order_documents import unit_pointer

# The merchant knows the address, or needs none: the buyer chooses nothing.
SETTLED = ("NO_SHIPPING", "SET_PROVIDED_ADDRESS")


def check_shipping(units: list[Document], context: Document) -> Iterator[Finding]:
    """Yield what is wrong with the shipping of an order's units."""
    preference = context.get("shipping_preference", "GET_FROM_FILE")
    for unit in units:
        at, shipping = f"{unit_pointer(unit)}/shipping", unit.get("shipping") or {}
        yield from check_address(shipping.get("address") or {}, f"{at}/address")
        if preference == "SET_PROVIDED_ADDRESS" and not shipping.get("address"):
            yield "SHIPPING_ADDRESS_INVALID", f"{at}/address", None
        yield from _check_type(shipping, at, preference)
        yield from _check_options(unit, shipping.get("options") or [], f"{at}/options", preference)
    addresses = [unit.get("shipping", {}).get("address") for unit in units]
    if any(address != addresses[0] for address in addresses):
        yield "MULTIPLE_SHIPPING_ADDRESS_NOT_SUPPORTED", "/purchase_units", None
    kinds = {unit.get("shipping", {}).get("type") for unit in units} - {None}
    options = {option.get("type") for unit in units for option in unit.get("shipping", {}).get("options") or []}
    if len(kinds) > 1 or len(options - {None}) > 1:
        yield "MULTIPLE_SHIPPING_TYPE_NOT_SUPPORTED", "/purchase_units", None
    if "order_update_callback_config" in context and (kinds or preference in SETTLED):
        at = "/payment_source/paypal/experience_context/order_update_callback_config"
        yield "SHIPPING_CALLBACK_CONFIG_NOT_SUPPORTED", at, None


def check_address(address: Document, at: str) -> Iterator[Finding]:
    """Yield what is wrong with an address; a country alone is no address yet."""
    if not address:
        return
    country = address["country_code"]
    if country not in COUNTRIES:
        yield "INVALID_COUNTRY_CODE", f"{at}/country_code", country
    if "address_line_1" in address:
        if not address.get("admin_area_2") and country not in NO_CITY:
            yield "CITY_REQUIRED", f"{at}/admin_area_2", None
        if not address.get("postal_code") and country in POSTAL:
            yield "POSTAL_CODE_REQUIRED", f"{at}/postal_code", None


def check_pickup(unit: Document) -> Iterator[Finding]:
    """Yield INVALID_PICKUP_ADDRESS where goods are picked up at an address that is not said to be a store's."""
    shipping = unit.get("shipping") or {}
    chosen = [option for option in shipping.get("options") or [] if option["selected"]]
    name = (shipping.get("name") or {}).get("full_name", "")
    if any(option.get("type") == "PICKUP" for option in chosen) and not name.startswith("S2S"):
        yield "INVALID_PICKUP_ADDRESS", f"{unit_pointer(unit)}/shipping/name/full_name", name


def _check_type(shipping: Document, at: str, preference: str) -> Iterator[Finding]:
    kind = shipping.get("type")
    if kind is None:
        return
    if kind == "PICKUP_IN_PERSON":
        yield "SHIPPING_TYPE_NOT_SUPPORTED_FOR_CLIENT", f"{at}/type", kind
    if preference not in SETTLED:
        yield "UNSUPPORTED_SHIPPING_TYPE", f"{at}/type", kind
    if kind.startswith("PICKUP") and not shipping.get("address"):
        yield "MISSING_PICKUP_ADDRESS", f"{at}/address", None


def _check_options(unit: Document, options: list[Document], at: str, preference: str) -> Iterator[Finding]:
    if not options:
        return
    if preference in SETTLED or "type" in unit["shipping"]:
        yield "SHIPPING_OPTIONS_NOT_SUPPORTED", at, None
    ids = [option["id"] for option in options]
    if len(set(ids)) < len(ids):
        yield "DUPLICATE_SHIPPING_OPTION_ID", at, None
    selected = [option for option in options if option["selected"]]
    if not selected:
        yield "SHIPPING_OPTION_NOT_SELECTED", at, None
    elif len(selected) > 1:
        yield "MULTIPLE_SHIPPING_OPTION_SELECTED", at, None
    elif "amount" in selected[0]:
        given = (unit["amount"].get("breakdown") or {}).get("shipping")
        if given is None or to_minor(given) != to_minor(selected[0]["amount"]):
            yield "PREFERRED_SHIPPING_OPTION_AMOUNT_MISMATCH", f"{at}/0/amount", selected[0]["amount"]["value"]
