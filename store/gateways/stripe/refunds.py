"""Refunds, and everything that moved around one charge. docs.stripe.com/api/refunds, …/connect/charges

A refund of a direct charge is asked for on the vendor's account. Both `reverse_transfer` and
`refund_application_fee` default to false at Stripe: left out, the platform pays for the vendor.
"""

from __future__ import annotations

from typing import Any

from store.gateways.port import CaptureSnapshot, Moved, RefundRequest, RefundSnapshot
from store.gateways.stripe.client import StripeCalls, options
from store.gateways.stripe.translate import capture_snapshot, read_moved, refund_snapshot
from store.gateways.stripe.wire import to_wire


async def refund(calls: StripeCalls, request: RefundRequest) -> RefundSnapshot:
    """Ask for a refund under our refund's id as key."""
    body: dict[str, Any] = {
        "charge": request.capture_ref,
        "amount": to_wire(request.amount, request.currency),
        "metadata": {"refund_id": request.refund_id, "order_id": request.order_id},
    }
    if request.give_back_all and request.charge_type == "destination":
        body["reverse_transfer"] = True
    if request.give_back_all and request.fee_taken and request.charge_type in ("direct", "destination"):
        body["refund_application_fee"] = True
    made = await calls.call(
        "refunds.create",
        lambda: calls.client.v1.refunds.create_async(
            body,  # type: ignore[arg-type]
            options(request.account_ref, request.refund_id),
        ),
    )
    return refund_snapshot(made.to_dict())


async def find_refunds(calls: StripeCalls, capture_ref: str, account_ref: str) -> list[RefundSnapshot]:
    """Every refund of the payment that one charge belongs to, whoever made it."""
    charge = await calls.call(
        "charges.retrieve", lambda: calls.client.v1.charges.retrieve_async(capture_ref, None, options(account_ref))
    )
    return await _list_refunds(calls, charge.to_dict(), account_ref)


async def fetch_capture(calls: StripeCalls, ref: str, account_ref: str) -> CaptureSnapshot:
    """The charge with its balance transaction, transfer and application fee, and what went back of each.

    The application fee lives on the platform even when the charge lives on the vendor's account, so it is asked for
    there.
    """
    v1 = calls.client.v1
    charge = (
        await calls.call(
            "charges.retrieve",
            lambda: v1.charges.retrieve_async(ref, {"expand": ["balance_transaction"]}, options(account_ref)),
        )
    ).to_dict()
    transfer_id, fee_id = charge.get("transfer"), charge.get("application_fee")
    transfer = fee = None
    reversals: list[dict[str, Any]] = []
    fee_refunds: list[dict[str, Any]] = []
    if transfer_id:
        transfer = (await calls.call("transfers.retrieve", lambda: v1.transfers.retrieve_async(transfer_id))).to_dict()
        if transfer.get("amount_reversed"):

            async def read_reversals() -> list[dict[str, Any]]:
                page = await v1.transfers.reversals.list_async(transfer_id, {"limit": 100})
                return [r.to_dict() async for r in page.auto_paging_iter()]

            reversals = await calls.call("transfers.reversals.list", read_reversals)
    if fee_id:
        fee = (
            await calls.call(
                "application_fees.retrieve",
                lambda: v1.application_fees.retrieve_async(fee_id, {"expand": ["balance_transaction"]}),
            )
        ).to_dict()
        if fee.get("amount_refunded"):

            async def read_fee_refunds() -> list[dict[str, Any]]:
                page = await v1.application_fees.refunds.list_async(
                    fee_id, {"limit": 100, "expand": ["data.balance_transaction"]}
                )
                return [r.to_dict() async for r in page.auto_paging_iter()]

            fee_refunds = await calls.call("application_fees.refunds.list", read_fee_refunds)
    refunds = await _list_refunds(calls, charge, account_ref) if charge.get("amount_refunded") else []
    return capture_snapshot(
        charge,
        transfer=transfer,
        reversals=reversals,
        application_fee=fee,
        fee_refunds=fee_refunds,
        refunds=refunds,
    )


async def find_application_fee(calls: StripeCalls, capture_ref: str) -> Moved | None:
    """docs.stripe.com/api/application_fees/list: it lies on the platform, also when the charge is out of reach."""
    question: Any = {"charge": capture_ref, "limit": 1, "expand": ["data.balance_transaction"]}
    page = await calls.call("application_fees.list", lambda: calls.client.v1.application_fees.list_async(question))
    return next((read_moved(fee.to_dict()) for fee in page.data if fee.balance_transaction), None)


async def _list_refunds(calls: StripeCalls, charge: dict[str, Any], account_ref: str) -> list[RefundSnapshot]:
    """By payment intent, of which one charge at most succeeds; `charge.refunds` is not filled by default."""
    question: Any = {"payment_intent": charge["payment_intent"], "limit": 100}

    async def read() -> list[RefundSnapshot]:
        page = await calls.client.v1.refunds.list_async(question, options(account_ref))
        return [refund_snapshot(r.to_dict()) async for r in page.auto_paging_iter()]

    return await calls.call("refunds.list", read)
