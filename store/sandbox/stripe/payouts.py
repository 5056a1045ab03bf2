"""Payouts by hand: from the available balance to a bank account, and what becomes of them by the clock.

A payout is `pending` for an hour, then `in_transit`, and on its `arrival_date`, the second midnight after (UTC),
`paid`; to one of the provider's failing test numbers it is `failed` then. A reversal debits the bank again: a payout of
its own with a negative amount (docs.stripe.com/payouts, /connect/payout-reversals, /connect/testing). Invariant: the
balance pays when the payout is made and gets back what does not arrive, once.
"""

from typing import Any

from store.sandbox.kernel.errors import Missing, Unsupported, refuse
from store.sandbox.kernel.lists import COMPARE
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Condition, Document, World, due_job
from store.sandbox.stripe import rules
from store.sandbox.stripe.bank_accounts import PAYOUT_FAILURES
from store.sandbox.stripe.connect.banks import make_bank_account
from store.sandbox.stripe.entries import book
from store.sandbox.stripe.money import check_currency, check_step
from store.sandbox.stripe.objects import blank
from store.sandbox.stripe.routing import LISTS, Call, Route
from store.sandbox.stripe.sums import check_funds

DAY = 86400
SUBMIT_SECONDS = 3600
REVERSIBLE_SECONDS = 90 * 86400


def create_payout(call: Call) -> Document:
    """Pay out from the available balance, to the default bank account of the currency unless `destination` says."""
    currency = check_currency(call.params["currency"], "currency")
    amount = call.params["amount"]
    check_step(amount, currency, "amount")
    if currency == "huf" and amount % 100:
        raise refuse("Payouts in HUF must be divisible by 100.", param="amount")
    bank = _find_bank(call, currency)
    check_funds(call.world, call.account, amount, currency)
    call.world.put(call.account, "bank_account", bank)
    return _pay_out(
        call,
        amount,
        currency=currency,
        description=call.params.get("description"),
        destination=bank["id"],
        statement_descriptor=call.params.get("statement_descriptor"),
    )


def retrieve_payout(call: Call) -> Document:
    """Return one payout of this account."""
    return call.world.get(call.account, "payout", call.ids["payout"])


def list_payouts(call: Call) -> Document:
    """Return payouts newest first, by status, destination and date of arrival."""
    given = call.params.get("arrival_date", {})
    bounds = {"gte": given, "lte": given} if isinstance(given, int) else given
    where: list[Condition] = [("arrival_date", COMPARE[name], bound) for name, bound in bounds.items()]
    return call.page("payout", "destination", "status", where=where)


def update_payout(call: Call) -> Document:
    """Merge metadata into a payout."""
    payout = retrieve_payout(call)
    if "metadata" in call.params:
        metadata = merge_metadata(payout["metadata"], call.params["metadata"])
        _change(call.world, call.account, payout, metadata=metadata)
    return payout


def cancel_payout(call: Call) -> Document:
    """Call off a payout that the bank has not got yet; its money is available again."""
    payout = retrieve_payout(call)
    if payout["status"] != "pending":
        raise refuse(f"Payout {payout['id']} cannot be canceled: its status is {payout['status']}, not pending.")
    if payout["original_payout"]:
        raise Unsupported("canceling a payout that reverses another")
    call.world.unschedule("payout.move", payout["id"])
    _take_back(call.world, call.account, payout, "payout_cancel", status="canceled")
    return payout


def reverse_payout(call: Call) -> Document:
    """Debit the bank account that a payout went to; return the payout that does so."""
    payout = retrieve_payout(call)
    _check_reversible(call, payout)
    reversal = _pay_out(
        call,
        -payout["amount"],
        currency=payout["currency"],
        destination=payout["destination"],
        original_payout=payout["id"],
    )
    _change(call.world, call.account, payout, reversed_by=reversal["id"])
    return reversal


def _find_bank(call: Call, currency: str) -> Document:
    """Return the bank account to pay to."""
    world, wanted = call.world, call.params.get("destination")
    owner = world.get(world.platform, "account", call.account)
    if not owner["payouts_enabled"]:
        due = ", ".join(owner["requirements"]["currently_due"])
        raise refuse(
            f"The account {call.account} cannot receive payouts yet: payouts_enabled is false. See its requirements "
            f"({due}).",
            code="payouts_not_allowed",
        )
    banks: list[Document] = owner["external_accounts"]["data"]
    if not banks:
        # Only the platform has none: it would add one in the Dashboard.
        banks.append(make_bank_account(owner, {}))
        world.put(world.platform, "account", owner)
    if wanted and wanted not in [bank["id"] for bank in banks]:
        raise Missing("external account", wanted, "destination")
    fitting = [bank for bank in banks if bank["currency"] == currency and wanted in (None, bank["id"])]
    if not fitting:
        raise refuse(f"Sorry, you don't have any external accounts in that currency ({currency}).", param="currency")
    return fitting[0]


