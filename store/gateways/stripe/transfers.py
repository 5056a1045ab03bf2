"""Shares passed on to vendors, and taken back. docs.stripe.com/connect/separate-charges-and-transfers

`source_transaction` lets a transfer go before the charge's money is available; without it our balance pays. Transfers
and their reversals live on the platform. What the provider refuses for now is told apart by its error codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from store.gateways.port import GatewayBug, TransferHeld
from store.gateways.stripe.client import StripeCalls, options
from store.gateways.stripe.wire import read_money, to_wire
from store.gateways.transfers import (
    Hold,
    ReversalRequest,
    ReversalSnapshot,
    TransferRequest,
    TransferSnapshot,
)
from store.kit.money import Money

# docs.stripe.com/error-codes; `resource_missing` is a destination that is not connected to us any more.
HOLDS = {
    "balance_insufficient": Hold.BALANCE,
    "insufficient_funds": Hold.BALANCE,
    "insufficient_capabilities_for_transfer": Hold.ACCOUNT,
    "transfers_not_allowed": Hold.ACCOUNT,
    "account_invalid": Hold.ACCOUNT,
    "resource_missing": Hold.ACCOUNT,
}
ARRIVED = "destination_payment"
LEFT = "destination_payment_refund"
# A balance is what can be spent, what is on its way, and what is kept back for connected accounts in debt.
PARTS = ("available", "pending", "connect_reserved")


async def transfer(calls: StripeCalls, request: TransferRequest, key: str) -> TransferSnapshot:
    """Send a share, once per key. Raises TransferHeld where the provider will not do it now."""
    body: dict[str, Any] = {
        "amount": to_wire(request.amount, request.currency),
        "currency": request.currency.lower(),
        "destination": request.account_ref,
        "transfer_group": request.group,
        "metadata": {"transfer_id": request.transfer_id, "order_id": request.order_id},
        "expand": [ARRIVED],
    }
    if request.source_ref:
        body["source_transaction"] = request.source_ref
    try:
        made = await calls.call(
            "transfers.create",
            lambda: calls.client.v1.transfers.create_async(body, options(key=key)),  # type: ignore[arg-type]
        )
    except GatewayBug as refused:
        raise _held(refused) from refused
    return _transfer(made.to_dict(), ())


async def reverse_transfer(calls: StripeCalls, request: ReversalRequest, key: str) -> ReversalSnapshot:
    """Take back a part of a transfer, once per key. Raises TransferHeld where the vendor's balance is too small."""
    body: Any = {
        "amount": to_wire(request.amount, request.currency),
        "metadata": {"reversal_id": request.reversal_id},
        "expand": [LEFT],
    }
    try:
        made = await calls.call(
            "transfers.reversals.create",
            lambda: calls.client.v1.transfers.reversals.create_async(request.transfer_ref, body, options(key=key)),
        )
    except GatewayBug as refused:
        raise _held(refused) from refused
    return _reversal(made.to_dict())


async def find_transfers(calls: StripeCalls, group: str) -> Sequence[TransferSnapshot]:
    """Every transfer of one group with all its reversals, newest first."""
    v1 = calls.client.v1
    question: Any = {"transfer_group": group, "limit": 100, "expand": [f"data.{ARRIVED}"]}

    async def read() -> list[dict[str, Any]]:
        page = await v1.transfers.list_async(question)
        return [one.to_dict() async for one in page.auto_paging_iter()]

    async def read_reversals(ref: str) -> list[ReversalSnapshot]:
        page = await v1.transfers.reversals.list_async(ref, {"limit": 100, "expand": [f"data.{LEFT}"]})
        return [_reversal(one.to_dict()) async for one in page.auto_paging_iter()]

    found = []
    for made in await calls.call("transfers.list", read):
        reversals: list[ReversalSnapshot] = []
        if made.get("amount_reversed"):
            reversals = await calls.call("transfers.reversals.list", lambda ref=made["id"]: read_reversals(ref))  # type: ignore[misc]
        found.append(_transfer(made, reversals))
    return found


async def balance(calls: StripeCalls, account_ref: str) -> Sequence[Money]:
    """All that an account ("" for the platform) has, by currency: available, pending and reserved together."""
    read = await calls.call(
        "balance.retrieve", lambda: calls.client.v1.balance.retrieve_async(None, options(account_ref))
    )
    sums: dict[str, int] = {}
    for part in PARTS:
        for row in read.to_dict().get(part) or []:
            sums[row["currency"]] = sums.get(row["currency"], 0) + int(row["amount"])
    return [read_money(amount, currency) for currency, amount in sorted(sums.items())]


def _held(refused: GatewayBug) -> TransferHeld:
    cause = refused.__cause__
    code, param = getattr(cause, "code", None) or "", getattr(cause, "param", None) or ""
    hold = HOLDS.get(code, Hold.OTHER)
    if hold == Hold.OTHER and param == "currency":
        hold = Hold.CURRENCY
    if code == "resource_missing" and param != "destination":
        hold = Hold.OTHER
    return TransferHeld(hold, str(refused))


def _transfer(made: dict[str, Any], reversals: Sequence[ReversalSnapshot]) -> TransferSnapshot:
    amount = read_money(int(made["amount"]), made["currency"])
    return TransferSnapshot(
        ref=made["id"],
        transfer_id=(made.get("metadata") or {}).get("transfer_id", ""),
        account_ref=made["destination"] if isinstance(made["destination"], str) else made["destination"]["id"],
        amount=amount,
        landed=_other_side(made.get(ARRIVED), amount),
        reversals=tuple(reversals),
    )


def _reversal(made: dict[str, Any]) -> ReversalSnapshot:
    landed = read_money(int(made["amount"]), made["currency"])
    return ReversalSnapshot(
        ref=made["id"],
        reversal_id=(made.get("metadata") or {}).get("reversal_id", ""),
        taken=_other_side(made.get(LEFT), landed),
        landed=landed,
    )


def _other_side(thing: Any, ours: Money) -> Money:
    """What it is in the vendor's account, which may be in another currency."""
    return read_money(int(thing["amount"]), thing["currency"]) if isinstance(thing, dict) else ours
