"""What PayPal's resources are made of: ids, times, links, and money as strings with PayPal's own decimals.

Invariant: inside the sandbox money is an integer of minor units; PayPal's table decides how many decimals a currency
has on the wire, and it is not ISO 4217's (developer.paypal.com/reference/currency-codes).
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from store.sandbox.kernel.errors import Missing
from store.sandbox.kernel.world import Document, public
from store.sandbox.paypal.app import App
from store.sandbox.paypal.errors import missing

ID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# No decimals here although HUF and TWD have minor units in ISO 4217.
WHOLE = ("HUF", "JPY", "TWD")
CURRENCIES = (
    *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MYR", "MXN"),
    *("NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD"),
)
VALUE = re.compile(r"(-?)([0-9]*)(?:\.([0-9]+))?")
Money = dict[str, str]
MOST_DIGITS = 9


def new_id(length: int = 17) -> str:
    """Return an id in PayPal's form: digits and capitals, 17 unless told otherwise."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(length))


def decimals(currency: str) -> int:
    """Return how many decimals a currency has at PayPal: none or two."""
    return 0 if currency in WHOLE else 2


def to_minor(value: Money) -> tuple[int, str]:
    """Return minor units and currency of `{"currency_code", "value"}`; ValueError for more decimals than it has."""
    currency, text = value["currency_code"], value["value"]
    match = VALUE.fullmatch(text)
    places = decimals(currency)
    if match is None or not (match[2] or match[3]) or len((match[3] or "").rstrip("0")) > places:
        raise ValueError(f"{text} is no amount in {currency}")
    minor = int(match[2] or "0") * 10**places + int((match[3] or "")[:places].ljust(places, "0") or "0")
    return (-minor if match[1] else minor), currency


def to_value(minor: int, currency: str) -> Money:
    """Return `{"currency_code", "value"}` of minor units, with every decimal the currency has."""
    places = decimals(currency)
    whole, rest = divmod(abs(minor), 10**places)
    text = f"{whole}.{rest:0{places}}" if places else str(whole)
    return {"currency_code": currency, "value": f"-{text}" if minor < 0 else text}


def read_digits(text: str) -> int | None:
    """Return the number that a parameter of an address is, None for anything but one to nine digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def timestamp(seconds: int) -> str:
    """Return epoch seconds as PayPal writes times: UTC, to the second, with Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def link(origin: str, path: str, rel: str, method: str = "GET") -> dict[str, str]:
    """Return one entry of `links`, at the address where the client reached the sandbox."""
    return {"href": f"{origin}{path}", "rel": rel, "method": method}


def fetch(app: App, kind: str, id: str, field: str = "") -> Document:
    """Return one document of the app's account; 404 INVALID_RESOURCE_ID when it has none of that id."""
    try:
        return app.world.get(app.merchant_id, kind, id)
    except Missing:
        raise missing(field, id) from None


def store(app: App, kind: str, document: Document) -> None:
    """Insert or replace a document of the app's account."""
    app.world.put(app.merchant_id, kind, document)


def shown(document: Document) -> Any:
    """Return a document as the API shows it: without the sandbox's own fields, whose names begin with `_`."""
    return public(document)
