"""The outbox: written once, sent once, and a mail server that is down stops nothing but the mail."""

from __future__ import annotations

from tests.facts import mails
from tests.world import World


async def test_buyer_and_vendor_are_mailed_once_when_an_order_is_paid(world: World) -> None:
    await world.browser().buy("KILN-MUG-BLUE")

    await world.settle()
    await world.settle()

    assert await mails() == [
        ("order_confirmed", "ada@example.com", "done"),
        ("sold", "vera@kiln.example", "done"),
    ]
    assert len(world.sandbox.state.mailbox.list_mails()) == 2
