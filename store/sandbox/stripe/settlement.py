"""Where a charge's money lands: balance transactions, the transfer of a destination charge, the application
fee.

With `automatic_async` capture (the default) `balance_transaction`, `transfer` and `application_fee` stay null
for SETTLE_SECONDS of the sandbox's clock, then `charge.updated` tells that they are there; `automatic` fills
them at once. Invariant: an account's balance is the sum of its balance transactions' net amounts, and each
charge settles once. Arithmetic: docs.stripe.com/connect/charges (a destination charge transfers all, then the
fee comes back).
"""

from decimal import Decimal
from typing import Any

from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe.money import convert, stripe_fee
from store.sandbox.stripe.objects import APPLICATION, blank, default_currency
from store.sandbox.stripe.sums import read_balance

SETTLE_SECONDS = 3
AVAILABLE_SECONDS = 2 * 86400
CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "transfer": "transfer",
    "transfer_refund": "transfer",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "stripe_fee": "fee",
    "refund_failure": "refund_failure",
    "adjustment": "other_adjustment",
}


def book(
    world: World,
    account: str,
    type: str,
    source: str | None,
    amount: int,
    currency: str,
    *,
    fees: list[Document] | None = None,
    rate: Decimal | None = None,
    at_once: bool = False,
    description: str | None = None,
) -> Document:
    """Add a balance transaction in the account's own currency; net = amount − fees."""
    now = world.clock.now()
    details = [f for f in fees or [] if f["amount"] != 0]
    fee = sum(f["amount"] for f in details)
    entry = blank(
        world,
        "balance_transaction",
        amount=amount,
        available_on=now if at_once or amount < 0 else now + AVAILABLE_SECONDS,
        balance_type="payments",
        currency=currency,
        description=description,
        exchange_rate=float(rate) if rate is not None else None,
        fee=fee,
        fee_details=details,
        net=amount - fee,
        reporting_category=CATEGORIES[type],
        source=source,
        status="available" if at_once or amount < 0 else "pending",
        type=type,
    )
    world.put(account, "balance_transaction", entry)
    if entry["status"] == "pending":
        world.schedule(entry["available_on"], "balance_transaction.available", account, entry["id"])
    return entry


def fee_detail(type: str, amount: int, currency: str) -> Document:
    """Return one row of `fee_details`; the amount is in the balance transaction's currency."""
    application = APPLICATION if type == "application_fee" else None
    description = "Stripe processing fees" if type == "stripe_fee" else "Application fee"
    return {
        "amount": amount,
        "application": application,
        "currency": currency,
        "description": description,
        "type": type,
    }


def settle_charge(world: World, account: str, charge_id: str, *, later: bool) -> Document:
    """Book a captured charge and what hangs on it, once; `later` adds `charge.updated`."""
    charge = world.get(account, "charge", charge_id)
    if charge["balance_transaction"] or charge["status"] != "succeeded" or not charge["captured"]:
        return charge
    fields = ("balance_transaction", "transfer", "application_fee")
    before = {name: charge[name] for name in fields}
    if account == world.platform:
        _settle_platform(world, charge)
    else:
        _settle_direct(world, account, charge)
    world.put(account, "charge", charge)
    world.unschedule("charge.settle", charge_id)
    if later:
        world.emit(account, "charge.updated", charge, {k: v for k, v in before.items() if charge[k] != v})
    return charge


def make_application_fee(
    world: World, account: str, charge: Document, amount: int, *, originating: str | None = None
) -> Document:
    """Let the platform earn a fee on a connected account's charge; it lands in the platform's currency."""
    landed, rate = convert(amount, charge["currency"], default_currency(world, world.platform))
    fee = blank(
        world,
        "application_fee",
        account=account,
        amount=amount,
        amount_refunded=0,
        application=APPLICATION,
        charge=charge["id"],
        currency=charge["currency"],
        fee_source={"charge": charge["id"], "type": "charge"},
        originating_transaction=originating,
        refunded=False,
    )
    fee["refunds"] = {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"/v1/application_fees/{fee['id']}/refunds",
    }
    entry = book(
        world, world.platform, "application_fee", fee["id"], landed, default_currency(world, world.platform), rate=rate
    )
    fee["balance_transaction"] = entry["id"]
    world.put(world.platform, "application_fee", fee)
    world.emit(world.platform, "application_fee.created", fee)
    return fee


def _settle_direct(world: World, account: str, charge: Document) -> None:
    """The connected account earns; it, or the platform (`controller.fees.payer`), pays the provider's fee."""
    currency = default_currency(world, account)
    amount, rate = convert(charge["amount_captured"], charge["currency"], currency)
    own_fee = stripe_fee(amount, currency)
    fees: list[Document] = []
    if charge["application_fee_amount"]:
        taken, _ = convert(charge["application_fee_amount"], charge["currency"], currency)
        fees.append(fee_detail("application_fee", taken, currency))
    payer = world.get(world.platform, "account", account)["controller"]["fees"]["payer"]
    if payer == "account":
        fees.append(fee_detail("stripe_fee", own_fee, currency))
    entry = _book_charge(world, account, "charge", charge, amount, currency, fees, rate)
    charge["balance_transaction"] = entry["id"]
    if payer != "account":
        _charge_platform_fee(world, charge, own_fee, currency)
    if charge["application_fee_amount"]:
        charge["application_fee"] = make_application_fee(world, account, charge, charge["application_fee_amount"])["id"]


