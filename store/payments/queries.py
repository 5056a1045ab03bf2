"""Payments as pages and doors find them: the checkout page, and the attempt behind a token or a reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from babel import Locale
from msgspec import Struct

from store.cart.queries import CheckoutGroup, GroupLine
from store.gateways.port import NAMES, PAYPAL, STRIPE, CheckoutGateway, Gateways
from store.gateways.regions import PAYPAL_CURRENCIES
from store.kit.db import fetch, fetch_row, fetch_value
from store.kit.money import LOCALE, Money
from store.payments.states import LIVE

# Where the demo's makers send parcels.
COUNTRY_CODES = [
    "AT",
    "AU",
    "BE",
    "BG",
    "CA",
    "CH",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GB",
    "GR",
    "HR",
    "HU",
    "IE",
    "IS",
    "IT",
    "JP",
    "LI",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "NO",
    "NZ",
    "PL",
    "PT",
    "RO",
    "SE",
    "SG",
    "SI",
    "SK",
    "US",
]


class SeenLine(Struct, frozen=True, array_like=True):
    """One line as the checkout page showed it; it travels in the form so that a change can be told in words."""

    variant_id: str
    title: str
    words: str


class Way(Struct, frozen=True):
    """One way to pay: the radio's value and words, and what stands in its way just now ("" for nothing)."""

    provider: str
    label: str
    hint: str
    problem: str = ""


class CheckoutPage(Struct, frozen=True):
    """The page before payment. `form` holds what was typed, `errors` words by field, `ways` the ways to pay."""

    group: CheckoutGroup
    form: Mapping[str, str]
    errors: Mapping[str, str]
    countries: tuple[tuple[str, str], ...]
    pay_label: str
    ways: tuple[Way, ...] = ()
    provider_problem: str = ""
    code_problem: str = ""


class Change(Struct, frozen=True):
    """One difference between what the buyer saw and what is."""

    what: str
    saw: str
    now: str


class ChangedPage(Struct, frozen=True):
    """The 409 page; `group` is None when nothing of it is left."""

    changes: tuple[Change, ...]
    group: CheckoutGroup | None


def checkout_page(
    group: CheckoutGroup,
    form: Mapping[str, str],
    errors: Mapping[str, str],
    provider_problem: str = "",
    code_problem: str = "",
    ways: Sequence[Way] = (),
) -> CheckoutPage:
    """The view of the checkout page; the form always carries what this page shows."""
    return CheckoutPage(
        group=group,
        form={**form, "group": group.key, "goods_hash": group.goods_hash, "seen": encode_seen(group)},
        errors=errors,
        countries=(("", "Choose a country"), *list_countries()),
        pay_label=f"Continue to Stripe: pay {Money(group.total, group.currency)}" if group.total else "Place the order",
        ways=tuple(ways),
        provider_problem=provider_problem,
        code_problem=code_problem,
    )


class PayPage(Struct, frozen=True):
    """The page with PayPal's buttons. `script_url` is for the currency of this order; amounts in minor units."""

    token: str
    number: str
    currency: str
    total: int
    lines: tuple[tuple[str, int, int], ...]
    delivery: int
    discount: int
    promo_code: str
    hold_until: datetime
    failure_reason: str
    script_url: str
    nonce: str
    away: bool
    left: bool


async def read_pay_page(
    order_id: UUID, script_url: Callable[[str], str], nonce: str, *, away: bool, left: bool
) -> PayPage:
    """What stands beside the buttons; `away`: PayPal does not answer just now, `left`: the buyer has turned back."""
    order = await fetch_row("SELECT * FROM orders WHERE id = $1", order_id)
    assert order is not None
    lines = await fetch(
        "SELECT title || CASE variant_label WHEN '' THEN '' ELSE ', ' || variant_label END AS name, quantity, total"
        ' FROM order_line WHERE "order" = $1 ORDER BY title, id',
        order_id,
    )
    return PayPage(
        token=order["token"],
        number=order["number"],
        currency=order["currency"],
        total=order["total"],
        lines=tuple((line["name"], line["quantity"], line["total"]) for line in lines),
        delivery=order["delivery"],
        discount=order["discount"],
        promo_code=order["promo_code"],
        hold_until=order["hold_until"],
        failure_reason=order["failure_reason"],
        script_url=script_url(order["currency"]),
        nonce=nonce,
        away=away,
        left=left,
    )


