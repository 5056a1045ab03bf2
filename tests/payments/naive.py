"""The same confirmation as most shops write it: read, look, then act. It shows what the compare-and-set is for."""

from __future__ import annotations

from uuid import UUID

from store.gateways.port import Gateways, SnapshotStatus
from store.kit.db import engine, fetch, fetch_row


async def lay_out(payment_id: UUID) -> None:
    """Scratch tables with the order as this twin sees it: unpaid, ten on the shelf."""
    await engine().run_script("""
        CREATE TABLE naive_order (payment uuid, state text, stock int);
        CREATE TABLE naive_effect (kind text);
    """)
    await fetch("INSERT INTO naive_order VALUES ($1, 'awaiting_payment', 10)", payment_id)


async def clear_away() -> None:
    """Drop the scratch tables."""
    await engine().run_script("DROP TABLE IF EXISTS naive_order, naive_effect")


async def confirm_naively(gateways: Gateways, payment_id: UUID) -> None:
    """Confirm a payment without a guard: correct when alone, wrong in company."""
    order = await fetch_row("SELECT state FROM naive_order WHERE payment = $1", payment_id)
    payment = await fetch_row("SELECT provider_ref, account_ref FROM payment WHERE id = $1", payment_id)
    assert order is not None
    assert payment is not None
    snapshot = await gateways.stripe.fetch_payment(payment["provider_ref"], payment["account_ref"])
    if snapshot.status == SnapshotStatus.SUCCEEDED and order["state"] != "paid":
        await fetch("UPDATE naive_order SET state = 'paid', stock = stock - 1 WHERE payment = $1", payment_id)
        for kind in ("journal", "mail"):
            await fetch("INSERT INTO naive_effect VALUES ($1)", kind)
