"""The same transfer as it is often written: look whether it was made, make it, write that down. For controls only."""

from __future__ import annotations

from uuid import UUID, uuid4

from store.gateways.port import Gateways
from store.gateways.transfers import TransferRequest
from store.kit.db import engine, fetch, fetch_row


async def lay_out(amount: int) -> None:
    """A scratch table with one share that is not passed on."""
    await engine().run_script("CREATE TABLE naive_share (sent boolean, amount bigint)")
    await fetch("INSERT INTO naive_share VALUES (false, $1)", amount)


async def clear_away() -> None:
    """Drop the scratch table."""
    await engine().run_script("DROP TABLE IF EXISTS naive_share")


async def send_naively(gateways: Gateways, order_id: UUID, account: str, charge: str, group: str) -> None:
    """Pass a share on without a row of its own and without its key: right when alone and alive."""
    share = await fetch_row("SELECT * FROM naive_share")
    assert share is not None
    if not share["sent"]:
        request = TransferRequest(str(uuid4()), str(order_id), account, share["amount"], "USD", charge, group)
        await gateways.stripe.transfer(request, str(uuid4()))
        await fetch("UPDATE naive_share SET sent = true")