def list_ways(gateways: Gateways, currency: str) -> list[Way]:
    """The ways to pay in this currency, and which provider does not answer just now."""
    ways = [Way(STRIPE, "Card", "On Stripe’s page.", _say_away(gateways.stripe, STRIPE))]
    if gateways.paypal is not None and currency in PAYPAL_CURRENCIES:
        hint = "With your PayPal account; you confirm on PayPal’s page."
        ways.append(Way(PAYPAL, "PayPal", hint, _say_away(gateways.paypal, PAYPAL)))
    return ways


def _say_away(rail: CheckoutGateway, provider: str) -> str:
    return f"{NAMES[provider]} does not answer just now." if rail.is_away() else ""


def changed_page(seen: str, group: CheckoutGroup | None) -> ChangedPage:
    """What changed since the page was shown, line by line."""
    return ChangedPage(tuple(_changes(seen, group)), group if group and not group.blocked else None)


def encode_seen(group: CheckoutGroup) -> str:
    """The lines of a group for the hidden field `seen`."""
    return msgspec.json.encode(list(_lines(group).values())).decode()


def list_countries() -> list[tuple[str, str]]:
    """(code, name) of every country we deliver to, by name."""
    names = Locale.parse(LOCALE).territories
    return sorted(((code, names[code]) for code in COUNTRY_CODES), key=lambda pair: pair[1])


async def read_last_contact(cart_id: UUID) -> dict[str, str]:
    """What the buyer typed for this cart's last order, so that the next part of it need not be typed again."""
    row = await fetch_row(
        "SELECT email, full_name, address_line1, address_line2, city, region, postcode, country FROM orders"
        " WHERE cart_id = $1 ORDER BY placed_at DESC LIMIT 1",
        cart_id,
    )
    return dict(row) if row else {}


async def find_by_token(token: str) -> dict[str, Any] | None:
    """The attempt behind a return address, with its order's token."""
    row = await fetch_row(
        'SELECT payment.id, payment.provider, payment.provider_ref, payment."order", payment.status,'
        " payment.failure_reason, orders.token AS order_token, orders.number"
        ' FROM payment JOIN orders ON orders.id = payment."order" WHERE payment.token = $1',
        token,
    )
    return dict(row) if row else None


async def find_order(token: str) -> dict[str, Any] | None:
    """The order behind its token: id, number and state."""
    row = await fetch_row("SELECT id, token, number, payment_state, provider FROM orders WHERE token = $1", token)
    return dict(row) if row else None


async def find_payment(provider: str, provider_ref: str, payment_id: str, account: str) -> UUID | None:
    """The attempt an event speaks of, by the provider's reference or by our id in its metadata; None: not ours.

    An id alone counts only on the account where that attempt lives.
    """
    row = await fetch_row(
        "SELECT id FROM payment WHERE provider = $4 AND account_ref = $3 AND (provider_ref = $1"
        " OR (provider_ref IS NULL AND id = $2) OR (id = $2 AND $1 = ''))",
        provider_ref,
        _uuid(payment_id),
        account,
        provider,
    )
    return row["id"] if row else None


async def is_live(payment_id: UUID) -> bool:
    """Whether this attempt can still be paid, or its outcome is still to come."""
    return bool(await fetch_value("SELECT status = ANY($2) FROM payment WHERE id = $1", payment_id, list(LIVE)))


def _changes(seen: str, group: CheckoutGroup | None) -> Iterator[Change]:
    try:
        before = {line.variant_id: line for line in msgspec.json.decode(seen, type=list[SeenLine])}
    except msgspec.DecodeError:
        before = {}
    after = _lines(group) if group else {}
    for variant_id, old in before.items():
        now = after[variant_id].words if variant_id in after else "no longer part of this order"
        if now != old.words:
            yield Change(old.title, old.words, now)
    for variant_id, new in after.items():
        if variant_id not in before:
            yield Change(new.title, "not in the cart", new.words)


def _lines(group: CheckoutGroup) -> dict[str, SeenLine]:
    return {
        str(line.variant_id): SeenLine(
            str(line.variant_id),
            f"{line.title} ({line.variant_label})" if line.variant_label else line.title,
            _say_line(line, group.currency),
        )
        for vendor in group.vendors
        for line in vendor.lines
    }


def _say_line(line: GroupLine, currency: str) -> str:
    """What there is of a line now, always in the same words: one side of a comparison."""
    if not line.available:
        return line.problem
    return f"{min(line.quantity, line.available)} × {Money(line.unit_price, currency)}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
