"""Whom a platform may send money to, by country, and for whom it may settle a payment.

Within a country always, and between the US, the UK, Canada, Switzerland and the EEA
(docs.stripe.com/connect/cross-border-payouts). Elsewhere a destination charge needs `on_behalf_of`: it then settles in
the connected account's country, so that nothing crosses a border (docs.stripe.com/connect/destination-charges).
Invariant: these checks refuse, they never change a request.
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.world import Document, World

EEA = frozenset({"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"}) | {
    *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
}
CORRIDOR = EEA | {"CA", "CH", "GB", "US"}


def may_send(source: str, target: str) -> bool:
    """Tell whether a platform in country `source` may transfer to an account in `target`."""
    return source == target or {source, target} <= CORRIDOR


def check_transfer_region(world: World, account: Document, param: str) -> None:
    """Refuse a transfer to a country that the platform's country does not send to."""
    home = _home(world)
    if not may_send(home, account["country"]):
        raise refuse(
            f"Funds can't be sent to accounts located in {account['country']} from a platform located in {home}: your "
            "platform and the connected account must be in the same region.",
            param=param,
            code="transfers_not_allowed",
        )


def check_charge_region(world: World, account: Document, merchant: str | None, param: str) -> None:
    """Refuse a destination charge across such a border unless it settles where its destination is (`merchant`)."""
    if merchant != account["id"] and not may_send(_home(world), account["country"]):
        raise refuse(
            f"Cannot create a destination charge for connected accounts in {account['country']} because funds would be "
            "settled on the platform and the connected account is outside the platform's region. You may use the "
            "`on_behalf_of` parameter to have the charge settle in the connected account's country.",
            param=param,
            code="transfers_not_allowed",
        )


def _home(world: World) -> str:
    return str(world.get(world.platform, "account", world.platform)["country"])
