"""PayPal's payouts in memory, an order that was paid there, and what became of its shares."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from store.gateways.payouts import BatchStatus, ItemStatus, PayoutRequest, PayoutSnapshot
from store.gateways.port import GatewayBug, PaymentSnapshot, RefundOutcome, RefundSnapshot, SnapshotStatus
from store.kit import clock
from store.kit.db import fetch
from store.kit.ids import new_id
from store.kit.money import Money
from store.payments.service.apply import apply_snapshot
from store.payments.states import Door, PaymentStatus
from store.payments.tables import Payment
from store.payouts.service import sync_payout
from store.refunds.service import sync as refunds
from tests.facts import one
from tests.orders.ordering import fill_cart, place
from tests.payments.buying import MUG
from tests.stall import Stall
from tests.world import rows

DAY = 86400
HELD_DAYS = 3
FEE = 25


@dataclass
class FakePayouts:
    """PayoutGateway. `begins` is what a new item gets; `refusals` what the next calls raise; `keys`: who asked."""

    made: dict[str, PayoutSnapshot] = field(default_factory=dict)
    asked: list[PayoutRequest] = field(default_factory=list)
    keys: dict[str, PayoutRequest] = field(default_factory=dict)
    refusals: list[Exception] = field(default_factory=list)
    looks: int = 0
    # Raised when the effect has taken place.
    lost: list[Exception] = field(default_factory=list)
    begins: ItemStatus = ItemStatus.PENDING

    async def send_payout(self, request: PayoutRequest, key: str) -> PayoutSnapshot:
        assert self.keys.setdefault(key, request) == request, f"{key} was used for another body"
        self.asked.append(request)
        if self.refusals:
            raise self.refusals.pop(0)
        if request.payout_id not in self.made:
            number = len(self.made) + 1
            self.made[request.payout_id] = PayoutSnapshot(
                batch_ref=f"BATCH{number}",
                payout_id=request.payout_id,
                batch=BatchStatus.PROCESSING,
                receiver=request.receiver,
                amount=Money(request.amount, request.currency),
                item=self.begins,
                item_ref=f"ITEM{number}" if self.begins != ItemStatus.ABSENT else "",
                fee=Money(FEE, request.currency),
            )
        if self.lost:
            raise self.lost.pop(0)
        return self.made[request.payout_id]

    async def fetch_payout(self, batch_ref: str) -> PayoutSnapshot:
        made = self._find(lambda made: made.batch_ref == batch_ref)
        # What an item says is not shown before there is one.
        return made if made.item_ref else replace(made, receiver="", fee=None)

    async def fetch_payout_item(self, item_ref: str) -> PayoutSnapshot:
        return self._find(lambda made: made.item_ref == item_ref)

    async def cancel_payout_item(self, item_ref: str) -> PayoutSnapshot:
        made = self._find(lambda made: made.item_ref == item_ref)
        if made.item != ItemStatus.UNCLAIMED:
            raise GatewayBug("only what is unclaimed can be canceled")
        return self.become(made.payout_id, ItemStatus.RETURNED)

    def become(self, payout_id: Any, item: ItemStatus, **facts: Any) -> PayoutSnapshot:
        """Something becomes of one payout there."""
        made = self.made[str(payout_id)]
        name = made.item_ref or f"ITEM-{made.batch_ref}"
        self.made[str(payout_id)] = replace(
            made, **{"item": item, "item_ref": name, "batch": BatchStatus.SUCCESS, **facts}
        )
        return self.made[str(payout_id)]

    def _find(self, wanted: Any) -> PayoutSnapshot:
        self.looks += 1
        found = [made for made in self.made.values() if wanted(made)]
        if not found:
            raise GatewayBug("there is no such payout")
        return found[0]

    def is_away(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AssertionError(f"nothing here asks for {name}")


def add_paypal(stall: Stall) -> FakePayouts:
    """Give this shop's worker PayPal beside Stripe."""
    fake = FakePayouts()
    stall.gateways = stall.worker.gateways = replace(stall.gateways, paypal=fake)  # type: ignore[arg-type]
    return fake


