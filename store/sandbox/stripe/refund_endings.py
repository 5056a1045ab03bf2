"""How a refund ends when it does not just succeed: later, not at all, or called off.

The test card ending in 7726 makes its refunds `pending` for three minutes; those of the card ending in 5126 succeed
and then fail. A bank debit that is refunded with `instructions_email` waits for the buyer (`requires_action`) for a
day. A refund that fails or is cancelled puts its money back (`failure_balance_transaction`); a transfer that was
reversed or a fee that was given back stays so (docs.stripe.com/refunds#failed-refunds). Invariant: an end is final.
"""

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe.entries import book

PENDING_SECONDS = 180
ANSWER_SECONDS = 86400


def delay_refund(world: World, account: str, charge: Document, refund: Document) -> None:
    """Take back the success of a new refund whose end comes later; the caller stores it."""
    if refund["instructions_email"] and charge["payment_method_details"]["type"] != "card":
        refund |= {"status": "requires_action", "next_action": _next_action(world, refund["instructions_email"])}
        world.schedule(world.clock.now() + ANSWER_SECONDS, "refund.end", account, refund["id"])
    elif charge.get("_refunds") is not None:
        if charge.get("_refunds") == "pending":
            refund |= {"status": "pending", "pending_reason": "processing"}
        world.schedule(world.clock.now() + PENDING_SECONDS, "refund.end", account, refund["id"])


def undo_refund(world: World, account: str, refund: Document, status: str) -> Document:
    """End a refund as `failed` or `canceled` and put its money back on the balance and on the charge."""
    before = {name: refund[name] for name in ("status", "failure_reason", "failure_balance_transaction", "next_action")}
    taken = world.get(account, "balance_transaction", refund["balance_transaction"])
    back = book(world, account, "refund_failure", refund["id"], -taken["amount"], taken["currency"], at_once=True)
    refund |= {"status": status, "failure_balance_transaction": back["id"], "next_action": None}
    refund["failure_reason"] = "unknown" if status == "failed" else None
    world.put(account, "refund", refund)
    charge = world.get(account, "charge", refund["charge"])
    was = {name: charge[name] for name in ("amount_refunded", "refunded")}
    charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
    world.put(account, "charge", charge)
    world.emit(account, "refund.updated", refund, {k: v for k, v in before.items() if refund[k] != v})
    if status == "failed":
        world.emit(account, "refund.failed", refund)
    world.emit(account, "charge.updated", charge, {k: v for k, v in was.items() if charge[k] != v})
    return refund


def _next_action(world: World, email: str) -> Document:
    now = world.clock.now()
    return {
        "type": "display_details",
        "display_details": {
            "email_sent": {"email_sent_at": now, "email_sent_to": email},
            "expires_at": now + ANSWER_SECONDS,
        },
    }


@due_job("refund.end")
def _end_when_due(world: World, account: str, id: str) -> None:
    refund = world.get(account, "refund", id)
    if refund["status"] == "succeeded":
        undo_refund(world, account, refund, "failed")
    elif refund["status"] in ("pending", "requires_action"):
        before = {name: refund[name] for name in ("status", "pending_reason", "next_action")}
        refund |= {"status": "succeeded", "pending_reason": None, "next_action": None}
        world.put(account, "refund", refund)
        world.emit(account, "refund.updated", refund, {k: v for k, v in before.items() if refund[k] != v})
