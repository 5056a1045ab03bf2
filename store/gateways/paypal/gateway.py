"""PayPal as the port wants it: each verb is a function of a sister file, called with this shop's keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from store.gateways.breaker import Breaker
from store.gateways.pace import Pace
from store.gateways.payouts import PayoutRequest, PayoutSnapshot
from store.gateways.paypal import disputes, events, orders, payouts, refunds, webhooks
from store.gateways.paypal.certificates import Certificates
from store.gateways.paypal.client import PayPalCalls
from store.gateways.port import (
    CaptureSnapshot,
    CheckoutRequest,
    DisputeSnapshot,
    ListedEvent,
    Notice,
    OpenedCheckout,
    PaymentSnapshot,
    RefundRequest,
    RefundSnapshot,
    Unavailable,
    WebhookSnapshot,
)
from store.kit import clock
from store.kit.money import Money
from store.settings import PayPalSettings

# So many deliveries are asked about at once, whoever sends them: buyers' calls go the same way out.
VERIFIES = 4


class PayPalGateway:
    """One PayPal app with its business account, or a sandbox that speaks its protocol.

    `shop`: the shop's own address, whose host begins the invoice numbers; `now`: wall time.
    """

    def __init__(
        self,
        settings: PayPalSettings,
        shop: str,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        breaker: Breaker | None = None,
        pace: Pace | None = None,
        now: Callable[[], datetime] = clock.wall,
    ) -> None:
        self._calls = PayPalCalls(
            settings.client_id, settings.client_secret, settings.base_url, transport, breaker=breaker, pace=pace
        )
        self._certificates = Certificates(
            settings.base_url, None if settings.is_paypal else settings.ca_file, transport, now=now
        )
        self._webhook_id, self._asks = settings.webhook_id, settings.verify == "call"
        self._verifying = asyncio.Semaphore(VERIFIES)
        self._livemode = settings.livemode
        self._shop = urlsplit(shop).hostname or "shop"

    def freeze_checkout(self, request: CheckoutRequest) -> str:
        return orders.freeze_checkout(request, self._shop)

    async def open_checkout(self, frozen: str, account_ref: str, key: str) -> OpenedCheckout:
        return await orders.open_checkout(self._calls, frozen, key)

    async def fetch_payment(self, ref: str, account_ref: str) -> PaymentSnapshot:
        return await orders.fetch_payment(self._calls, ref, livemode=self._livemode)

    async def capture_payment(self, ref: str, key: str) -> PaymentSnapshot:
        return await orders.capture_payment(self._calls, ref, key, livemode=self._livemode)

    async def track(self, ref: str, capture_ref: str, carrier: str, number: str) -> None:
        await orders.track(self._calls, ref, capture_ref, carrier, number)

    async def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        return await disputes.fetch_dispute(self._calls, ref)

    async def fetch_capture(self, ref: str, account_ref: str) -> CaptureSnapshot:
        return await refunds.fetch_capture(self._calls, ref)

    async def refund(self, request: RefundRequest) -> RefundSnapshot:
        return await refunds.refund(self._calls, request)

    async def find_refunds(self, capture_ref: str, account_ref: str) -> Sequence[RefundSnapshot]:
        return await refunds.find_refunds(self._calls, capture_ref)

    async def fetch_refund(self, ref: str, capture_ref: str) -> RefundSnapshot | None:
        return await refunds.fetch_refund(self._calls, ref, capture_ref)

    async def send_payout(self, request: PayoutRequest, key: str) -> PayoutSnapshot:
        return await payouts.send_payout(self._calls, request, key)

    async def fetch_payout(self, batch_ref: str) -> PayoutSnapshot:
        return await payouts.fetch_payout(self._calls, batch_ref)

    async def fetch_payout_item(self, item_ref: str) -> PayoutSnapshot:
        return await payouts.fetch_payout_item(self._calls, item_ref)

    async def cancel_payout_item(self, item_ref: str) -> PayoutSnapshot:
        return await payouts.cancel_payout_item(self._calls, item_ref)

    async def balance(self, account_ref: str) -> Sequence[Money]:
        return await payouts.balance(self._calls)

    def list_events(
        self, account_ref: str, since: datetime, types: Sequence[str]
    ) -> AsyncIterator[Sequence[ListedEvent]]:
        return events.list_events(self._calls, since, types, livemode=self._livemode)

    async def verify_event(self, headers: Mapping[str, str], body: bytes) -> None:
        if not self._asks:
            await webhooks.verify_locally(self._certificates, self._webhook_id, headers, body)
            return
        if self._verifying.locked():
            raise Unavailable(f"{VERIFIES} deliveries are being asked about already")
        async with self._verifying:
            await webhooks.verify_by_call(self._calls, self._webhook_id, headers, body)

    def read_event(self, body: bytes) -> Notice:
        return events.read_event(body, livemode=self._livemode)

    async def fetch_webhook(self) -> WebhookSnapshot:
        return await webhooks.fetch_webhook(self._calls, self._webhook_id)

    async def ping(self) -> None:
        """GET /v1/notifications/webhooks: small, and as old as the API."""
        await self._calls.call("webhooks.list", "GET", "/v1/notifications/webhooks")

    def is_away(self) -> bool:
        return self._calls.breaker.is_open
