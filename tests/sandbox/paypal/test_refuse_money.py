"""Each issue that PayPal lists for payments: met as PayPal would meet it, or listed with why it cannot be.

What cannot be met can still be asked for, by `PayPal-Mock-Response`.
"""

from __future__ import annotations

import json

import pytest

from store.sandbox.paypal.spec import find_issue, list_issues, load_spec
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.authorized import AUTHORIZED
from tests.sandbox.paypal.issues.money_rows import Row
from tests.sandbox.paypal.issues.refunded import REFUNDED
from tests.sandbox.paypal.money import told

ROWS = [*AUTHORIZED, *REFUNDED]
BUYER = "What the buyer's wallet holds and how the buyer's account stands is not part of the sandbox."
PROCESSOR = "Only a card's processor could say so, and the sandbox authorizes wallets alone."
# Why an issue can be met by no state of the sandbox.
BEYOND = {
    ("authorizations.capture", "PAYER_CANNOT_PAY"): BUYER,
    ("authorizations.capture", "PAYER_ACCOUNT_LOCKED_OR_CLOSED"): BUYER,
    ("authorizations.capture", "COMPLIANCE_VIOLATION"): "Only PayPal's own compliance checks could find it.",
    ("authorizations.capture", "DUPLICATE_TRANSACTION"): "The same finding as DUPLICATE_INVOICE_ID, which is told.",
    ("authorizations.reauthorize", "PAYER_CANNOT_PAY"): BUYER,
    ("authorizations.reauthorize", "PAYER_ACCOUNT_LOCKED_OR_CLOSED"): BUYER,
    ("authorizations.reauthorize", "REAUTHORIZATION_DECLINED_BY_PROCESSOR"): PROCESSOR,
    ("authorizations.reauthorize", "REAUTHORIZATION_NOT_SUPPORTED_FOR_PAYMENT_SOURCE"): PROCESSOR,
    ("captures.get", "PERMISSION_DENIED"): "The call takes no PayPal-Auth-Assertion, and another's capture is a 404.",
    ("captures.refund", "PAYER_ACCOUNT_LOCKED_OR_CLOSED"): BUYER,
    ("captures.refund", "REFUND_AMOUNT_TOO_LOW"): "Every capture is settled in its own currency: nothing is converted.",
    ("captures.refund", "PARTIAL_REFUND_NOT_ALLOWED"): "Only of payment methods that the sandbox has not.",
    ("captures.refund", "REFUND_IS_RESTRICTED"): "An account has one app here, which made all of its captures.",
}


def name(row: Row) -> str:
    return f"{row.operation_id}-{row.issue}"


@pytest.mark.parametrize("row", ROWS, ids=name)
async def test_issue_is_told_when_a_payment_breaks_its_rule(paypal: PayPal, row: Row) -> None:
    answer = await row.do(paypal)

    status, description = find_issue(row.operation_id, row.issue)
    assert answer.status_code == status, answer.text
    (detail,) = answer.json()["details"]
    assert (detail["issue"], detail.get("field")) == (row.issue, row.field)
    assert detail["description"] == description


@pytest.mark.parametrize(("operation_id", "issue"), BEYOND)
async def test_issue_can_be_asked_for_when_no_state_has_it(paypal: PayPal, operation_id: str, issue: str) -> None:
    node = load_spec()["operations"][operation_id]
    path = node["path"].replace("{capture_id}", "X").replace("{authorization_id}", "X").replace("{refund_id}", "X")

    answer = await paypal.call(
        node["method"],
        path,
        {} if node["method"] == "POST" else None,
        PayPal_Mock_Response=json.dumps({"mock_application_codes": issue}),
    )

    status, _ = find_issue(operation_id, issue)
    assert answer.status_code == status
    assert answer.json()["details"][0]["issue"] == issue
    assert told(paypal) == []


def test_every_issue_of_payments_is_a_row_or_has_a_reason() -> None:
    wanted = {
        (operation_id, issue)
        for operation_id in load_spec()["issues"]
        if operation_id.startswith(("authorizations.", "captures.", "refunds."))
        for _, issue in list_issues(operation_id)
    }
    met = [(row.operation_id, row.issue) for row in ROWS]

    assert set(met) | set(BEYOND) == wanted
    assert not set(met) & set(BEYOND)
    assert len(met) == len(set(met))
