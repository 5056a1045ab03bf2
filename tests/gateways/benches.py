"""What the contract suite needs beside the port: a buyer, the passing of time, and lost answers, for each rail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from store.gateways.accounts import AccountRequest
from store.gateways.stripe.gateway import StripeGateway
from store.kit import clock
from tests.gateways.fake_connect import FakeRail
from tests.ready import open_sandbox
from tests.world import CARD, DECLINED, SANDBOX, Lazy, make_settings

# What the fake calls a verb and what it is on Stripe's wire.
WIRE = {
    "make_discount": ("POST", "/v1/coupons"),
    "open_checkout": ("POST", "/v1/checkout/sessions"),
    "fetch_payment": ("GET", "/v1/checkout/sessions/*"),
    "find_payments": ("GET", "/v1/checkout/sessions"),
    "expire": ("POST", "/v1/checkout/sessions/*/expire"),
    "refund": ("POST", "/v1/refunds"),
    "find_refunds": ("GET", "/v1/refunds"),
    "transfer": ("POST", "/v1/transfers"),
    "reverse_transfer": ("POST", "/v1/transfers/*/reversals"),
    "find_transfers": ("GET", "/v1/transfers"),
    "list_events": ("GET", "/v1/events"),
}


class Bench(Protocol):
    """One rail with its buyer. `direct` and `destination` are accounts that can be paid."""

    gateway: Any
    direct: str
    destination: str

    async def pay(self, ref: str, url: str) -> None: ...

    async def decline(self, ref: str, url: str) -> None: ...

    async def redeem(self, ref: str, url: str, account: str, off: int) -> None: ...

    async def run_out(self, ref: str) -> None: ...

    async def settle(self, ref: str) -> None: ...

    async def close_account(self) -> None: ...

    async def lose(self, call: str, when: str) -> None: ...

    async def leave(self, account: str) -> None: ...


class FakeBench:
    """The rail in memory."""

    def __init__(self) -> None:
        self.gateway = FakeRail()
        self.direct, self.destination = "acct_direct", "acct_destination"

    async def pay(self, ref: str, url: str) -> None:
        self.gateway.pay(ref)

    async def decline(self, ref: str, url: str) -> None:
        self.gateway.decline(ref)

    async def redeem(self, ref: str, url: str, account: str, off: int) -> None:
        """The buyer types the merchant's code SAVE, which takes off `off` minor units of USD."""
        self.gateway.redeem(ref, off)

    async def run_out(self, ref: str) -> None:
        self.gateway.run_out(ref)

    async def settle(self, ref: str) -> None:
        self.gateway.settle(ref)

    async def close_account(self) -> None:
        """The destination may not receive anything any more."""
        self.gateway.transfers.closed.add(self.destination)

    async def lose(self, call: str, when: str) -> None:
        self.gateway.lose(call, when)

    async def leave(self, account: str) -> None:
        self.gateway.leave(account)


class SandboxBench:
    """Stripe's protocol as the sandbox speaks it, in this process."""

    def __init__(self, sandbox: Any, wire: Lazy, data: Path) -> None:
        self.sandbox = sandbox
        self.console = httpx.AsyncClient(transport=wire, base_url=SANDBOX)
        settings = make_settings(
            data, stripe_webhook_secrets=("whsec_a",), stripe_connect_webhook_secrets=("whsec_c", "whsec_d")
        )
        self.gateway = StripeGateway(settings, wire)
        self.direct = self.destination = ""

    async def open_accounts(self) -> None:
        """One account for each charge type."""
        for kind in ("direct", "destination"):
            facts = ("vera", kind, "vera@kiln.example", "US", "USD", kind)
            request = AccountRequest(f"account-{kind}", *facts, prefill=True)
            made = await self.gateway.open_account(self.gateway.freeze_account(request), f"account-{kind}")
            setattr(self, kind, made.ref)

    async def pay(self, ref: str, url: str) -> None:
        answer = await self.console.post(url, data=CARD)
        assert answer.status_code == 303, answer.text

    async def redeem(self, ref: str, url: str, account: str, off: int) -> None:
        """The merchant makes the code SAVE on the session's account, and the buyer types it."""
        headers = {"Authorization": "Bearer sk_test_overprint"} | ({"Stripe-Account": account} if account else {})
        coupon = {"id": "save", "amount_off": off, "currency": "usd", "duration": "once"}
        code = {"promotion[type]": "coupon", "promotion[coupon]": "save", "code": "SAVE"}
        for path, form in (("/v1/coupons", coupon), ("/v1/promotion_codes", code)):
            made = await self.console.post(path, data=form, headers=headers)
            assert made.status_code == 200, made.text
        typed = await self.console.post(f"{url}/promotion", data={"code": "SAVE"})
        assert typed.status_code in (200, 303), typed.text

    async def decline(self, ref: str, url: str) -> None:
        await self.console.post(url, data={**CARD, "number": DECLINED})

    async def run_out(self, ref: str) -> None:
        await self._advance(50 * 60)

    async def settle(self, ref: str) -> None:
        await self._advance(20)

    async def close_account(self) -> None:
        told = await self.console.post("/_sandbox/accounts", json={"outcome": "rejected", "account": self.destination})
        assert told.status_code == 200, told.text

    async def lose(self, call: str, when: str) -> None:
        method, path = WIRE[call]
        fault = {"method": method, "path": path, "when": when, "action": "status", "status": 401, "count": 1}
        assert (await self.console.post("/_sandbox/faults", json=fault)).status_code == 200

    async def leave(self, account: str) -> None:
        command = {"outcome": "deauthorized", "account": account}
        assert (await self.console.post("/_sandbox/accounts", json=command)).status_code == 200

    async def _advance(self, seconds: int) -> None:
        assert (await self.console.post("/_sandbox/clock", json={"advance": seconds})).status_code == 200
        self.sandbox.state.world.tick()


@asynccontextmanager
async def open_sandbox_bench(data: Path) -> AsyncIterator[SandboxBench]:
    """The sandbox on a folder of its own, without a shop."""
    wire = Lazy()
    async with open_sandbox(data, wire) as wire.app:
        clock.use_offset_file(data / "clock")
        bench = SandboxBench(wire.app, wire, data)
        await bench.open_accounts()
        try:
            yield bench
        finally:
            clock.use_offset_file(None)
            await bench.console.aclose()
