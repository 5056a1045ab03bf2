"""The port's part for connected accounts: opened, looked at, led to the provider's own pages.

Countries are ISO 3166 in two letters, times UTC. Who is not reachable any more raises `port.Disconnected`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class AccountRequest:
    """A connected account to open. `account_id` is ours and finds it again; `prefill`: test values that make it active
    at once (demo only). Country (ISO 3166, two letters) and currency are the vendor's choice and stay.
    """

    account_id: str
    vendor_id: str
    name: str
    email: str
    country: str
    currency: str
    charge_type: str
    prefill: bool = False


@dataclass(frozen=True)
class Requirements:
    """What the provider wants of an account, by its own names (`external_account`, `individual.dob.day`).

    `currently_due` is wanted by `current_deadline` (UTC), `past_due` was; `disabled_reason` says why something is
    switched off, "" when nothing is; `errors` are (name, reason in the provider's words) of what was refused.
    """

    currently_due: tuple[str, ...] = ()
    past_due: tuple[str, ...] = ()
    pending_verification: tuple[str, ...] = ()
    current_deadline: datetime | None = None
    disabled_reason: str = ""
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class AccountSnapshot:
    """A connected account as the provider has it now; a capability is active, inactive, pending or "" (not asked for).

    `details_submitted`: the owner has sent the first form; it does not mean that anything is allowed.
    """

    ref: str
    country: str
    currency: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    card_payments: str
    transfers: str
    requirements: Requirements = Requirements()

    @property
    def disabled_reason(self) -> str:
        """Why the provider has switched something off."""
        return self.requirements.disabled_reason

    @property
    def due(self) -> bool:
        """Whether the provider waits for the account's owner."""
        return bool(self.requirements.currently_due or self.requirements.past_due)


class ConnectGateway(Protocol):
    """Connected accounts."""

    def freeze_account(self, request: AccountRequest) -> str:
        """The provider's whole request body as text, to be stored and resent byte for byte. Calls nobody."""
        ...

    async def open_account(self, frozen: str, key: str) -> AccountSnapshot: ...

    async def find_account(self, account_id: str, since: datetime) -> AccountSnapshot | None:
        """The account that was opened for this id of ours from then on, or None."""
        ...

    async def fetch_account(self, ref: str) -> AccountSnapshot:
        """The account as it is now. Raises Disconnected when it has let us go."""
        ...

    async def onboarding_link(self, ref: str, refresh_url: str, return_url: str) -> str:
        """A new address of the provider's form for this account: single use, good for minutes, never to be mailed.

        The owner comes back by `return_url` whatever came of it, or by `refresh_url` when the link was spent.
        """
        ...

    async def login_link(self, ref: str) -> str:
        """A new single-use address of the owner's Express dashboard. Raises GatewayBug for accounts without one."""
        ...

    async def fetch_country(self) -> str:
        """The country of the platform's own account: two letters."""
        ...
