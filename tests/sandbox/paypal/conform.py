"""Whether an answer is one that PayPal's OpenAPI files allow: the schema of its status, errors among them."""

from __future__ import annotations

from typing import Any

import httpx

from store.sandbox.paypal.errors import NAMES
from store.sandbox.paypal.spec import find_operation, list_issues, operation
from store.sandbox.paypal.validate import find_faults, is_url

# Found and told by the sandbox itself: PayPal has them, but not in the table of the operation.
BESIDE = {
    *("INVALID_RESOURCE_ID", "PREVIOUS_REQUEST_IN_PROGRESS", "DECIMALS_NOT_SUPPORTED", "ACTION_DOES_NOT_MATCH_INTENT"),
    *("INVALID_CONTENT_TYPE", "PAYPAL_REQUEST_ID_PREVIOUSLY_USED", "INVALID_ACCOUNT_STATUS"),
}
# What a tester's rule did says so itself, where PayPal's files have one sentence.
RULES = ("A fault rule of the sandbox", "The client or the sandbox went away")


def check(operation_id: str, status: int, body: Any) -> None:
    """Fail when an answer of an operation is none that PayPal's files allow; `body` None for an empty one."""
    node = operation(operation_id)
    if status >= 400:
        return check_error(operation_id, status, body)
    assert str(status) in node["answers"], f"{operation_id} never answers {status}"
    schema = node["answers"][str(status)]
    if schema is None or body is None:
        assert body is None, f"{operation_id} {status} has no body"
        assert status == 204 or schema is None, f"{operation_id} {status} has a body"
        return None
    faults = list(find_faults(node["file"], schema, body))
    assert not faults, f"{operation_id} {status}: {faults}"
    return None


def check_error(operation_id: str, status: int, body: Any) -> None:
    """Fail when a refusal has not the shape of PayPal's errors, or an issue that PayPal never gave the operation."""
    if "error" in body:
        assert set(body) == {"error", "error_description"}
        assert status == 401
        return
    known = {"name", "message", "debug_id", "details", "links", "information_link"}
    assert {"name", "message", "debug_id"} <= set(body) <= known, body
    assert all(is_url(link["href"]) for link in body.get("links", [])), body
    node = operation(operation_id)
    schema = node["answers"].get(str(status)) or node["answers"].get("default")
    if schema and not body["message"].startswith(RULES):
        # Payouts' files show a detail's `link` and have none in the schema, which allows more than it lists.
        faults = [fault for fault in find_faults(node["file"], schema, body) if fault[0] != "unknown"]
        assert not faults, f"{operation_id} {status}: {faults}"
    listed = list_issues(operation_id)
    if not listed:
        return
    if status in NAMES:
        assert body["name"] == NAMES[status][0]
    names = {name for code, name in listed if code == status}
    if operation_id.startswith("orders."):
        # What a patch or a payment makes of an order is told as of a new one.
        names |= {name for code, name in list_issues("orders.create") if code == status}
    for detail in body.get("details", []):
        assert {"issue"} <= set(detail) <= {"issue", "description", "field", "value", "location"}, detail
        asked = detail.get("field") == "PayPal-Mock-Response"
        assert asked or detail["issue"] in names | BESIDE, f"{operation_id} has no {detail['issue']} with {status}"


async def check_answer(answer: httpx.Response) -> None:
    """Fail when an HTTP answer to a call of PayPal's API is none that its files allow, or has lost its debug id."""
    await answer.aread()
    path = answer.request.url.path
    operation_id = find_operation(answer.request.method, path)
    if operation_id is None:
        return
    body = answer.json() if answer.content else None
    check(operation_id, answer.status_code, body)
    debug_id = answer.headers["paypal-debug-id"]
    if isinstance(body, dict) and "debug_id" in body:
        assert body["debug_id"] == debug_id
