"""What the provider was asked for goes with the order it was for, and not while it may have to be sent again."""

from __future__ import annotations

import asyncpg
import pytest

from store.kit.db import fetch, savepoint
from store.payments.service.erase import erase_requests
from tests.facts import value
from tests.guards import unguarded
from tests.people import sign_in_as
from tests.world import World

UNFROZEN = ("ALTER TABLE orders DISABLE TRIGGER orders_frozen", "ALTER TABLE payment DISABLE TRIGGER payment_moves")
BUYER_GONE = (
    "UPDATE person SET email = NULL, email_key = NULL, password_hash = '', deleted_at = now()"
    " WHERE id = (SELECT person FROM orders)"
)
ERASED = "UPDATE orders SET email = ''"


async def place_signed_in(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.add("KILN-MUG-BLUE")
    await ada.check_out()


async def test_request_goes_when_its_order_was_erased_and_its_attempt_is_known(world: World) -> None:
    await place_signed_in(world)
    assert await erase_requests() == 0

    async with unguarded(*UNFROZEN, BUYER_GONE, ERASED):
        await fetch("UPDATE payment SET status = 'created'")
        early = await erase_requests()
        await fetch("UPDATE payment SET status = 'abandoned'")
        late = await erase_requests()

        assert (early, late, await erase_requests()) == (0, 1, 0)
        assert await value("SELECT request FROM payment") == ""


@pytest.mark.parametrize("status", ["created", "pending"])
async def test_database_refuses_to_erase_a_request_that_may_be_sent_again_or_whose_order_stays(
    world: World, status: str
) -> None:
    await place_signed_in(world)
    erase = "UPDATE payment SET request = ''"

    async with unguarded(*UNFROZEN, *([ERASED] if status == "created" else [])):
        await fetch("UPDATE payment SET status = $1", status)
        with pytest.raises(asyncpg.RaiseError, match="is frozen"):
            async with savepoint():
                await fetch(erase)
        await fetch("DROP TRIGGER payment_frozen ON payment")
        await fetch(erase)
