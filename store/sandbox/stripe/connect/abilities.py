"""What other parts ask of an account: may it be charged, may it be paid.

Invariant: an account that carries its own losses (`controller.losses.payments=stripe`) takes direct charges only and
is never the destination of a transfer (docs.stripe.com/connect/accounts).
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.connect.settling import connected


def check_charging(world: World, account: str) -> None:
    """Refuse a payment on an account that may not take one yet, or not any more."""
    owner = world.get(world.platform, "account", account)
    if not owner["charges_enabled"]:
        asked = owner["requirements"]
        due = ", ".join(asked["currently_due"]) or asked["disabled_reason"] or "capability card_payments is not active"
        raise refuse(
            f"The account {account} cannot create charges: charges_enabled is false. See its requirements ({due}).",
            code="account_invalid",
        )


def check_destination(world: World, destination: str, param: str) -> Document:
    """Return a transfer's destination; refuse one that is unknown, carries its own losses, or takes no transfers."""
    account = connected(world, destination)
    if account is None:
        raise refuse(f"No such destination: '{destination}'", param=param, code="resource_missing")
    if account["controller"]["losses"]["payments"] == "stripe":
        raise refuse(
            f"The account {destination} cannot be the destination of a transfer: with losses carried by "
            "Stripe "
            "(controller.losses.payments) only direct charges are supported.",
            param=param,
            code="transfers_not_allowed",
        )
    if account["capabilities"].get("transfers") != "active":
        raise refuse(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers.",
            param=param,
            code="insufficient_capabilities_for_transfer",
        )
    return account
