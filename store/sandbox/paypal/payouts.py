"""Payouts: batches of money sent from the account to addresses, and the calls that show and cancel them.

A batch is PENDING, a few seconds of the sandbox's clock later PROCESSING, then SUCCESS (or DENIED); its items appear
while it is processed, and what becomes of each is told in `payout_items.py`. Invariant: a `sender_batch_id` pays once
in 30 days: a second use is refused with a link to the first batch. Errors have the older body of this API. One currency
a batch. developer.paypal.com/docs/api/payments.payouts-batch/v1
"""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.paypal.app import App
from store.sandbox.paypal.balance import holder, payout_fee, read_balance
from store.sandbox.paypal.errors import PayPalError
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.objects import CURRENCIES, link, new_id, read_digits, shown, store, timestamp
from store.sandbox.paypal.payout_items import (
    DENIED,
    ERRORS_URL,
    move_item,
    process_item,
    read_money,
    rule_of,
    show_in_batch,
    show_item,
    wire_money,
    withheld,
)
from store.sandbox.paypal.payout_items import KIND as ITEM_KIND
from store.sandbox.paypal.routing import Answer, Call, Routes

KIND = "paypal_payout_batch"
PATH = "/v1/payments/payouts"
ITEM_PATH = "/v1/payments/payouts-item"
PROCESSING_SECONDS = 2
SETTLED_SECONDS = 5
DUPLICATE_SECONDS = 30 * 86400
PAGE_SIZE = 1000
ENDINGS = ("SUCCESS", "DENIED", "CANCELED")
INVALID_RECEIVER = ("RECEIVER_ACCOUNT_INVALID", "Receiver's account is invalid.")


class PayoutError(PayPalError):
    """A refusal in this API's own body: `information_link`, details that may carry a link, and empty `links`."""

    def __init__(self, status: int, name: str, message: str, details: list[Document] | None = None) -> None:
        super().__init__(status, name, message=message)
        self.details = details

    def show(self, debug_id: str) -> dict[str, Any]:
        """Return the JSON body."""
        body: dict[str, Any] = {"name": self.name, "message": self.message, "debug_id": debug_id}
        body["information_link"] = ERRORS_URL
        if self.details is not None:
            body["details"] = self.details
        return body | {"links": []}


def create_payout(call: Call) -> Answer:
    """Take a batch: checked whole, paid item by item a little later."""
    app, header = call.app, call.body["sender_batch_header"]
    items = call.body["items"]
    sums = [_read_item(header, item, n) for n, item in enumerate(items)]
    _check_duplicate(call, header.get("sender_batch_id"))
    currency = sums[0][1]
    if any(of != currency for _, of in sums):
        raise _invalid("items", "All items of a batch must have the same currency")
    total, fee = sum(amount for amount, _ in sums), payout_fee(currency)
    if total + fee * len(items) > read_balance(app, currency) - withheld(app, currency):
        raise PayoutError(
            422, "INSUFFICIENT_FUNDS", "Sender does not have sufficient funds. Please add funds and retry."
        )
    batch = _store_batch(call, header, total, fee * len(items), currency)
    for (amount, _), item in zip(sums, items, strict=True):
        _store_item(call, batch, item, amount, fee, currency)
    shape = {name: batch["batch_header"][name] for name in ("payout_batch_id", "batch_status", "time_created")}
    shape["sender_batch_header"] = batch["batch_header"]["sender_batch_header"]
    return Answer(201, {"batch_header": shape, "links": batch["links"]}, latest=f"{PATH}/{batch['id']}")


