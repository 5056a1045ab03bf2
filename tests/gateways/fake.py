"""A payment provider in memory, as small as the port allows and no friendlier: the contract suite keeps it honest.

Tests turn its buyer and its bank by hand (`pay`, `confirm`, `refuse`, `decline`, `run_out`, `settle`) and let
answers be lost (`lose`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from store.gateways.port import (
    BadSignature,
    CaptureSnapshot,
    CheckoutRequest,
    Declined,
    EndpointSnapshot,
    Failure,
    GatewayBug,
    ListedEvent,
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
from store.kit.ids import new_token
from store.kit.money import Money
from tests.gateways.fake_transfers import FakeTransfers

SMALLEST = 50
OPEN, OVER = SnapshotStatus.OPEN, SnapshotStatus.EXPIRED


@dataclass
class Session:
    """One hosted checkout and what became of it."""

    ref: str
    account_ref: str
    asked: dict[str, Any]
    status: SnapshotStatus = OPEN
    failure: Failure | None = None
    settled: bool = False
    redeemed: int = 0
    code: str = ""
    created: datetime = field(default_factory=clock.now)
    refunds: list[RefundSnapshot] = field(default_factory=list)
    reversals: list[Moved] = field(default_factory=list)
    fee_refunds: list[Moved] = field(default_factory=list)

    @property
    def charge(self) -> str:
        """The charge's reference, once there is money."""
        return f"ch_{self.ref}" if self.status == SnapshotStatus.SUCCEEDED and self.due else ""

    @property
    def due(self) -> int:
        """What is to be paid after the code that was typed on the page."""
        return int(self.asked["total"]) - self.redeemed

    @property
    def fee(self) -> int:
        """What is taken for the platform, at most what was paid."""
        return min(int(self.asked["fee"]), self.due)

    def money(self, amount: int) -> Money:
        """An amount in the currency of this payment."""
        return Money(amount, self.asked["currency"])