async def give_address(email: str = "kiln@paypal.example", sku: str = "") -> None:
    """Whoever sells this, or everybody, has verified this PayPal address."""
    await fetch(
        "UPDATE vendor SET payout_email = $1, payout_email_at = $2 WHERE $3 = '' OR id IN (SELECT product.vendor"
        " FROM product JOIN variant ON variant.product = product.id WHERE sku = $3)",
        *(email, clock.now(), sku),
    )


async def buy_by_paypal(stall: Stall, *skus: str, quantity: int = 1, form_id: str = "form-0001") -> dict[str, Any]:
    """Ada has paid these goods at PayPal; returns the row of the money."""
    lines = [((await one("SELECT id FROM variant WHERE sku = $1", sku))["id"], quantity) for sku in skus or (MUG,)]
    order = await place(await fill_cart(*lines), form_id=form_id)
    payment_id = new_id()
    await Payment.insert(
        Payment(
            id=payment_id,
            order=order["id"],
            token=f"token-{payment_id}",
            provider="paypal",
            charge_type="separate",
            amount=order["total"],
            subtotal=order["total"],
            currency=order["currency"],
            fee=0,
            request="{}",
            provider_ref=f"ORDER-{payment_id}",
            payee_ref="OVERPRINT2222",
            expires_at=clock.now(),
            check_at=clock.now(),
        )
    )
    await fetch("UPDATE payment SET status = $2 WHERE id = $1", payment_id, str(PaymentStatus.PENDING))
    paid = PaymentSnapshot(
        ref=f"ORDER-{payment_id}",
        status=SnapshotStatus.SUCCEEDED,
        amount=order["total"],
        subtotal=order["total"],
        currency=order["currency"],
        payment_id=str(payment_id),
        order_id=str(order["id"]),
        account_ref="",
        destination="",
        fee=0,
        livemode=False,
        capture_ref=f"CAPTURE-{payment_id}",
        method="paypal",
        payee_ref="OVERPRINT2222",
    )
    assert await apply_snapshot(stall.gateways, payment_id, paid, Door.WEBHOOK) == "succeeded"
    # What PayPal keeps is the payments' to find out.
    await fetch("UPDATE capture SET settled = true, settle_at = NULL, refunds_at = NULL WHERE settle_at IS NOT NULL")
    return await one("SELECT * FROM capture WHERE payment = $1", payment_id)


async def refund_there(
    capture: dict[str, Any], amount: int, outcome: RefundOutcome = RefundOutcome.SUCCEEDED, ref: str = "REFUND1"
) -> None:
    """Somebody gives `amount` back at PayPal, and we see it."""
    gone = outcome in (RefundOutcome.FAILED, RefundOutcome.CANCELED)
    seen = RefundSnapshot(ref, "", capture["capture_ref"], Money(amount, capture["currency"]), outcome, came_back=gone)
    await refunds._apply(capture, refunds.CaptureSnapshot(capture["capture_ref"], settled=True, refunds=(seen,)))
    await fetch("UPDATE capture SET refunds_at = NULL WHERE id = $1 AND NOT EXISTS (SELECT FROM refund"
                " WHERE capture = $1 AND status = 'pending')", capture["id"])  # fmt: skip


async def payouts() -> list[dict[str, Any]]:
    """Every payout, oldest first."""
    return await rows("SELECT * FROM payout ORDER BY created_at, id")


async def pay_out(stall: Stall, days: int = HELD_DAYS) -> list[dict[str, Any]]:
    """Let days pass and the worker do what is due then; returns the payouts."""
    stall.advance(days * DAY + 60)
    await stall.worker.drain(sweep=True)
    return await payouts()


async def become(stall: Stall, fake: FakePayouts, payout_id: Any, item: ItemStatus, **facts: Any) -> dict[str, Any]:
    """Something becomes of a payout there, and its event arrives; returns the row."""
    fake.become(payout_id, item, **facts)
    await sync_payout(stall.gateways, payout_id)
    return await one("SELECT * FROM payout WHERE id = $1", payout_id)


async def balance(account: str) -> int:
    """What one account of the ledger holds, debit positive."""
    found = await one("SELECT coalesce(sum(amount), 0)::bigint AS sum FROM ledger_entry WHERE account = $1", account)
    return int(found["sum"])