def _check_reversible(call: Call, payout: Document) -> None:
    owner = call.world.get(call.world.platform, "account", call.account)
    bank = call.world.get(call.account, "bank_account", payout["destination"])
    why = None
    if call.account == call.world.platform or owner["controller"]["losses"]["payments"] == "stripe":
        why = "only those of accounts whose losses the platform carries can be"
    elif payout["original_payout"]:
        why = "it reverses another"
    elif payout["reversed_by"]:
        why = "it is reversed already"
    elif bank["country"] != "US":
        why = "its bank account is not in the US"
    elif payout["status"] != "paid":
        why = f"its status is {payout['status']}, not paid"
    elif payout["arrival_date"] <= call.now - REVERSIBLE_SECONDS:
        why = "it arrived 90 days ago or more"
    if why:
        raise refuse(f"Payout {payout['id']} cannot be reversed: {why}.", param="payout")


def _pay_out(call: Call, amount: int, **values: Any) -> Document:
    """Make a payout; a negative amount comes from the bank, and is available when it has arrived."""
    world, account = call.world, call.account
    payout = blank(
        world,
        "payout",
        amount=amount,
        arrival_date=(call.now // DAY + 2) * DAY,
        automatic=False,
        metadata=merge_metadata({}, call.params.get("metadata") or {}),
        method="standard",
        reconciliation_status="not_applicable",
        source_type="card",
        status="pending",
        trace_id={"status": "pending", "value": None},
        type="bank_account",
        **values,
    )
    available_on = payout["arrival_date"] if amount < 0 else None
    entry = book(world, account, "payout", payout["id"], -amount, payout["currency"], available_on=available_on)
    payout["balance_transaction"] = entry["id"]
    world.put(account, "payout", payout)
    world.schedule(call.now + SUBMIT_SECONDS, "payout.move", account, payout["id"])
    world.emit(account, "payout.created", payout)
    return payout


def _change(world: World, account: str, payout: Document, **values: Any) -> None:
    before = {name: payout[name] for name in values if payout[name] != values[name]}
    payout |= values
    world.put(account, "payout", payout)
    world.emit(account, "payout.updated", payout, before)


def _end(world: World, account: str, payout: Document, **values: Any) -> None:
    _change(world, account, payout, trace_id={"status": "unsupported", "value": None}, **values)
    world.emit(account, f"payout.{payout['status']}", payout)


def _take_back(world: World, account: str, payout: Document, type: str, **values: Any) -> None:
    """Put the money of a payout that does not arrive back on the balance."""
    back = book(world, account, type, payout["id"], payout["amount"], payout["currency"], at_once=True)
    _end(world, account, payout, failure_balance_transaction=back["id"], **values)


@due_job("payout.move")
def _move_when_due(world: World, account: str, id: str) -> None:
    payout = world.get(account, "payout", id)
    if payout["status"] == "pending":
        _change(world, account, payout, status="in_transit")
        world.schedule(payout["arrival_date"], "payout.move", account, id)
        return
    number = world.get(account, "bank_account", payout["destination"]).get("_number")
    if number not in PAYOUT_FAILURES:
        _end(world, account, payout, status="paid")
        return
    code, message = PAYOUT_FAILURES[number]
    _take_back(world, account, payout, "payout_failure", status="failed", failure_code=code, failure_message=message)


ROUTES = (
    Route(
        "POST /v1/payouts",
        create_payout,
        "amount currency description destination metadata method source_type statement_descriptor",
        (rules.PAYOUT_CREATE,),
    ),
    Route("GET /v1/payouts/{payout}", retrieve_payout),
    Route("GET /v1/payouts", list_payouts, f"{LISTS} created arrival_date destination status"),
    Route("POST /v1/payouts/{payout}", update_payout, "metadata"),
    Route("POST /v1/payouts/{payout}/cancel", cancel_payout),
    Route("POST /v1/payouts/{payout}/reverse", reverse_payout, "metadata"),
)
