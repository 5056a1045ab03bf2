"""Every issue that an authorization can meet here: one row each."""

from __future__ import annotations

from typing import Any

import httpx

from store.sandbox.paypal.authorizations import (
    HONOR_SECONDS,
    MOST_CAPTURES,
    VALID_SECONDS,
    finish_authorization,
)
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.money_rows import AMOUNTS, Row, for_a_stranger, set_to, while_running
from tests.sandbox.paypal.money import authorize, later, usd

PATH = "/v2/payments/authorizations"
CAPTURE, REAUTHORIZE, VOID = (f"authorizations.{verb}" for verb in ("capture", "reauthorize", "void"))


def act(
    verb: str,
    issue: str,
    body: dict[str, Any] | None = None,
    field: str | None = None,
    *,
    outcome: str = "balance",
    after: int = 0,
    first: tuple[str, dict[str, Any]] | None = None,
    review: str = "",
    **settings: Any,
) -> Row:
    """An authorization, what happened to it before, and the call that is refused."""

    async def do(paypal: PayPal) -> httpx.Response:
        path = f"{PATH}/{authorize(paypal, outcome=outcome)['id']}"
        if review:
            finish_authorization(paypal.app, path.rpartition("/")[2], review)
        later(paypal, after)
        if first:
            await paypal.create("POST", f"{path}/{first[0]}", first[1])
        set_to(paypal, **settings)
        return await paypal.call("POST", f"{path}/{verb}", body or {})

    return Row(f"authorizations.{verb}", issue, do, field)


def nobody(operation_id: str, method: str, rest: str = "") -> Row:
    async def do(paypal: PayPal) -> httpx.Response:
        return await paypal.call(method, f"{PATH}/0000000000000000X{rest}", {} if method == "POST" else None)

    return Row(operation_id, "INVALID_RESOURCE_ID", do, "authorization_id")


def stranger(verb: str) -> Row:
    async def do(paypal: PayPal) -> httpx.Response:
        return await for_a_stranger(paypal, "POST", f"{PATH}/{authorize(paypal)['id']}/{verb}")

    return Row(f"authorizations.{verb}", "PERMISSION_DENIED", do)


async def void_twice_at_once(paypal: PayPal) -> httpx.Response:
    return await while_running(paypal, VOID, f"{PATH}/{authorize(paypal)['id']}/void")


async def capture_too_often(paypal: PayPal) -> httpx.Response:
    path = f"{PATH}/{authorize(paypal)['id']}/capture"
    for _ in range(MOST_CAPTURES):
        await paypal.create("POST", path, {"amount": usd("1.00")})
    return await paypal.call("POST", path, {"amount": usd("1.00")})


async def invoice_twice(paypal: PayPal) -> httpx.Response:
    set_to(paypal, unique_invoice_ids=True)
    path = f"{PATH}/{authorize(paypal)['id']}/capture"
    body = {"amount": usd("1.00"), "invoice_id": "shop-1"}
    await paypal.create("POST", path, body)
    return await paypal.call("POST", path, body)


async def again(paypal: PayPal) -> str:
    """A reauthorization's path."""
    made = authorize(paypal)
    later(paypal, HONOR_SECONDS)
    new = await paypal.create("POST", f"{PATH}/{made['id']}/reauthorize", {})
    return f"{PATH}/{new['id']}"


async def reauthorize_again(paypal: PayPal) -> httpx.Response:
    return await paypal.call("POST", f"{await again(paypal)}/reauthorize", {})


async def void_again(paypal: PayPal) -> httpx.Response:
    return await paypal.call("POST", f"{await again(paypal)}/void")


CAPTURED = ("capture", {})
AUTHORIZED: list[Row] = [
    nobody("authorizations.get", "GET"),
    # capture
    nobody(CAPTURE, "POST", "/capture"),
    stranger("capture"),
    *(act("capture", issue, {"amount": amount}, field) for issue, amount, field in AMOUNTS),
    act(
        "capture",
        "INVALID_PARAMETER_VALUE",
        {"payment_instruction": {"disbursement_mode": "LATER"}},
        "/payment_instruction/disbursement_mode",
    ),
    act("capture", "TRANSACTION_REFUSED", outcome="review"),
    act("capture", "AUTHORIZATION_DENIED", outcome="review", review="DENIED"),
    act("capture", "AUTHORIZATION_VOIDED", first=("void", {})),
    act("capture", "AUTHORIZATION_EXPIRED", after=VALID_SECONDS),
    act("capture", "AUTHORIZATION_ALREADY_CAPTURED", first=CAPTURED),
    act(
        "capture",
        "AUTH_CAPTURE_CURRENCY_MISMATCH",
        {"amount": {"currency_code": "EUR", "value": "1.00"}},
        "/amount/currency_code",
    ),
    act("capture", "MAX_CAPTURE_AMOUNT_EXCEEDED", {"amount": usd("27.61")}, "/amount/value"),
    act("capture", "PAYEE_ACCOUNT_LOCKED_OR_CLOSED", status="locked"),
    act("capture", "PAYEE_ACCOUNT_RESTRICTED", status="restricted"),
    Row(CAPTURE, "MAX_CAPTURE_COUNT_EXCEEDED", capture_too_often),
    Row(CAPTURE, "DUPLICATE_INVOICE_ID", invoice_twice, "/invoice_id"),
    # reauthorize
    nobody(REAUTHORIZE, "POST", "/reauthorize"),
    *(act("reauthorize", issue, {"amount": amount}, field) for issue, amount, field in AMOUNTS),
    act("reauthorize", "TRANSACTION_REFUSED", outcome="review"),
    act("reauthorize", "AUTHORIZATION_VOIDED", first=("void", {})),
    act("reauthorize", "AUTHORIZATION_ALREADY_CAPTURED", first=CAPTURED),
    act("reauthorize", "PAYEE_ACCOUNT_LOCKED_OR_CLOSED", status="locked"),
    act("reauthorize", "PAYEE_ACCOUNT_RESTRICTED", status="restricted"),
    act(
        "reauthorize",
        "AUTH_CURRENCY_MISMATCH",
        {"amount": {"currency_code": "EUR", "value": "1.00"}},
        "/amount/currency_code",
        after=HONOR_SECONDS,
    ),
    act(
        "reauthorize",
        "AUTHORIZATION_AMOUNT_EXCEEDED",
        {"amount": usd("27.61")},
        "/amount/value",
        after=HONOR_SECONDS,
    ),
    act("reauthorize", "REAUTHORIZATION_TOO_SOON", after=HONOR_SECONDS - 1),
    Row(REAUTHORIZE, "REAUTHORIZATION_NOT_SUPPORTED", reauthorize_again),
    # void
    nobody(VOID, "POST", "/void"),
    stranger("void"),
    act("void", "INVALID_ACCOUNT_STATUS", status="locked"),
    Row(VOID, "PREVIOUS_REQUEST_IN_PROGRESS", void_twice_at_once),
    act("void", "PREVIOUSLY_CAPTURED", first=CAPTURED),
    act("void", "PREVIOUSLY_VOIDED", first=("void", {})),
    Row(VOID, "CANNOT_BE_VOIDED", void_again),
]
