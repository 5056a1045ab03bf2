"""The database's own copy of the allowed moves is that of the slices' `states.py`, machine by machine (I18)."""

from __future__ import annotations

import pytest

from store.disputes.states import DISPUTE
from store.kit.lifecycle import Lifecycle
from store.orders.states import FULFILMENT, ORDER
from store.payments.states import PAYMENT
from store.payouts.states import PAYOUT, REVERSAL, TRANSFER
from store.refunds.states import REFUND
from store.vendors.states import VENDOR
from tests.world import rows


@pytest.mark.parametrize(
    "lifecycle",
    [DISPUTE, FULFILMENT, ORDER, PAYMENT, PAYOUT, REFUND, REVERSAL, TRANSFER, VENDOR],
    ids=lambda one: one.machine,
)
async def test_moves_are_the_same_in_code_and_database(db: str, lifecycle: Lifecycle) -> None:
    listed = await rows(
        "SELECT from_state, to_state FROM allowed_move WHERE machine = $1 ORDER BY from_state, to_state",
        lifecycle.machine,
    )

    assert [tuple(move.values()) for move in listed] == lifecycle.pairs()


async def test_no_other_machine_is_guarded(db: str) -> None:
    assert [row["machine"] for row in await rows("SELECT DISTINCT machine FROM allowed_move ORDER BY machine")] == [
        "dispute",
        "fulfilment",
        "order",
        "payment",
        "payout",
        "refund",
        "transfer",
        "transfer_reversal",
        "vendor",
    ]
