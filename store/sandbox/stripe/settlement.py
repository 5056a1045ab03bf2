"""Where a charge's money lands: its balance transaction, the transfer of a destination charge, the application fee.

With `automatic_async` capture (the default) `balance_transaction`, `transfer` and `application_fee` stay null
for SETTLE_SECONDS of the sandbox's clock, then `charge.updated` tells that they are there; `automatic` fills
them at once. Invariant: an account's balance is the sum of its balance transactions' net amounts, and each
charge settles once. Arithmetic: docs.stripe.com/connect/charges (a destination charge transfers all, then the
fee comes back).
"""

from decimal import Decimal

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe.entries import book, fee_detail
from store.sandbox.stripe.money import convert, stripe_fee
from store.sandbox.stripe.objects import default_currency
from store.sandbox.stripe.sending import make_application_fee, send

SETTLE_SECONDS = 3


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


def _settle_direct(world: World, account: str, charge: Document) -> None:
    """The connected account earns; it, or the platform (`controller.fees.payer`), pays the provider's fee."""
    currency = default_currency(world, account)
    amount, rate = convert(charge["amount_captured"], charge["currency"], currency)
    own_fee = stripe_fee(amount, currency)
    fees: list[Document] = []
    if charge["application_fee_amount"]:
        taken, _ = convert(charge["application_fee_amount"], charge["currency"], currency)
        fees.append(fee_detail("application_fee", taken, currency))
    payer = world.get(world.platform, "account", account, deleted=True)["controller"]["fees"]["payer"]
    if payer == "account":
        fees.append(fee_detail("stripe_fee", own_fee, currency))
    entry = _book_charge(world, account, charge, amount, currency, fees, rate)
    charge["balance_transaction"] = entry["id"]
    if payer != "account":
        _charge_platform_fee(world, charge, own_fee, currency)
    if charge["application_fee_amount"]:
        charge["application_fee"] = make_application_fee(world, account, charge, charge["application_fee_amount"])["id"]


def _settle_platform(world: World, charge: Document) -> None:
    """The platform earns and pays the provider's fee; a destination gets its transfer, the fee comes back.

    The money lands in the settlement merchant's currency: the platform's own, or that of the `on_behalf_of` account.
    What the charge says of its destination is in its own currency, and what moves is in the one it landed in.
    """
    currency = default_currency(world, charge["on_behalf_of"] or world.platform)
    amount, rate = convert(charge["amount_captured"], charge["currency"], currency)
    fees = [fee_detail("stripe_fee", stripe_fee(amount, currency), currency)]
    entry = _book_charge(world, world.platform, charge, amount, currency, fees, rate)
    charge["balance_transaction"] = entry["id"]
    if data := charge["transfer_data"]:
        transfer, payment = send(
            world,
            data["destination"],
            convert(data["amount"], charge["currency"], currency)[0] if data["amount"] else amount,
            currency,
            charge=charge,
            fee=convert(charge["application_fee_amount"] or 0, charge["currency"], currency)[0],
            group=charge["transfer_group"],
        )
        charge |= {"transfer": transfer["id"], "application_fee": payment["application_fee"]}


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
    charge: Document,
    amount: int,
    currency: str,
    fees: list[Document],
    rate: Decimal | None,
) -> Document:
    return book(
        world,
        account,
        "charge",
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
