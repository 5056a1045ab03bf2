"""Make the gateways from the settings; the only place that names a provider's class."""

from __future__ import annotations

import httpx

from store.gateways.paypal.gateway import PayPalGateway
from store.gateways.port import Gateways
from store.gateways.stripe.gateway import StripeGateway
from store.settings import Settings


def build_gateways(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Gateways:
    """The rails of this shop. With `transport` every provider call goes through it (tests, in one process)."""
    return Gateways(
        stripe=StripeGateway(settings, transport),
        paypal=PayPalGateway(settings.paypal, settings.base_url, transport) if settings.paypal else None,
        livemode=settings.livemode,
        platform_country=settings.platform_country,
    )
