"""Vendors' shares by the Payouts API: a batch of one item each. developer.paypal.com/docs/api/payments.payouts-batch/v1

`sender_batch_id` is our row's id; PayPal pays one only once in 30 days and answers a second request with a refusal that
links to the first: that link is followed. Statuses that are not known become `unknown`, which is neither paid nor not.
"""

from __future__ import annotations

from typing import Any

from store.gateways.payouts import BatchStatus, ItemStatus, PayoutRequest, PayoutSnapshot
from store.gateways.paypal.client import PayPalCalls, path_of
from store.gateways.paypal.faults import PayPalFault, find_fault
from store.gateways.paypal.wire import as_list, as_object, as_text, read_money, to_wire
from store.gateways.port import Declined, GatewayBug, TransferHeld, Unavailable
from store.gateways.transfers import Hold
from store.kit.money import Money

PAYOUTS_PATH = "/v1/payments/payouts"
ITEMS_PATH = "/v1/payments/payouts-item"
BALANCES_PATH = "/v1/reporting/balances"
SUBJECT = "You have money from Overprint"
NOTE_LENGTH = 1000
ITEM_STATUSES = {"ONHOLD": "on_hold"}
# What the refusal of an id names that was used before.
DUPLICATE_FIELD = "SENDER_BATCH_ID"


async def send_payout(calls: PayPalCalls, request: PayoutRequest, key: str) -> PayoutSnapshot:
    """Pay out, once per `payout_id`; `key` belongs to this body, and ends with a refusal. Raises TransferHeld,
    Unavailable.
    """
    amount = to_wire(request.amount, request.currency)
    item = {
        "recipient_type": "EMAIL",
        "amount": {"currency": request.currency, "value": amount["value"]},
        "receiver": request.receiver,
        "note": request.note[:NOTE_LENGTH],
        "sender_item_id": request.payout_id,
    }
    header = {"sender_batch_id": request.payout_id, "email_subject": SUBJECT}
    body = {"sender_batch_header": header, "items": [item]}
    try:
        made = await calls.call("payouts.post", "POST", PAYOUTS_PATH, body=body, key=key)
    except (Declined, GatewayBug) as refused:
        fault = find_fault(refused)
        if fault and (_is_duplicate(fault) or _find_first(fault)):
            return await _fetch_first(calls, fault)
        raise TransferHeld(_name_hold((*fault.issues, fault.name) if fault else ()), str(refused)) from refused
    if not as_object(made.get("batch_header")).get("payout_batch_id"):
        raise Unavailable("PayPal took a payout and did not say which")
    return _snapshot({**made, "items": [{"payout_item": item}]})


async def fetch_payout(calls: PayPalCalls, batch_ref: str) -> PayoutSnapshot:
    """The payout of this batch, with its item once there is one."""
    return await _fetch(calls, f"{PAYOUTS_PATH}/{batch_ref}")


async def fetch_payout_item(calls: PayPalCalls, item_ref: str) -> PayoutSnapshot:
    """The payout of this item."""
    return await _complete(calls, await calls.call("payouts-item.get", "GET", f"{ITEMS_PATH}/{item_ref}"))


async def cancel_payout_item(calls: PayPalCalls, item_ref: str) -> PayoutSnapshot:
    """Take an unclaimed payout back. Raises GatewayBug when it is unclaimed no more."""
    path = f"{ITEMS_PATH}/{item_ref}/cancel"
    return await _complete(calls, await calls.call("payouts-item.cancel", "POST", path))


async def balance(calls: PayPalCalls) -> list[Money]:
    """What the platform's account has, by currency. developer.paypal.com/docs/api/transaction-search/v1/#balances"""
    told = await calls.call("balances.list", "GET", BALANCES_PATH)
    return sorted(
        (read_money(one.get("total_balance")) for one in as_list(told.get("balances"))), key=lambda one: one.currency
    )


