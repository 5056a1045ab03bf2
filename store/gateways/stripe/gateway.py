"""Stripe as the port wants it: each verb is a function of a sister file, called with this shop's keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import httpx

from store.gateways.accounts import AccountRequest, AccountSnapshot
from store.gateways.breaker import Breaker
from store.gateways.pace import Pace
from store.gateways.port import (
    CaptureSnapshot,
    CheckoutRequest,
    EndpointSnapshot,
    ListedEvent,
    Moved,
    Notice,
    OpenedCheckout,
    PaymentSnapshot,
    RefundRequest,
    RefundSnapshot,
)
from store.gateways.stripe import checkout, connect, refunds, transfers, webhooks
from store.gateways.stripe.client import StripeCalls
from store.gateways.transfers import ReversalRequest, ReversalSnapshot, TransferRequest, TransferSnapshot
from store.kit.money import Money
from store.settings import Settings


class StripeGateway:
    """One platform account at Stripe, or at a sandbox that speaks its protocol."""

    def __init__(
        self,
        settings: Settings,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        breaker: Breaker | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._calls = StripeCalls(
            settings.stripe_secret_key, settings.stripe_api_base, transport, breaker=breaker, pace=pace
        )
        self._methods = ("card", *settings.stripe_delayed_methods)
        self._livemode = settings.livemode
        self._secrets = {
            "account": settings.stripe_webhook_secrets,
            "connect": settings.stripe_connect_webhook_secrets,
        }

    def freeze_checkout(self, request: CheckoutRequest) -> str:
        return checkout.freeze_checkout(request, self._methods)

    def freeze_discount(self, request: CheckoutRequest) -> str:
        return checkout.freeze_discount(request)

    async def make_discount(self, frozen: str, account_ref: str, key: str) -> None:
        await checkout.make_discount(self._calls, frozen, account_ref, key)

    async def open_checkout(self, frozen: str, account_ref: str, key: str) -> OpenedCheckout:
        return await checkout.open_checkout(self._calls, frozen, account_ref, key)

    async def fetch_payment(self, ref: str, account_ref: str) -> PaymentSnapshot:
        return await checkout.fetch_payment(self._calls, ref, account_ref)

    async def find_payments(
        self, payment_id: str, account_ref: str, since: datetime, until: datetime | None = None
    ) -> Sequence[PaymentSnapshot]:
        return await checkout.find_payments(self._calls, payment_id, account_ref, since, until)

    async def expire(self, ref: str, account_ref: str) -> bool:
        return await checkout.expire(self._calls, ref, account_ref)

    async def fetch_capture(self, ref: str, account_ref: str) -> CaptureSnapshot:
        return await refunds.fetch_capture(self._calls, ref, account_ref)

    async def find_application_fee(self, capture_ref: str) -> Moved | None:
        return await refunds.find_application_fee(self._calls, capture_ref)

    async def refund(self, request: RefundRequest) -> RefundSnapshot:
        return await refunds.refund(self._calls, request)

    async def find_refunds(self, capture_ref: str, account_ref: str) -> Sequence[RefundSnapshot]:
        return await refunds.find_refunds(self._calls, capture_ref, account_ref)

    def list_events(
        self, account_ref: str, since: datetime, types: Sequence[str]
    ) -> AsyncIterator[Sequence[ListedEvent]]:
        return webhooks.list_events(self._calls, account_ref, since, types)

    async def list_endpoints(self) -> Sequence[EndpointSnapshot]:
        return await webhooks.list_endpoints(self._calls)

    def verify_event(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> None:
        webhooks.verify_event(self._secrets[endpoint], headers, body)

    def read_event(self, body: bytes) -> Notice:
        return webhooks.read_event(body)

    def sign_probe(self, endpoint: str) -> tuple[str, dict[str, str], bytes]:
        return webhooks.sign_probe(self._secrets[endpoint][0], self._livemode)

    def freeze_account(self, request: AccountRequest) -> str:
        return connect.freeze_account(request)

    async def open_account(self, frozen: str, key: str) -> AccountSnapshot:
        return await connect.open_account(self._calls, frozen, key)

    async def find_account(self, account_id: str, since: datetime) -> AccountSnapshot | None:
        return await connect.find_account(self._calls, account_id, since)

    async def fetch_account(self, ref: str) -> AccountSnapshot:
        return await connect.fetch_account(self._calls, ref)

    async def fetch_country(self) -> str:
        return await connect.fetch_country(self._calls)

    async def onboarding_link(self, ref: str, refresh_url: str, return_url: str) -> str:
        return await connect.onboarding_link(self._calls, ref, refresh_url, return_url)

    async def login_link(self, ref: str) -> str:
        return await connect.login_link(self._calls, ref)

    async def transfer(self, request: TransferRequest, key: str) -> TransferSnapshot:
        return await transfers.transfer(self._calls, request, key)

    async def reverse_transfer(self, request: ReversalRequest, key: str) -> ReversalSnapshot:
        return await transfers.reverse_transfer(self._calls, request, key)

    async def find_transfers(self, group: str) -> Sequence[TransferSnapshot]:
        return await transfers.find_transfers(self._calls, group)

    async def balance(self, account_ref: str) -> Sequence[Money]:
        return await transfers.balance(self._calls, account_ref)

    async def ping(self) -> None:
        await connect.ping(self._calls)

    def is_away(self) -> bool:
        return self._calls.breaker.is_open
