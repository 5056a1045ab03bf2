"""Connected accounts in memory: what their owners and the provider do to them is done by hand (`change`)."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

from store.gateways.accounts import AccountRequest, AccountSnapshot, Requirements
from store.gateways.port import Disconnected, GatewayBug
from store.kit import clock
from store.kit.ids import new_token
from tests.gateways.fake import FakeGateway

READY = {
    "charges_enabled": True,
    "payouts_enabled": True,
    "details_submitted": True,
    "card_payments": "active",
    "transfers": "active",
    "requirements": Requirements(),
}
BEGINNING = {
    "charges_enabled": False,
    "payouts_enabled": False,
    "details_submitted": False,
    "card_payments": "inactive",
    "transfers": "inactive",
    "requirements": Requirements(
        currently_due=("business_type", "external_account"),
        past_due=("business_type",),
        disabled_reason="requirements.past_due",
    ),
}


@dataclasses.dataclass
class Opened:
    """One account, which request opened it, and when."""

    asked: dict[str, Any]
    now: AccountSnapshot
    created: datetime = dataclasses.field(default_factory=clock.now)
    gone: bool = False


class FakeAccounts:
    """ConnectGateway, without its pulse."""

    PAGES = "https://pay.example"

    def __init__(self) -> None:
        self.accounts: dict[str, Opened] = {}
        self.account_keys: dict[str, str] = {}
        self.links: list[str] = []
        self.looks = 0

    def change(self, ref: str, **facts: Any) -> None:
        """The provider thinks otherwise of an account from now on."""
        self.accounts[ref].now = dataclasses.replace(self.accounts[ref].now, **facts)

    def leave(self, ref: str) -> None:
        """The owner disconnects the platform."""
        self.accounts[ref].gone = True

    def freeze_account(self, request: AccountRequest) -> str:
        return json.dumps(dataclasses.asdict(request))

    async def open_account(self, frozen: str, key: str) -> AccountSnapshot:
        asked = json.loads(frozen)
        ref = self.account_keys.get(key)
        if ref is None:
            ref = f"acct_{new_token()[:8]}"
            facts = READY if asked["prefill"] else BEGINNING
            snapshot = AccountSnapshot(ref=ref, country=asked["country"], currency=asked["currency"], **facts)
            self.accounts[ref] = Opened(asked, snapshot)
            self.account_keys[key] = ref
        return self.accounts[ref].now

    async def find_account(self, account_id: str, since: datetime) -> AccountSnapshot | None:
        for opened in self.accounts.values():
            if opened.asked["account_id"] == account_id and opened.created >= since:
                return opened.now
        return None

    async def fetch_account(self, ref: str) -> AccountSnapshot:
        self.looks += 1
        return self._reach(ref).now

    async def onboarding_link(self, ref: str, refresh_url: str, return_url: str) -> str:
        self._reach(ref)
        self.links.append(f"{self.PAGES}/setup/{new_token()}")
        return self.links[-1]

    async def login_link(self, ref: str) -> str:
        if self._reach(ref).asked["charge_type"] == "direct":
            raise GatewayBug("this account has a dashboard of its own")
        self.links.append(f"{self.PAGES}/express/{new_token()}")
        return self.links[-1]

    def _reach(self, ref: str) -> Opened:
        if ref not in self.accounts or self.accounts[ref].gone:
            raise Disconnected(f"no access to {ref}")
        return self.accounts[ref]


class FakeRail(FakeGateway, FakeAccounts):
    """The whole rail in memory."""

    def __init__(self) -> None:
        FakeGateway.__init__(self)
        FakeAccounts.__init__(self)
