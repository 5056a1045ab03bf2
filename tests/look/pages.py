"""Sample views for pages that are looked at without a database: one order, one checkout group, in every state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from store.cart.queries import CheckoutGroup, GroupLine, GroupVendor
from store.kit.web.templates import make_environment
from store.orders.queries import OrderLineView, OrderPage, StatusView, TimelineEntry, VendorPart
from tests.look.markup import STATIC, TEMPLATES

PLACED = datetime(2026, 3, 4, 16, 5, tzinfo=UTC)
SOME_ID = UUID(int=7)


@dataclass(frozen=True)
class Demo:
    """What templates read of the settings."""

    demo: bool = True
    stripe_api_base: str = "http://127.0.0.1:8001"
    paypal: bool = False


ENVIRONMENT = make_environment(TEMPLATES, STATIC, settings=Demo())


def render(template: str, view: object, **frame: Any) -> str:
    """A template with its view and a frame, as `Pages` renders it."""
    context = {"badge": 0, "flash": (), "request_id": "R", **frame, "view": view}
    return ENVIRONMENT.get_template(template).render(context)


def make_status(state: str = "awaiting_payment", **changes: Any) -> StatusView:
    """The polled region of order OP-7K3M9; it polls every 2 s unless `changes` says otherwise."""
    values: dict[str, Any] = {
        "token": "tok", "number": "OP-7K3M9", "state": state, "label": "Waiting for payment",
        "sentence": "We are waiting for Stripe to confirm.", "tone": "info", "terminal": False,
        "interval": 2000, "slow": False, "can_check": True, "can_pay": True, "pay_label": "Return to payment",
        "can_cancel": True, "rebuild_cart": False, "paid_at": None,
        "timeline": (TimelineEntry(PLACED, "Order placed", ""),), "etag": "e",
    }  # fmt: skip
    return StatusView(**{**values, **changes})


def make_paid() -> StatusView:
    """The same order, paid: nothing to wait for."""
    return make_status(
        "paid", label="Paid", sentence="Payment received. Kiln & Co is preparing your order.", tone="ok",
        terminal=True, interval=None, can_check=False, can_pay=False, can_cancel=False, paid_at=PLACED,
    )  # fmt: skip


def make_order(status: StatusView) -> OrderPage:
    """The order page around a status."""
    line = OrderLineView("Enamel mug", "Blue", "enamel-mug", "enamel-mug", 2, 2400, 4800)
    part = VendorPart("Kiln & Co", "kiln-co", "blue-sun", "hello@kiln.example", 4800, 600, 5400, "to_ship", (line,))
    return OrderPage(
        title=f"{status.label} - Order OP-7K3M9", number="OP-7K3M9", token="tok", placed_at=PLACED,
        email="ada@example.com", full_name="Ada <b>Lovelace</b>", address=("Ada <b>Lovelace</b>", "1 Row", "GB"),
        currency="USD", subtotal=4800, delivery=600, total=5400, refunded=0, method="", descriptor="OVERPRINT* OP",
        vendors=(part,), status=status,
    )  # fmt: skip


def make_group() -> CheckoutGroup:
    """One vendor's goods, ready for checkout."""
    line = GroupLine(
        line_id=SOME_ID, variant_id=SOME_ID, product_slug="enamel-mug", title="Enamel mug", variant_label="Blue",
        sku="MUG", art="enamel-mug", vendor_id=SOME_ID, quantity=2, unit_price=2400, seen_price=2400, total=4800,
        problem="", available=5,
    )  # fmt: skip
    vendor = GroupVendor(
        id=SOME_ID, slug="kiln-co", name="Kiln & Co", ink="blue-sun", email="v@example.com", country="US",
        charge_type="destination", account_ref="acct_1", fee_basis_points=1000, fee_fixed=0, currency="USD",
        subtotal=4800, delivery=600, total=5400, lines=(line,),
    )  # fmt: skip
    return CheckoutGroup(
        key="platform-USD", charge_type="destination", currency="USD", vendors=(vendor,), subtotal=4800,
        delivery=600, total=5400, reason="", blocked="", changed=False, goods_hash="h", seen="s",
    )  # fmt: skip
