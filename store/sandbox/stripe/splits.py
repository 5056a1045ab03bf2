"""Who gets what of a payment: application fee, destination and settlement merchant, checked before an intent exists.

Direct charge: `Stripe-Account` and `application_fee_amount`. Destination charge: `transfer_data` with either
a fee or an amount, and `on_behalf_of` where the destination is to be the settlement merchant
(docs.stripe.com/connect/charges). Invariant: nothing is split that the total does not hold.
"""

from store.sandbox.kernel.errors import Unsupported, refuse
from store.sandbox.kernel.params import Params
from store.sandbox.stripe.connect.abilities import check_destination
from store.sandbox.stripe.connect.settling import connected
from store.sandbox.stripe.money import check_step, format_amount
from store.sandbox.stripe.regions import check_charge_region
from store.sandbox.stripe.routing import Call


def check_split(call: Call, data: Params, total: int, currency: str, prefix: str = "") -> None:
    """Refuse a fee, a destination or a settlement merchant that does not fit; `prefix`: the hash they stand in."""
    fee, transfer, merchant = (data.get(name) for name in ("application_fee_amount", "transfer_data", "on_behalf_of"))
    if fee is not None:
        _check_fee(call, fee, bool(transfer), total, currency, _name(prefix, "application_fee_amount"))
    if merchant:
        _check_merchant(call, merchant, transfer, _name(prefix, "on_behalf_of"))
    if transfer:
        param = _name(prefix, "transfer_data")
        if call.account != call.world.platform:
            raise Unsupported("transfer_data on a connected account's own payment", param=param)
        account = check_destination(call.world, transfer["destination"], f"{param}[destination]")
        check_charge_region(call.world, account, merchant, f"{param}[destination]")
        check_step(transfer.get("amount") or 0, currency, f"{param}[amount]")
        if (transfer.get("amount") or 0) > total:
            raise refuse("The transfer amount cannot be greater than the total.", param=f"{param}[amount]")


def _check_merchant(call: Call, merchant: str, transfer: Params | None, param: str) -> None:
    """Refuse to settle for an account that is unknown or takes no cards (docs.stripe.com/connect/charges)."""
    world = call.world
    if call.account != world.platform:
        raise Unsupported("on_behalf_of on a connected account's own payment", param=param)
    account = connected(world, merchant)
    if account is None:
        raise refuse(f"No such on_behalf_of account: '{merchant}'", param=param, code="resource_missing")
    if account["capabilities"].get("card_payments") != "active":
        raise refuse(
            f"The on_behalf_of account {merchant} needs to have at least one of the following capabilities enabled: "
            "card_payments.",
            param=param,
            code="account_invalid",
        )
    if transfer and transfer["destination"] != merchant:
        raise Unsupported("an on_behalf_of that is not the destination", param=param)


def _check_fee(call: Call, fee: int, has_destination: bool, total: int, currency: str, param: str) -> None:
    if call.account == call.world.platform and not has_destination:
        raise refuse(
            "Can only apply an application_fee when the request is made on behalf of another account "
            "(using an OAuth key, the Stripe-Account header, or the destination parameter).",
            param=param,
        )
    check_step(fee, currency, param)
    if fee > total:
        raise refuse(
            f"The application fee ({format_amount(fee, currency)}) cannot be greater than the total "
            f"({format_amount(total, currency)}).",
            param=param,
        )


def _name(prefix: str, field: str) -> str:
    return f"{prefix}[{field}]" if prefix else field