async def _fetch(calls: PayPalCalls, path: str) -> PayoutSnapshot:
    return _snapshot(await calls.call("payouts.get", "GET", path))


async def _complete(calls: PayPalCalls, item: dict[str, Any]) -> PayoutSnapshot:
    """An item with the status of its batch, which only the batch tells."""
    batch = await calls.call("payouts.get", "GET", f"{PAYOUTS_PATH}/{as_text(item.get('payout_batch_id'))}")
    return _snapshot({**batch, "items": [item]})


def _snapshot(batch: dict[str, Any]) -> PayoutSnapshot:
    """A batch of one item. Raises GatewayBug when it is none of ours: without an item nor a total."""
    header = as_object(batch.get("batch_header"))
    item = next(iter(as_list(batch.get("items"))), {})
    detail = as_object(item.get("payout_item"))
    told_batch, told_item = as_text(header.get("batch_status")), as_text(item.get("transaction_status"))
    batch_status, item_status = _read_batch(told_batch), _read_item(told_item)
    error = as_object(item.get("errors") or header.get("errors"))
    words = [as_text(error.get(name)) for name in ("name", "message") if error.get(name)]
    odd = [told for told, known in ((told_batch, batch_status), (told_item, item_status)) if known == "unknown"]
    fee = item.get("payout_item_fee")
    return PayoutSnapshot(
        batch_ref=as_text(header.get("payout_batch_id")),
        payout_id=as_text(as_object(header.get("sender_batch_header")).get("sender_batch_id")),
        batch=batch_status,
        receiver=as_text(detail.get("receiver")),
        amount=read_money(detail.get("amount") or header.get("amount")),
        item=item_status,
        item_ref=as_text(item.get("payout_item_id")),
        transaction_ref=as_text(item.get("transaction_id")),
        # Before an item has a status, its fee is a zero that means nothing.
        fee=read_money(fee) if fee and item_status != ItemStatus.ABSENT else None,
        hold=_name_hold((as_text(error.get("name")),)),
        reason=": ".join(words) or ", ".join(odd),
    )


def _read_batch(told: str) -> BatchStatus:
    known = told.lower() in BatchStatus._value2member_map_
    return BatchStatus(told.lower()) if known else BatchStatus.UNKNOWN


def _read_item(told: str) -> ItemStatus:
    if not told:
        return ItemStatus.ABSENT
    name = ITEM_STATUSES.get(told, told.lower())
    return ItemStatus(name) if name in ItemStatus._value2member_map_ else ItemStatus.UNKNOWN


async def _fetch_first(calls: PayPalCalls, fault: PayPalFault) -> PayoutSnapshot:
    """The payout that already has this id. Raises Unavailable where it cannot be seen: something was sent."""
    path = _find_first(fault)
    if not path:
        raise Unavailable(f"PayPal has a payout of this id and does not say where: {fault}")
    try:
        return await _fetch(calls, path)
    except GatewayBug as unseen:
        raise Unavailable(f"PayPal has a payout of this id and does not show it: {unseen}") from unseen


def _is_duplicate(fault: PayPalFault) -> bool:
    """Whether it is the id that is refused: it was used before."""
    return fault.field.upper() == DUPLICATE_FIELD


def _find_first(fault: PayPalFault) -> str:
    """Where the payout lies that already has this id, by the refusal's link, "" where there is none."""
    places = [path_of(link).partition("?")[0] for link in fault.all_links]
    return next((path for path in places if path.startswith(f"{PAYOUTS_PATH}/")), "")


def _name_hold(told: tuple[str, ...]) -> Hold:
    """What stands in the way, by the names of an error."""
    names = " ".join(told).upper()
    if "INSUFFICIENT" in names or "BALANCE" in names:
        return Hold.BALANCE
    if "CURRENCY" in names:
        return Hold.CURRENCY
    if "RECEIVER" in names or "RECIPIENT" in names or "UNREGISTERED" in names:
        return Hold.ACCOUNT
    return Hold.OTHER
