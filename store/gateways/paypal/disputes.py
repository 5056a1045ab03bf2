"""What PayPal says of a dispute. developer.paypal.com/docs/api/customer-disputes/v1/#disputes_get"""

from __future__ import annotations

from store.gateways.paypal.client import PayPalCalls
from store.gateways.paypal.wire import as_list, as_object, as_text, read_money
from store.gateways.port import DisputeSnapshot

DISPUTES_PATH = "/v1/customer/disputes"


async def fetch_dispute(calls: PayPalCalls, ref: str) -> DisputeSnapshot:
    """One dispute as it is now. Raises GatewayBug for one that names no amount, as for one that is not ours."""
    dispute = await calls.call("disputes.get", "GET", f"{DISPUTES_PATH}/{ref}")
    disputed = as_list(dispute.get("disputed_transactions"))
    return DisputeSnapshot(
        ref=ref,
        capture_refs=tuple(as_text(one.get("seller_transaction_id")) for one in disputed),
        amount=read_money(dispute.get("dispute_amount")),
        is_open=as_text(dispute.get("status")) != "RESOLVED",
        reason=_say(as_text(dispute.get("reason"))),
        outcome=_say(as_text(as_object(dispute.get("dispute_outcome")).get("outcome_code"))),
    )


def _say(code: str) -> str:
    return code.replace("_", " ").lower()
