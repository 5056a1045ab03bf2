"""Who gets what of a payment: the application fee and the destination, checked before an intent exists.

Direct charge: `Stripe-Account` and `application_fee_amount`. Destination charge: `transfer_data` with either
a fee or an amount (docs.stripe.com/connect/charges). Invariant: nothing is split that the total does not
hold.
"""

from store.sandbox.kernel.errors import Unsupported, refuse
from store.sandbox.kernel.params import Params
from store.sandbox.stripe.accounts import check_destination
from store.sandbox.stripe.money import check_step, format_amount
from store.sandbox.stripe.routing import Call


def check_split(call: Call, data: Params, total: int, currency: str, prefix: str = "") -> None:
    """Refuse a fee or a destination that does not fit; `prefix` is the hash the fields stand in."""
    fee, transfer = data.get("application_fee_amount"), data.get("transfer_data")
    if fee is not None:
        _check_fee(call, fee, bool(transfer), total, currency, _name(prefix, "application_fee_amount"))
    if transfer:
        param = _name(prefix, "transfer_data")
        if call.account != call.world.platform:
            raise Unsupported("transfer_data on a connected account's own payment", param=param)
        check_destination(call.world, transfer["destination"], currency, f"{param}[destination]")
        check_step(transfer.get("amount") or 0, currency, f"{param}[amount]")
        if (transfer.get("amount") or 0) > total:
            raise refuse("The transfer amount cannot be greater than the total.", param=f"{param}[amount]")


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