class FakeGateway:
    """CheckoutGateway and ExpiringGateway."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.discounts: dict[tuple[str, str], int] = {}
        self.refund_keys: dict[str, RefundSnapshot] = {}
        self.events: list[tuple[str, datetime, dict[str, Any]]] = []
        self.endpoints: list[EndpointSnapshot] = []
        self._lost: list[tuple[str, str]] = []
        self.transfers = FakeTransfers(self._fail, lambda charge: self._paid(charge))
        self.transfer, self.reverse_transfer = self.transfers.transfer, self.transfers.reverse_transfer
        self.find_transfers, self.balance = self.transfers.find_transfers, self.transfers.balance

    # What the buyer, the bank and the network do.

    def pay(self, ref: str, *, delayed: bool = False) -> None:
        """The buyer is done; with `delayed` the bank has not answered yet."""
        self.sessions[ref].status = SnapshotStatus.PROCESSING if delayed else SnapshotStatus.SUCCEEDED
        self._emit(ref, "completed")

    def confirm(self, ref: str) -> None:
        """The bank says yes after all."""
        self.sessions[ref].status = SnapshotStatus.SUCCEEDED
        self._emit(ref, "async_payment_succeeded")

    def refuse(self, ref: str, words: str = "The bank declined the payment") -> None:
        """The bank says no after all."""
        self.sessions[ref].status = SnapshotStatus.FAILED
        self.sessions[ref].failure = Failure(f"{ref}:refused", words)
        self._emit(ref, "async_payment_failed")

    def decline(self, ref: str, words: str = "The bank declined the card") -> None:
        """One try fails; the session stays open."""
        self.sessions[ref].failure = Failure(f"{ref}:{words}", words)

    def redeem(self, ref: str, amount: int, code: str = "SAVE") -> None:
        """The buyer types one of the provider's own codes."""
        session = self.sessions[ref]
        assert session.asked["allow_codes"], "this page takes no codes"
        session.redeemed, session.code = min(amount, session.asked["total"]), code

    def run_out(self, ref: str) -> None:
        """The session's time is up."""
        self.sessions[ref].status = OVER
        self._emit(ref, "expired")

    def settle(self, ref: str) -> None:
        """What the provider keeps and passes on is known."""
        self.sessions[ref].settled = True

    def change_refund(self, charge: str, **changes: Any) -> None:
        """Something becomes of the only refund of a charge."""
        session = self._session_of(charge)
        session.refunds = [dataclasses.replace(refund, **changes) for refund in session.refunds]

    def lose(self, call: str, when: str) -> None:
        """Let the answer of the next such call be lost, `before` or `after` its effect."""
        self._lost.append((call, when))

    # The port.

    def freeze_checkout(self, request: CheckoutRequest) -> str:
        return json.dumps(dataclasses.asdict(request), default=datetime.isoformat)

    def freeze_discount(self, request: CheckoutRequest) -> str:
        if not request.discount:
            return ""
        return json.dumps({"id": request.payment_id, "off": request.discount, "currency": request.currency})

    async def make_discount(self, frozen: str, account_ref: str, key: str) -> None:
        self._fail("make_discount", "before")
        self.discounts.setdefault((account_ref, json.loads(frozen)["id"]), json.loads(frozen)["off"])
        self._fail("make_discount", "after")

    async def open_checkout(self, frozen: str, account_ref: str, key: str) -> OpenedCheckout:
        self._fail("open_checkout", "before")
        if key in self.keys:
            first, ref = self.keys[key]
            if first != frozen:
                raise Unavailable("a key can only be used with the same parameters as the first time")
        else:
            asked = json.loads(frozen)
            if asked["discount"] and (account_ref, asked["payment_id"]) not in self.discounts:
                raise GatewayBug(f"no such discount: {asked['payment_id']}")
            if asked["total"] < SMALLEST:
                raise Declined("The amount is too small.")
            ref = f"cs_{new_token()}"
            self.sessions[ref] = Session(ref, account_ref, asked)
            self.keys[key] = (frozen, ref)
        self._fail("open_checkout", "after")
        return OpenedCheckout(ref, f"https://pay.example/{ref}")

    async def fetch_payment(self, ref: str, account_ref: str) -> PaymentSnapshot:
        self._fail("fetch_payment", "before")
        return self._snapshot(self._find(ref, account_ref))

    async def find_payments(
        self, payment_id: str, account_ref: str, since: datetime, until: datetime | None = None
    ) -> Sequence[PaymentSnapshot]:
        self._fail("find_payments", "before")
        return [
            self._snapshot(session)
            for session in self.sessions.values()
            if session.asked["payment_id"] == payment_id
            and session.account_ref == account_ref
            and since <= session.created <= (until or session.created)
        ]

    async def expire(self, ref: str, account_ref: str) -> bool:
        self._fail("expire", "before")
        session = self._find(ref, account_ref)
        was_open = session.status == OPEN
        if was_open:
            session.status = OVER
        self._fail("expire", "after")
        return was_open

    async def fetch_capture(self, ref: str, account_ref: str) -> CaptureSnapshot:
        session = self._session_of(ref, account_ref)
        if not session.settled:
            return CaptureSnapshot(ref, settled=False, refunds=tuple(session.refunds))
        total, fee, kind = session.due, session.fee, session.asked["charge_type"]
        return CaptureSnapshot(
            ref,
            settled=True,
            provider_fee=_moved("txn", ref, session.money(total * 29 // 1000 + 30)),
            transfer=_moved("tr", ref, session.money(total)) if kind == "destination" else None,
            application_fee=_moved("fee", ref, session.money(fee)) if fee and kind != "separate" else None,
            transfer_reversals=tuple(session.reversals),
            fee_refunds=tuple(session.fee_refunds),
            refunds=tuple(session.refunds),
        )

    async def find_application_fee(self, capture_ref: str) -> Moved | None:
        session = next((one for one in self.sessions.values() if one.charge == capture_ref), None)
        if session is None or not session.settled or session.asked["charge_type"] != "direct" or not session.fee:
            return None
        return _moved("fee", capture_ref, session.money(session.fee))

    async def refund(self, request: RefundRequest) -> RefundSnapshot:
        self._fail("refund", "before")
        if request.refund_id in self.refund_keys:
            return self.refund_keys[request.refund_id]
        session = self._session_of(request.capture_ref, request.account_ref)
        left = session.due - sum(refund.amount.amount for refund in session.refunds)
        if request.amount > left:
            raise GatewayBug(f"{request.amount} is more than the {left} that are left")
        session.settled = True
        ref, amount = f"re_{new_token()}", session.money(request.amount)
        made = RefundSnapshot(ref, request.refund_id, request.capture_ref, amount, RefundOutcome.SUCCEEDED)
        self.refund_keys[request.refund_id] = made
        session.refunds.insert(0, made)
        if request.give_back_all and request.charge_type == "destination":
            session.reversals.append(_moved("trr", ref, amount))
        if request.give_back_all and request.fee_taken and request.charge_type != "separate":
            part = session.fee * request.amount // session.due
            session.fee_refunds.append(_moved("fr", ref, session.money(part)))
        self._fail("refund", "after")
        return made

    async def find_refunds(self, capture_ref: str, account_ref: str) -> Sequence[RefundSnapshot]:
        self._fail("find_refunds", "before")
        return list(self._session_of(capture_ref, account_ref).refunds)

    async def list_events(
        self, account_ref: str, since: datetime, types: Sequence[str]
    ) -> AsyncIterator[Sequence[ListedEvent]]:
        self._fail("list_events", "before")
        bodies = [
            json.dumps(event).encode()
            for account, at, event in reversed(self.events)
            if account == account_ref and at >= since and event["type"] in types
        ]
        yield [ListedEvent(self.read_event(body), body) for body in bodies]

    async def list_endpoints(self) -> Sequence[EndpointSnapshot]:
        return self.endpoints

    async def fetch_country(self) -> str:
        return "US"

    def is_away(self) -> bool:
        return False

    def verify_event(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> None:
        if not hmac.compare_digest({k.lower(): v for k, v in headers.items()}.get("seal", ""), _seal(endpoint, body)):
            raise BadSignature("the seal does not fit")

    def read_event(self, body: bytes) -> Notice:
        try:
            event = json.loads(body)
            created = datetime.fromtimestamp(event["created"], UTC)
            facts = event["id"], event["type"], event.get("account", ""), False, event["resource"], created
            return Notice(*facts, payment_ref=event.get("session", ""))
        except (ValueError, KeyError, TypeError):
            return Notice(
                f"unreadable_{hashlib.sha256(body).hexdigest()[:32]}", "unreadable", "", False, "", clock.wall()
            )

    def sign_probe(self, endpoint: str) -> tuple[str, dict[str, str], bytes]:
        event = {"id": f"evt_{new_token()}", "type": "probe", "resource": "probe", "created": clock.wall().timestamp()}
        body = json.dumps(event).encode()
        return event["id"], {"Seal": _seal(endpoint, body)}, body

    def _emit(self, ref: str, what: str) -> None:
        """Something happened to a session."""
        at, account = clock.now(), self.sessions[ref].account_ref
        facts = {"resource": ref, "session": ref, "account": account, "created": at.timestamp()}
        event = {"id": f"evt_{new_token()}", "type": f"checkout.session.{what}", **facts}
        self.events.append((account, at, event))

    def _find(self, ref: str, account_ref: str) -> Session:
        session = self.sessions.get(ref)
        if session is None or session.account_ref != account_ref:
            raise GatewayBug(f"no such session: {ref}")
        return session

    def _session_of(self, charge: str, account_ref: str | None = None) -> Session:
        for session in self.sessions.values():
            if session.charge == charge != "" and account_ref in (None, session.account_ref):
                return session
        raise GatewayBug(f"no such charge: {charge}")

    def _paid(self, charge: str) -> Money:
        session = self._session_of(charge)
        return session.money(session.due)

    def _snapshot(self, session: Session) -> PaymentSnapshot:
        asked, paid = session.asked, session.status == SnapshotStatus.SUCCEEDED
        passed_on = asked["charge_type"] == "destination"
        return PaymentSnapshot(
            ref=session.ref,
            status=session.status,
            amount=session.due,
            currency=asked["currency"],
            payment_id=asked["payment_id"],
            order_id=asked["order_id"],
            account_ref=session.account_ref,
            destination=asked["account_ref"] if session.charge and passed_on else "",
            on_behalf_of=asked["on_behalf_of"] if session.charge else "",
            fee=asked["fee"] if session.charge and asked["charge_type"] != "separate" else 0,
            livemode=False,
            capture_ref=session.charge or ("" if session.due else session.ref),
            method="Visa ending in 4242" if session.charge else "",
            redirect_url=f"https://pay.example/{session.ref}" if session.status == OPEN else "",
            failure=None if paid else session.failure,
            subtotal=sum(item["unit_price"] * item["quantity"] for item in asked["items"]),
            discount=asked["discount"] + session.redeemed,
            code=session.code,
        )

    def _fail(self, call: str, when: str) -> None:
        if (call, when) in self._lost:
            self._lost.remove((call, when))
            raise Unavailable(f"{call}: the answer was lost {when} its effect")


def _moved(kind: str, ref: str, amount: Money) -> Moved:
    return Moved(f"{kind}_{ref}", amount, amount)


def _seal(endpoint: str, body: bytes) -> str:
    return hmac.new(endpoint.encode(), body, hashlib.sha256).hexdigest()