def _settle_platform(world: World, charge: Document) -> None:
    """The platform earns and pays the provider's fee; a destination gets its transfer, the fee comes back."""
    currency = default_currency(world, world.platform)
    amount, rate = convert(charge["amount_captured"], charge["currency"], currency)
    fees = [fee_detail("stripe_fee", stripe_fee(amount, currency), currency)]
    entry = _book_charge(world, world.platform, "charge", charge, amount, currency, fees, rate)
    charge["balance_transaction"] = entry["id"]
    if charge["transfer_data"]:
        _transfer_to_destination(world, charge)


def _transfer_to_destination(world: World, charge: Document) -> None:
    destination = charge["transfer_data"]["destination"]
    amount = charge["transfer_data"]["amount"] or charge["amount_captured"]
    at_once = bool(charge["_available_at_once"])
    transfer = blank(
        world,
        "transfer",
        amount=amount,
        amount_reversed=0,
        currency=charge["currency"],
        destination=destination,
        reversed=False,
        source_transaction=charge["id"],
        source_type="card",
        transfer_group=charge["transfer_group"],
    )
    transfer["reversals"] = {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"/v1/transfers/{transfer['id']}/reversals",
    }
    currency = default_currency(world, destination)
    landed, rate = convert(amount, charge["currency"], currency)
    payment = _arriving_payment(world, transfer, charge, landed, currency)
    fees: list[Document] = []
    if charge["application_fee_amount"]:
        fee = make_application_fee(
            world, destination, payment, charge["application_fee_amount"], originating=charge["id"]
        )
        payment |= {"application_fee": fee["id"], "application_fee_amount": charge["application_fee_amount"]}
        charge["application_fee"] = fee["id"]
        fees.append(fee_detail("application_fee", charge["application_fee_amount"], currency))
    payment["_available_at_once"] = at_once
    entry = _book_charge(world, destination, "payment", payment, landed, currency, fees, rate)
    payment["balance_transaction"] = entry["id"]
    world.put(destination, "charge", payment)
    transfer["destination_payment"] = payment["id"]
    transfer["balance_transaction"] = book(
        world, world.platform, "transfer", transfer["id"], -amount, charge["currency"]
    )["id"]
    charge["transfer"] = transfer["id"]
    world.put(world.platform, "transfer", transfer)
    world.emit(world.platform, "transfer.created", transfer)


def _arriving_payment(world: World, transfer: Document, charge: Document, amount: int, currency: str) -> Document:
    """Return the `py_` charge that stands for a transfer in the connected account's world."""
    template: dict[str, Any] = dict.fromkeys(charge)
    return template | {
        "id": new_id("py_1", 23),
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "billing_details": {
            **charge["billing_details"],
            "address": dict.fromkeys(charge["billing_details"]["address"]),
            "email": None,
            "name": None,
            "phone": None,
        },
        "captured": True,
        "created": world.clock.now(),
        "currency": currency,
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
        "refunded": False,
        "source_transfer": transfer["id"],
        "status": "succeeded",
    }


def _charge_platform_fee(world: World, charge: Document, amount: int, currency: str) -> None:
    target = default_currency(world, world.platform)
    landed, rate = convert(amount, currency, target)
    book(
        world,
        world.platform,
        "stripe_fee",
        charge["id"],
        -landed,
        target,
        rate=rate,
        description="Stripe processing fees",
    )


def _book_charge(
    world: World,
    account: str,
    type: str,
    charge: Document,
    amount: int,
    currency: str,
    fees: list[Document],
    rate: Decimal | None,
) -> Document:
    return book(
        world,
        account,
        type,
        charge["id"],
        amount,
        currency,
        fees=fees,
        rate=rate,
        at_once=bool(charge.get("_available_at_once")),
        description=charge["description"],
    )


@due_job("charge.settle")
def _settle_when_due(world: World, account: str, id: str) -> None:
    settle_charge(world, account, id, later=True)


@due_job("balance_transaction.available")
def _become_available(world: World, account: str, id: str) -> None:
    entry = world.get(account, "balance_transaction", id)
    world.put(account, "balance_transaction", entry | {"status": "available"})
    # What becomes available in one go is told in one event.
    more = world.sql(
        "SELECT 1 FROM due WHERE job='balance_transaction.available' AND account=? AND at<=? LIMIT 1",
        account,
        world.clock.now(),
    )
    if not more:
        world.emit(account, "balance.available", read_balance(world, account))
