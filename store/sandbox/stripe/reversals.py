"""Giving back what a payment gave others: application fees to the vendor, transfers to the platform.

Shares are worked out on running totals, so that refunds in parts give back exactly what one refund would
(docs.stripe.com/connect/direct-charges, /connect/destination-charges). Invariant: never more than was taken.
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.entries import book, fee_detail
from store.sandbox.stripe.money import format_amount, share, step_of
from store.sandbox.stripe.objects import blank


def part_of(whole: int, given: int, refund: int, charge: Document, currency: str) -> int:
    """Return how much of `whole`, which is in `currency`, goes back with this refund of a charge, at most the rest.

    `given` was given back before; `charge.amount_refunded` does not contain the refund yet.
    """
    before, after = charge["amount_refunded"], charge["amount_refunded"] + refund
    captured, step = charge["amount_captured"], step_of(currency)
    steps = share(after, captured, whole // step) - share(before, captured, whole // step)
    return max(0, min(whole - given, steps * step))


def balance_of(world: World, account: str, currency: str) -> int:
    """Return available and pending money of an account in one currency, minor units."""
    entries = world.find(account, "balance_transaction", currency=currency)
    return sum(entry["net"] for entry in entries)


def refund_fee(world: World, fee: Document, amount: int, metadata: dict[str, str] | None = None) -> Document:
    """Return part of an application fee: takes it from the platform, in the currency it landed in."""
    left = fee["amount"] - fee["amount_refunded"]
    if not 0 < amount <= left:
        raise refuse(
            f"Refund amount ({format_amount(amount, fee['currency'])}) is greater than unrefunded amount on "
            "fee "
            f"({format_amount(left, fee['currency'])})",
            param="amount",
        )
    landed = world.get(world.platform, "balance_transaction", fee["balance_transaction"])
    taken = fee["amount_refunded"] + amount
    back = share(taken, fee["amount"], landed["amount"]) - share(
        fee["amount_refunded"], fee["amount"], landed["amount"]
    )
    refund = blank(world, "fee_refund", amount=amount, currency=fee["currency"], fee=fee["id"], metadata=metadata or {})
    entry = book(world, world.platform, "application_fee_refund", refund["id"], -back, landed["currency"])
    entry["exchange_rate"] = landed["exchange_rate"]
    world.put(world.platform, "balance_transaction", entry)
    refund["balance_transaction"] = entry["id"]
    world.put(world.platform, "fee_refund", refund)
    fee |= {"amount_refunded": taken, "refunded": taken == fee["amount"]}
    fee["refunds"]["data"].insert(0, refund)
    world.put(world.platform, "application_fee", fee)
    world.emit(world.platform, "application_fee.refunded", fee)
    return refund


def reverse_transfer(
    world: World,
    transfer: Document,
    amount: int,
    *,
    fee_back: int = 0,
    refund_id: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Document:
    """Take a transfer (in part) back to the platform; `fee_back` returns that much of its application fee.

    `amount` is in the transfer's currency, `fee_back` in the fee's; the account gives back the same part of what
    arrived there in its own.
    """
    left = transfer["amount"] - transfer["amount_reversed"]
    if not 0 < amount <= left:
        raise refuse(
            f"Reversal amount ({format_amount(amount, transfer['currency'])}) is greater than the "
            "unreversed amount "
            f"of the transfer ({format_amount(left, transfer['currency'])})",
            param="amount",
        )
    vendor = transfer["destination"]
    payment = world.get(vendor, "charge", transfer["destination_payment"])
    fee = (
        world.get(world.platform, "application_fee", payment["application_fee"]) if payment["application_fee"] else None
    )
    back = _part_arrived(transfer, payment, amount)
    _check_funds(world, vendor, transfer, payment["currency"], back, fee)
    # What comes back is available when what was sent is: a transfer of money on the way makes none of it available.
    sent = world.get(world.platform, "balance_transaction", transfer["balance_transaction"])
    reversal = blank(
        world,
        "transfer_reversal",
        amount=amount,
        currency=transfer["currency"],
        metadata=metadata or {},
        source_refund=refund_id,
        transfer=transfer["id"],
    )
    reversal["balance_transaction"] = book(
        world,
        world.platform,
        "transfer_refund",
        reversal["id"],
        amount,
        transfer["currency"],
        available_on=sent["available_on"],
    )["id"]
    reversal["destination_payment_refund"] = _refund_payment(world, vendor, payment, back, fee_back, reversal["id"])
    if fee and fee_back:
        refund_fee(world, fee, fee_back)
    world.put(world.platform, "transfer_reversal", reversal)
    taken = transfer["amount_reversed"] + amount
    transfer |= {"amount_reversed": taken, "reversed": taken == transfer["amount"]}
    transfer["reversals"]["data"].insert(0, reversal)
    world.put(world.platform, "transfer", transfer)
    world.emit(world.platform, "transfer.reversed", transfer)
    return reversal


def _part_arrived(transfer: Document, payment: Document, amount: int) -> int:
    """Return what of a transfer's `py_` payment goes back with `amount` of the transfer, worked out on running sums."""
    before, after = transfer["amount_reversed"], transfer["amount_reversed"] + amount
    arrived = payment["amount"]
    return share(after, transfer["amount"], arrived) - share(before, transfer["amount"], arrived)


def _check_funds(
    world: World, vendor: str, transfer: Document, currency: str, amount: int, fee: Document | None
) -> None:
    """Refuse when the vendor's balance is short by more than the application fee this payment cost."""
    kept = fee["amount"] - fee["amount_refunded"] if fee else 0
    if balance_of(world, vendor, currency) + kept < amount:
        raise refuse(
            f"The connected account {vendor} does not have enough balance to reverse the transfer {transfer['id']}.",
            code="balance_insufficient",
        )


def _refund_payment(world: World, vendor: str, payment: Document, amount: int, fee_back: int, reversal: str) -> str:
    """Book the reversal in the vendor's world: a `pyr_` refund of the `py_` payment. Return its id."""
    refund = blank(
        world,
        "refund",
        id=new_id("pyr_1", 23),
        amount=amount,
        charge=payment["id"],
        currency=payment["currency"],
        source_transfer_reversal=reversal,
        status="succeeded",
    )
    fees = [fee_detail("application_fee", -fee_back, payment["currency"])]
    entry = book(world, vendor, "payment_refund", refund["id"], -amount, payment["currency"], fees=fees)
    entry["exchange_rate"] = world.get(vendor, "balance_transaction", payment["balance_transaction"])["exchange_rate"]
    world.put(vendor, "balance_transaction", entry)
    refund["balance_transaction"] = entry["id"]
    world.put(vendor, "refund", refund)
    refunded = payment["amount_refunded"] + amount
    world.put(vendor, "charge", payment | {"amount_refunded": refunded, "refunded": refunded == payment["amount"]})
    return str(refund["id"])
