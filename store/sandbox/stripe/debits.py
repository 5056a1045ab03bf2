"""A bank debit: the bank is asked now and answers later, in minutes or days of the sandbox's clock.

Until then the charge is `pending`, the intent `processing`, and the Checkout Session complete and unpaid; the answer
is told by `checkout.session.async_payment_succeeded` or `…_failed`, and a failed intent waits for another payment
method (docs.stripe.com/payments/checkout/fulfillment). Invariant: a debit ends once, and money is booked only then.
"""

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe.bank_accounts import BankAccount, find_bank_account
from store.sandbox.stripe.cards import Decline
from store.sandbox.stripe.charging import build_charge
from store.sandbox.stripe.payments import fail_payment, mark_session_paid, succeed

NO_FUNDS = Decline(
    "payment_intent_payment_attempt_failed",
    "The debit was returned: the account has insufficient funds.",
    "insufficient_funds",
)


def start_debit(world: World, account: str, intent: Document, method: Document, bank: BankAccount) -> None:
    """Ask the bank; what it answers comes with the clock."""
    charge = build_charge(world, account, intent, method)
    charge |= {"status": "pending", "_available_at_once": False, "_refunds": None}
    intent |= {
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": method["id"],
        "status": "processing",
    }
    world.put(account, "charge", charge)
    world.put(account, "payment_intent", intent)
    world.schedule(world.clock.now() + bank.seconds, "debit.answer", account, intent["id"])
    world.emit(account, "charge.pending", charge)
    world.emit(account, "payment_intent.processing", intent)


@due_job("debit.answer")
def _answer_when_due(world: World, account: str, id: str) -> None:
    intent = world.get(account, "payment_intent", id)
    method = world.get(account, "payment_method", intent["payment_method"])
    charge = world.get(account, "charge", intent["latest_charge"])
    bank = find_bank_account(method["type"], method["_number"])
    if bank is None or bank.fails:
        fail_payment(world, account, intent, method, NO_FUNDS, charge)
        session = world.get(account, "checkout.session", intent["_session"])
        world.emit(account, "checkout.session.async_payment_failed", session)
        return
    succeed(world, account, intent, charge)
    if paid := mark_session_paid(world, account, intent):
        world.emit(account, "checkout.session.async_payment_succeeded", paid)
