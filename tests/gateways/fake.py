"""An honest little provider in memory: the port's other implementation, for states the sandbox cannot make.

It keeps what a provider keeps (sessions by key and account, captures, refunds) and answers only what it was told.
Tests decide what the buyer and the bank do: `pay`, `hand_over` (a delayed method), `clear`, `bounce`, `decline`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from store.gateways.port import (
    AccountRequest,
    AccountSnapshot,
    BadSignature,
    CaptureSnapshot,
    CheckoutRequest,
    Failure,
    GatewayBug,
    Moved,
    Notice,
    OpenedCheckout,
    PaymentSnapshot,
    RefundOutcome,
    RefundRequest,
    RefundSnapshot,
    SnapshotStatus,
    Unavailable,
)
from store.kit import clock
from store.kit.money import Money

PAGE = "http://127.0.0.1:8001/c/pay/"


@dataclass
class FakeGateway:
    """What the provider knows. `silent` lets every call end without an answer."""

    secret: bytes = b"a secret of the fake"
    silent: bool = False
    sessions: dict[str, PaymentSnapshot] = field(default_factory=dict)
    made: dict[str, datetime] = field(default_factory=dict)
    ends: dict[str, datetime] = field(default_factory=dict)
    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)
    captures: dict[str, CaptureSnapshot] = field(default_factory=dict)
    accounts: dict[str, AccountSnapshot] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: count(1))

    # What buyer and bank do.

    def pay(self, ref: str) -> None:
        """The card went through."""
        self._complete(ref, SnapshotStatus.SUCCEEDED)

    def hand_over(self, ref: str) -> None:
        """The buyer used a delayed method: done here, not done at the bank."""
        self._change(ref, status=SnapshotStatus.PROCESSING, redirect_url="")

    def clear(self, ref: str) -> None:
        """The bank of a delayed method said yes, perhaps after it had said no."""
        self._complete(ref, SnapshotStatus.SUCCEEDED)

    def bounce(self, ref: str, message: str = "The bank refused the debit") -> None:
        """The bank of a delayed method said no for good."""
        self._change(ref, status=SnapshotStatus.FAILED, failure=Failure(f"try-{next(self._ids)}", message))

    def decline(self, ref: str, message: str = "The bank declined the card") -> None:
        """A try inside the session failed; the session stays open."""
        self._change(ref, failure=Failure(f"try-{next(self._ids)}", message))

    def settle(self) -> None:
        """What was kept and passed on is known from now on."""
        self.captures = {ref: replace(capture, settled=True) for ref, capture in self.captures.items()}

    def finish_refunds(self, outcome: RefundOutcome, reason: str = "", came_back: bool = False) -> None:
        """Every refund that was made ends like this; `came_back`: its money is on the balance again."""
        for ref, capture in self.captures.items():
            ended = tuple(replace(one, outcome=outcome, reason=reason, came_back=came_back) for one in capture.refunds)
            self.captures[ref] = replace(capture, refunds=ended)

    def sign_event(self, **event: Any) -> tuple[dict[str, str], bytes]:
        """(headers, body) of one event."""
        body = json.dumps(event).encode()
        return {"fake-signature": hmac.new(self.secret, body, hashlib.sha256).hexdigest()}, body

    # The port.

    def freeze_checkout(self, request: CheckoutRequest) -> str:
        return json.dumps(asdict(request) | {"expires_at": request.expires_at.timestamp()})

    async def open_checkout(self, frozen: str, account_ref: str, key: str) -> OpenedCheckout:
        self._answer()
        request = json.loads(frozen)

        def make() -> OpenedCheckout:
            ref = f"fs_{next(self._ids)}"
            destination = request["account_ref"] if request["charge_type"] == "destination" else ""
            self.sessions[ref] = PaymentSnapshot(
                ref=ref,
                status=SnapshotStatus.OPEN,
                amount=sum(item["unit_price"] * item["quantity"] for item in request["items"]),
                currency=request["currency"],
                payment_id=request["payment_id"],
                order_id=request["order_id"],
                account_ref=account_ref,
                destination=destination,
                fee=0 if request["charge_type"] == "separate" else request["fee"],
                livemode=False,
                redirect_url=f"{PAGE}{ref}",
            )
            self.made[ref] = clock.now()
            self.ends[ref] = datetime.fromtimestamp(request["expires_at"], UTC)
            return OpenedCheckout(ref, f"{PAGE}{ref}")

        opened: OpenedCheckout = self._once(f"{account_ref}:{key}", frozen, make)
        return opened

    async def fetch_payment(self, ref: str, account_ref: str) -> PaymentSnapshot:
        self._answer()
        found = self.sessions.get(ref)
        if found is None or found.account_ref != account_ref:
            raise GatewayBug(f"no session {ref} on account {account_ref!r}")
        if found.status == SnapshotStatus.OPEN and self.ends[ref] <= clock.now():
            self._change(ref, status=SnapshotStatus.EXPIRED, redirect_url="")
        return self.sessions[ref]

    async def find_payments(self, payment_id: str, account_ref: str, since: datetime) -> Sequence[PaymentSnapshot]:
        self._answer()
        return [
            session
            for ref, session in self.sessions.items()
            if (session.payment_id, session.account_ref) == (payment_id, account_ref)
            and self.made[ref] >= since - timedelta(seconds=1)
        ]

    async def expire(self, ref: str, account_ref: str) -> bool:
        if (await self.fetch_payment(ref, account_ref)).status != SnapshotStatus.OPEN:
            return False
        self._change(ref, status=SnapshotStatus.EXPIRED, redirect_url="")
        return True

    async def fetch_capture(self, ref: str, account_ref: str) -> CaptureSnapshot:
        self._answer()
        if ref not in self.captures or self._session_of(ref).account_ref != account_ref:
            raise GatewayBug(f"no charge {ref} on account {account_ref!r}")
        capture = self.captures[ref]
        return capture if capture.settled else CaptureSnapshot(ref, settled=False, refunds=capture.refunds)

    async def refund(self, request: RefundRequest) -> RefundSnapshot:
        capture = await self.fetch_capture(request.capture_ref, request.account_ref)
        session = self._session_of(request.capture_ref)
        given = sum(one.amount.amount for one in capture.refunds if one.outcome != RefundOutcome.FAILED)

        def make() -> RefundSnapshot:
            if given + request.amount > session.amount:
                raise GatewayBug("the refund is greater than what is left of the charge")
            made = RefundSnapshot(
                ref=f"fr_{next(self._ids)}",
                refund_id=request.refund_id,
                capture_ref=request.capture_ref,
                amount=Money(request.amount, session.currency),
                outcome=RefundOutcome.SUCCEEDED,
            )
            before = self.captures[request.capture_ref]
            self.captures[request.capture_ref] = replace(before, refunds=(*before.refunds, made))
            return made

        made: RefundSnapshot = self._once(f"{request.account_ref}:{request.refund_id}", repr(request), make)
        return made

    async def find_refunds(self, capture_ref: str, account_ref: str) -> Sequence[RefundSnapshot]:
        return (await self.fetch_capture(capture_ref, account_ref)).refunds

    def verify_event(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> None:
        good = hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        if endpoint not in ("account", "connect") or not hmac.compare_digest(
            headers.get("fake-signature", "").encode(), good.encode()
        ):
            raise BadSignature("not signed by the fake")

    def read_event(self, body: bytes) -> Notice:
        try:
            return Notice(**{"created": clock.wall(), "livemode": False, "resource": "", **json.loads(body)})
        except (TypeError, ValueError) as wrong:
            raise BadSignature("no event of the fake") from wrong

    def sign_probe(self, endpoint: str) -> tuple[str, dict[str, str], bytes]:
        headers, body = self.sign_event(event_id=f"probe-{next(self._ids)}", type="probe", account="")
        return json.loads(body)["event_id"], headers, body

    async def open_account(self, request: AccountRequest) -> AccountSnapshot:
        currency = {"DE": "EUR", "JP": "JPY"}.get(request.country, "USD")
        account = AccountSnapshot(f"acct_{request.vendor_id}", currency, request.prefill, request.prefill)
        return self.accounts.setdefault(account.ref, account)

    async def fetch_account(self, ref: str) -> AccountSnapshot:
        if ref not in self.accounts:
            raise GatewayBug(f"no account {ref}")
        return self.accounts[ref]

    async def ping(self) -> None:
        self._answer()

    def _complete(self, ref: str, status: SnapshotStatus) -> None:
        session = self.sessions[ref]
        capture_ref = f"fc_{ref}" if session.amount else ref
        self._change(ref, status=status, capture_ref=capture_ref, method="Visa ending in 4242", redirect_url="")
        amount = Money(session.amount, session.currency)
        fee = Money(session.fee, session.currency)
        kept = Money(session.amount // 50, session.currency)
        self.captures[capture_ref] = CaptureSnapshot(
            ref=capture_ref,
            settled=False,
            provider_fee=Moved(f"kept_{ref}", kept, kept) if kept.amount else None,
            transfer=Moved(f"transfer_{ref}", amount, amount) if session.destination else None,
            application_fee=Moved(f"fee_{ref}", fee, fee) if session.fee else None,
        )

    def _session_of(self, capture_ref: str) -> PaymentSnapshot:
        return next(one for one in self.sessions.values() if one.capture_ref == capture_ref)

    def _change(self, ref: str, **values: Any) -> None:
        self.sessions[ref] = replace(self.sessions[ref], **values)

    def _once(self, key: str, body: str, make: Any) -> Any:
        if key in self.keys:
            first, answer = self.keys[key]
            if first != body:
                raise GatewayBug("this key can only be used with the same parameters")
            return answer
        answer = make()
        self.keys[key] = body, answer
        return answer

    def _answer(self) -> None:
        if self.silent:
            raise Unavailable("the fake says nothing")
