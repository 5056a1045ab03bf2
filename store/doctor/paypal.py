"""Whether PayPal knows us: it answers our app, and delivers every event we handle to where we listen."""

from __future__ import annotations

from store.doctor.check import Check
from store.gateways.port import GatewayBug, GatewayError, Gateways, Unavailable
from store.settings import Settings
from store.webhooks.states import PAYPAL_HANDLED, PAYPAL_PATH

EVERYTHING = "*"


async def check_paypal(gateways: Gateways) -> Check:
    """PayPal answers our app."""
    if gateways.paypal is None:
        return Check("paypal", True, "not set up: there is no such button")
    try:
        await gateways.paypal.ping()
    except GatewayError as error:
        return Check(
            "paypal", False, f"{error}; next: check PAYPAL_CLIENT_ID, its secret, PAYPAL_BASE_URL and the network"
        )
    return Check("paypal", True, "PayPal answers this app")


async def check_paypal_webhook(settings: Settings, gateways: Gateways) -> Check:
    """The webhook of PAYPAL_WEBHOOK_ID leads to this shop and tells of everything that is handled here.

    Nobody but PayPal can sign a delivery, so none is tried.
    """
    name = f"webhook {PAYPAL_PATH}"
    if gateways.paypal is None:
        return Check(name, True, "PayPal is not set up")
    ours = settings.base_url + PAYPAL_PATH
    try:
        there = await gateways.paypal.fetch_webhook()
    except Unavailable as error:
        return Check(name, False, f"{error}; next: ask again when PayPal answers")
    except GatewayBug as refused:
        why = f"PayPal has no webhook of the id in PAYPAL_WEBHOOK_ID ({refused})"
        return Check(name, False, f"{why}; next: make one for {ours} at PayPal and give its id")
    if there.url != ours:
        why = f"the webhook of PAYPAL_WEBHOOK_ID leads to {there.url}"
        return Check(name, False, f"{why}; next: let it lead to {ours}, or give the id of the one that does")
    missing = sorted(PAYPAL_HANDLED - set(there.types))
    if missing and EVERYTHING not in there.types:
        return Check(
            name, False, f"it does not tell of {', '.join(missing)}; next: subscribe it to all events at PayPal"
        )
    return Check(name, True, "leads here and tells of everything")