def retrieve_payout(call: Call) -> Answer:
    """Return a batch with one page of its items; `fields` names which parts are wanted."""
    batch = _fetch(call.app, KIND, call.params["id"])
    items = list(reversed(call.app.world.find(call.app.merchant_id, ITEM_KIND, payout_batch_id=batch["id"])))
    if batch["batch_header"]["batch_status"] == "PENDING":
        items = []
    size = min(_read_number(call, "page_size", PAGE_SIZE), PAGE_SIZE)
    page, pages = _read_number(call, "page", 1), -(-len(items) // size)
    here = f"{PATH}/{batch['id']}?page_size={size}"
    links = [link(call.origin, f"{here}&page={page}", "self")]
    links += [link(call.origin, f"{here}&page={page + 1}", "next")] if page < pages else []
    body: Document = {"batch_header": batch["batch_header"], "links": links}
    if chosen := items[(page - 1) * size : page * size]:
        body["items"] = [show_in_batch(item) for item in chosen]
    if call.query.get("total_required") == "true":
        body |= {"total_items": len(items), "total_pages": pages}
    wanted = call.query.get("fields", "")
    return Answer(body={name: body[name] for name in wanted.split(",") if name in body} if wanted else body)


def retrieve_item(call: Call) -> Answer:
    """Return one item of a batch."""
    return Answer(body=show_item(_fetch(call.app, ITEM_KIND, call.params["payout_item_id"])))


def cancel_item(call: Call) -> Answer:
    """Take an UNCLAIMED item back: RETURNED, with its money and its fee."""
    item = _fetch(call.app, ITEM_KIND, call.params["payout_item_id"])
    status = item.get("transaction_status")
    if item["_canceled"]:
        raise PayoutError(400, "ITEM_ALREADY_CANCELLED", "The requested item is already cancelled.")
    if status != "UNCLAIMED":
        raise PayoutError(400, "ITEM_INCORRECT_STATUS", "Only items in Unclaimed status can be cancelled.")
    item["_canceled"] = True
    return Answer(body=show_item(move_item(call.app, item, "RETURNED", "CANCELED")))


def finish_payout_batch(app: App, id: str, status: str) -> Document:
    """End a batch that is PENDING or PROCESSING: SUCCESS, DENIED, or CANCELED as by its sender at PayPal's pages.

    ValueError for any other move; PayPalError (404) when there is none.
    """
    batch = _fetch(app, KIND, id)
    now = batch["batch_header"]["batch_status"]
    if now not in ("PENDING", "PROCESSING") or status not in ENDINGS:
        raise ValueError(f"Payout batch {id} is {now}, which cannot become {status}.")
    with app.world.tx():
        return _end(app, batch, status)


def _read_number(call: Call, name: str, usual: int) -> int:
    number = read_digits(call.query.get(name) or str(usual))
    if number is None or not 0 < number <= PAGE_SIZE:
        raise _invalid(name, f"Value is invalid: 1 to {PAGE_SIZE}", "query")
    return number


def _read_item(header: Document, item: Document, n: int) -> tuple[int, str]:
    receiver = item["receiver"]
    kind = item.get("recipient_type") or header.get("recipient_type")
    if not kind:
        raise _invalid(f"items[{n}].recipient_type", "Required field is missing")
    if kind == "EMAIL" and ("@" not in receiver.strip("@") or " " in receiver):
        raise _invalid(f"items[{n}].receiver", "Receiver is invalid or does not match with type")
    if item["amount"]["currency"] not in CURRENCIES:
        raise _invalid(f"items[{n}].amount.currency", "Currency is invalid or is not supported")
    try:
        return read_money(item["amount"])
    except ValueError:
        raise _invalid(f"items[{n}].amount.value", "Amount is invalid") from None


def _invalid(field: str, text: str, location: str = "body") -> PayoutError:
    detail = {"field": field, "location": location, "issue": text}
    return PayoutError(400, "VALIDATION_ERROR", "Invalid request - see details", [detail])


def _check_duplicate(call: Call, name: str | None) -> None:
    if not name:
        return
    for batch in call.app.world.find(call.app.merchant_id, KIND, _sender_batch_id=name):
        if batch["_created"] > call.now - DUPLICATE_SECONDS:
            first = link(call.origin, f"{PATH}/{batch['id']}", "self") | {"encType": "application/json"}
            detail = {"field": "SENDER_BATCH_ID", "location": "body", "link": [first]}
            detail["issue"] = "Batch with given sender_batch_id already exists"
            raise PayoutError(400, "USER_BUSINESS_ERROR", "User business error.", [detail])


def _fetch(app: App, kind: str, id: str) -> Document:
    found = app.world.find(app.merchant_id, kind, id=id)
    if not found:
        raise PayoutError(404, "INVALID_RESOURCE_ID", "The requested resource ID was not found")
    return found[0]


def _store_batch(call: Call, header: Document, total: int, fees: int, currency: str) -> Document:
    app, id = call.app, new_id(13)
    batch: Document = {
        "id": id,
        "batch_header": {
            "payout_batch_id": id,
            "batch_status": "PENDING",
            "time_created": timestamp(app.now),
            "sender_batch_header": {name: value for name, value in header.items() if name != "note"},
            "funding_source": "BALANCE",
            "amount": wire_money(total, currency),
            "fees": wire_money(0, currency),
        },
        "links": [link(call.origin, f"{PATH}/{id}", "self")],
        "_sender_batch_id": header.get("sender_batch_id"),
        "_created": app.now,
        "_fees": wire_money(fees, currency),
    }
    store(app, KIND, batch)
    app.world.schedule(app.now + PROCESSING_SECONDS, "paypal_payout_batch.move", app.merchant_id, id)
    return batch


def _store_item(call: Call, batch: Document, given: Document, amount: int, fee: int, currency: str) -> None:
    id, header = new_id(13), batch["batch_header"]["sender_batch_header"]
    kept = ("recipient_type", "note", "receiver", "sender_item_id", "recipient_wallet", "purpose")
    detail = {"recipient_type": header.get("recipient_type")} | {name: given[name] for name in kept if name in given}
    detail |= {"amount": wire_money(amount, currency)}
    item: Document = {
        "id": id,
        "payout_item_id": id,
        "payout_item_fee": wire_money(0, currency),
        "payout_batch_id": batch["id"],
        "payout_item": {name: value for name, value in detail.items() if value},
        "links": [
            link(call.origin, f"{ITEM_PATH}/{id}", "item"),
            link(call.origin, f"{PATH}/{batch['id']}", "batch"),
        ],
        "_amount": amount,
        "_currency": currency,
        "_fee": fee,
        "_left": False,
        "_canceled": False,
        "_created": call.now,
    }
    item |= {"sender_batch_id": batch["_sender_batch_id"]} if batch["_sender_batch_id"] else {}
    store(call.app, ITEM_KIND, item)


def _start(app: App, batch: Document) -> None:
    batch["batch_header"] |= {"batch_status": "PROCESSING", "fees": batch["_fees"]}
    store(app, KIND, batch)
    for item in app.world.find(app.merchant_id, ITEM_KIND, payout_batch_id=batch["id"]):
        item |= {"transaction_status": "PENDING", "payout_item_fee": wire_money(item["_fee"], item["_currency"])}
        store(app, ITEM_KIND, item | {"time_processed": timestamp(app.now)})
    app.world.schedule(batch["_created"] + SETTLED_SECONDS, "paypal_payout_batch.move", app.merchant_id, batch["id"])
    emit(app, "PAYMENT.PAYOUTSBATCH.PROCESSING", _told(batch), "payouts")


def _end(app: App, batch: Document, status: str) -> Document:
    items = list(reversed(app.world.find(app.merchant_id, ITEM_KIND, payout_batch_id=batch["id"])))
    app.world.unschedule("paypal_payout_batch.move", batch["id"])
    batch["batch_header"] |= {"batch_status": status, "time_completed": timestamp(app.now)}
    if status != "SUCCESS":
        batch["batch_header"]["fees"] = wire_money(0, items[0]["_currency"])
    store(app, KIND, batch)
    for item in items:
        if status == "SUCCESS":
            process_item(app, item)
        else:
            move_item(app, item, "FAILED", status, INVALID_RECEIVER)
    if status != "CANCELED":
        emit(app, f"PAYMENT.PAYOUTSBATCH.{status}", _told(batch), "payouts")
    return batch


def _told(batch: Document) -> Document:
    return {name: value for name, value in shown(batch).items() if name != "id"}


@due_job("paypal_payout_batch.move")
def _move_when_due(world: World, account: str, id: str) -> None:
    app = holder(world, account)
    batch = _fetch(app, KIND, id)
    if batch["batch_header"]["batch_status"] == "PENDING":
        _start(app, batch)
    else:
        items = world.find(account, ITEM_KIND, payout_batch_id=id)
        _end(app, batch, "DENIED" if any(rule_of(item) == DENIED for item in items) else "SUCCESS")


ROUTES: Routes = (
    ("POST", PATH, "payouts.post", create_payout),
    ("GET", f"{PATH}/{{id}}", "payouts.get", retrieve_payout),
    ("GET", f"{ITEM_PATH}/{{payout_item_id}}", "payouts-item.get", retrieve_item),
    ("POST", f"{ITEM_PATH}/{{payout_item_id}}/cancel", "payouts-item.cancel", cancel_item),
)
