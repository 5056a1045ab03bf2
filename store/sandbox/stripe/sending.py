"""Money that one payment brings to two accounts: the application fee to the platform, a transfer to a vendor.

A transfer arrives as a `py_` payment in the connected account's world; what a charge pays for is available when the
charge's own money is (docs.stripe.com/connect/separate-charges-and-transfers). Invariant: what leaves one account
arrives in the other.
"""

from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.entries import book, fee_detail
from store.sandbox.stripe.instruments import billing_details
from store.sandbox.stripe.money import convert
from store.sandbox.stripe.objects import APPLICATION, blank, default_currency


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
    fee["refunds"] = _empty_list(f"/v1/application_fees/{fee['id']}/refunds")
    entry = book(
        world, world.platform, "application_fee", fee["id"], landed, default_currency(world, world.platform), rate=rate
    )
    fee["balance_transaction"] = entry["id"]
    world.put(world.platform, "application_fee", fee)
    world.emit(world.platform, "application_fee.created", fee)
    return fee


def send(
    world: World,
    destination: str,
    amount: int,
    currency: str,
    *,
    charge: Document | None = None,
    fee: int | None = None,
    group: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> tuple[Document, Document]:
    """Transfer money to a connected account; return the transfer and the `py_` payment that it is there.

    `amount` and `fee`, which comes back to the platform as an application fee, are minor units of `currency`.
    `charge` is the platform's charge that pays for it; without one the balance does.
    """
    transfer = blank(
        world,
        "transfer",
        amount=amount,
        amount_reversed=0,
        currency=currency,
        description=description,
        destination=destination,
        metadata=metadata or {},
        reversed=False,
        source_transaction=charge["id"] if charge else None,
        source_type="card",
        transfer_group=group,
    )
    transfer["reversals"] = _empty_list(f"/v1/transfers/{transfer['id']}/reversals")
    available_on = world.clock.now()
    if charge:
        available_on = world.get(world.platform, "balance_transaction", charge["balance_transaction"])["available_on"]
    payment = _receive(world, transfer, fee, available_on)
    transfer["destination_payment"] = payment["id"]
    entry = book(world, world.platform, "transfer", transfer["id"], -amount, currency, available_on=available_on)
    transfer["balance_transaction"] = entry["id"]
    world.put(world.platform, "transfer", transfer)
    world.emit(world.platform, "transfer.created", transfer)
    return transfer, payment


def sent_from(world: World, charge: str | None, currency: str) -> int:
    """Return what transfers took of a charge (None: of the balance) in this currency and did not give back."""
    transfers = world.find(world.platform, "transfer", source_transaction=charge, currency=currency)
    return sum(transfer["amount"] - transfer["amount_reversed"] for transfer in transfers)


def _receive(world: World, transfer: Document, fee: int | None, available_on: int) -> Document:
    """Store the payment that stands for a transfer in the connected account's world, less the fee.

    Both arrive in the account's own currency.
    """
    account = transfer["destination"]
    currency = default_currency(world, account)
    fee = convert(fee or 0, transfer["currency"], currency)[0]
    landed, rate = convert(transfer["amount"], transfer["currency"], currency)
    payment = blank(
        world,
        "charge",
        id=new_id("py_1", 23),
        amount=landed,
        amount_captured=landed,
        amount_refunded=0,
        billing_details=billing_details(),
        captured=True,
        currency=currency,
        disputed=False,
        fraud_details={},
        paid=True,
        payment_method_details={"stripe_account": {}, "type": "stripe_account"},
        refunded=False,
        source_transfer=transfer["id"],
        status="succeeded",
    )
    if fee:
        made = make_application_fee(world, account, payment, fee, originating=transfer["source_transaction"])
        payment |= {"application_fee": made["id"], "application_fee_amount": fee}
    fees = [fee_detail("application_fee", fee, currency)]
    entry = book(
        world, account, "payment", payment["id"], landed, currency, fees=fees, rate=rate, available_on=available_on
    )
    payment["balance_transaction"] = entry["id"]
    world.put(account, "charge", payment)
    return payment


def _empty_list(url: str) -> Document:
    return {"object": "list", "data": [], "has_more": False, "url": url}
