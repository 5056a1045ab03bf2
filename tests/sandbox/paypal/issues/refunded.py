"""Every issue that a refund, or a look at a capture, can meet here: one row each."""

from __future__ import annotations

from typing import Any

import httpx

from store.sandbox.paypal.balance import book
from store.sandbox.paypal.captures import finish_capture
from store.sandbox.paypal.disputes import open_dispute
from store.sandbox.paypal.refund_checks import MOST_REFUNDS, REFUNDABLE_SECONDS
from store.sandbox.paypal.refunds import refund_by_merchant, reverse_capture
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.money_rows import AMOUNTS, Row, for_a_stranger, set_to, while_running
from tests.sandbox.paypal.money import CAPTURES, capture, later, usd

REFUND = "captures.refund"
FEE = "/payment_instruction/platform_fees"
EUROS = {"currency_code": "EUR", "value": "1.00"}


def refund(
    issue: str,
    body: dict[str, Any] | None = None,
    field: str | None = None,
    *,
    outcome: str = "balance",
    ends: str = "",
    given: int = 0,
    after: int = 0,
    **settings: Any,
) -> Row:
    """A capture, what happened to it before, and the refund that is refused."""

    async def do(paypal: PayPal) -> httpx.Response:
        made = capture(paypal, outcome=outcome)
        if ends:
            finish_capture(paypal.app, made["id"], ends)
        if given:
            refund_by_merchant(paypal.app, made["id"], given)
        later(paypal, after)
        set_to(paypal, **settings)
        return await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", body or {})

    return Row(REFUND, issue, do, field)


def fee(issue: str, field: str, amount: dict[str, str], **settings: Any) -> Row:
    return refund(issue, {"payment_instruction": {"platform_fees": [{"amount": amount}]}}, field, **settings)


def nobody(operation_id: str, method: str, path: str) -> Row:
    async def do(paypal: PayPal) -> httpx.Response:
        return await paypal.call(method, path, {} if method == "POST" else None)

    return Row(operation_id, "INVALID_RESOURCE_ID", do, "refund_id" if "refunds/" in path else "capture_id")


async def for_somebody_else(paypal: PayPal) -> httpx.Response:
    return await for_a_stranger(paypal, "POST", f"{CAPTURES}/{capture(paypal)['id']}/refund")


async def twice_at_once(paypal: PayPal) -> httpx.Response:
    return await while_running(paypal, REFUND, f"{CAPTURES}/{capture(paypal)['id']}/refund")


async def paid_out_before(paypal: PayPal) -> httpx.Response:
    made = capture(paypal)
    book(paypal.app, "payout", "item", -1, "USD")
    return await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {})


async def too_often(paypal: PayPal) -> httpx.Response:
    made = capture(paypal)
    for _ in range(MOST_REFUNDS):
        refund_by_merchant(paypal.app, made["id"], 1)
    return await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {})


async def invoice_twice(paypal: PayPal) -> httpx.Response:
    set_to(paypal, unique_invoice_ids=True)
    path = f"{CAPTURES}/{capture(paypal)['id']}/refund"
    body = {"amount": usd("1.00"), "invoice_id": "back-1"}
    await paypal.create("POST", path, body)
    return await paypal.call("POST", path, body)


async def charged_back(paypal: PayPal) -> httpx.Response:
    made = capture(paypal)
    reverse_capture(paypal.app, made["id"], 100)
    return await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {})


async def disputed(paypal: PayPal) -> httpx.Response:
    made = capture(paypal)
    open_dispute(paypal.app, made["id"])
    return await paypal.call("POST", f"{CAPTURES}/{made['id']}/refund", {"amount": usd("1.00")})


async def read(paypal: PayPal) -> str:
    """The path of a refund."""
    return f"/v2/payments/refunds/{refund_by_merchant(paypal.app, capture(paypal)['id'])['id']}"


async def read_when_locked(paypal: PayPal) -> httpx.Response:
    path = await read(paypal)
    set_to(paypal, status="locked")
    return await paypal.call("GET", path)


async def read_for_somebody_else(paypal: PayPal) -> httpx.Response:
    return await for_a_stranger(paypal, "GET", await read(paypal))


REFUNDED: list[Row] = [
    nobody("captures.get", "GET", f"{CAPTURES}/0000000000000000X"),
    # captures.refund
    nobody(REFUND, "POST", f"{CAPTURES}/0000000000000000X/refund"),
    *(
        refund(issue, {"amount": amount}, field)
        for issue, amount, field in AMOUNTS
        if issue != "INVALID_STRING_MAX_LENGTH"
    ),
    Row(REFUND, "PERMISSION_DENIED", for_somebody_else),
    Row(REFUND, "PREVIOUS_REQUEST_IN_PROGRESS", twice_at_once),
    fee("CANNOT_BE_NEGATIVE", f"{FEE}/0/amount/value", usd("-1.00")),
    fee("CURRENCY_MISMATCH", f"{FEE}/0/amount/currency_code", EUROS),
    fee("PLATFORM_FEE_NOT_ENABLED", FEE, usd("1.00")),
    fee("PLATFORM_FEE_EXCEEDED", f"{FEE}/0/amount/value", usd("1.00"), platform_fees=True),
    refund("PENDING_CAPTURE", outcome="echeck"),
    refund("REFUND_NOT_ALLOWED", outcome="echeck", ends="DECLINED"),
    refund("CAPTURE_FULLY_REFUNDED", given=2400),
    refund("REFUND_CAPTURE_CURRENCY_MISMATCH", {"amount": EUROS}, "/amount/currency_code"),
    refund("REFUND_TIME_LIMIT_EXCEEDED", after=REFUNDABLE_SECONDS + 1),
    refund("REFUND_AMOUNT_EXCEEDED", {"amount": usd("20.01")}, "/amount/value", given=400),
    refund("INVALID_ACCOUNT_STATUS", status="closed"),
    refund("PAYEE_ACCOUNT_LOCKED_OR_CLOSED", status="locked"),
    refund("PAYEE_ACCOUNT_RESTRICTED", status="restricted"),
    Row(REFUND, "REFUND_FAILED_INSUFFICIENT_FUNDS", paid_out_before),
    Row(REFUND, "MAX_NUMBER_OF_REFUNDS_EXCEEDED", too_often),
    Row(REFUND, "DUPLICATE_INVOICE_ID", invoice_twice, "/invoice_id"),
    Row(REFUND, "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK", charged_back),
    Row(REFUND, "TRANSACTION_DISPUTED", disputed),
    # refunds.get
    nobody("refunds.get", "GET", "/v2/payments/refunds/0000000000000000X"),
    Row("refunds.get", "INVALID_ACCOUNT_STATUS", read_when_locked),
    Row("refunds.get", "PERMISSION_DENIED", read_for_somebody_else),
]
