"""Transfers whose answer was lost, or that were refused: looked for before they are sent again, rarer and rarer."""

from __future__ import annotations

from store.kit import clock
from store.payouts.service import send_transfer
from store.payouts.sweep import BATCH, LOOKS, TAKE, sweep_transfers
from tests.facts import assert_books_agree, posted, value
from tests.payments.buying import MUG, break_calls, mend
from tests.payouts.passing import TRANSFERS, account_of, buy_two, change_account, place_two, transfers
from tests.world import World, rows


async def test_looks_grow_rarer_when_the_provider_does_not_answer(world: World) -> None:
    await break_calls(world, TRANSFERS, method="*")
    await buy_two(world)
    minutes = []

    for _ in range(4):
        await rows("UPDATE transfer SET look_at = $1 RETURNING id", clock.now())
        await rows(TAKE.format(table="transfer"), clock.now(), list(LOOKS), len(LOOKS), BATCH)
        minutes.append(await minutes_to("SELECT look_at FROM transfer ORDER BY id LIMIT 1"))

    assert minutes == [1, 5, 60, 60]
    await sweep_transfers(world.gateways)
    assert {row["state"] for row in (await transfers()).values()} == {"intended"}


async def test_transfer_is_found_and_not_sent_again_when_its_answer_was_lost(world: World) -> None:
    await break_calls(world, TRANSFERS, method="POST", when="after")
    await buy_two(world)
    assert {row["state"] for row in (await transfers()).values()} == {"intended"}
    await mend(world)
    sent = len(await posted(world, TRANSFERS))

    await world.advance(3700)
    await world.settle()

    assert {row["state"] for row in (await transfers()).values()} == {"done"}
    assert len(await posted(world, TRANSFERS)) == sent
    assert len(await world.truth("transfers")) == 2
    await assert_books_agree(world)


async def test_other_key_is_used_when_the_first_is_a_day_old_and_led_to_nothing(world: World) -> None:
    await break_calls(world, TRANSFERS)
    await buy_two(world)
    await mend(world)

    await world.advance(25 * 3600)
    await world.settle()

    made = (await transfers()).values()
    assert {(row["state"], row["attempt"]) for row in made} == {("done", 2)}
    keys = {request["idempotency_key"] for request in await posted(world, TRANSFERS) if request["status"] == 200}
    assert keys == {f"{row['id']}:2" for row in made}
    await assert_books_agree(world)


async def test_refused_transfer_is_tried_rarer_and_rarer_when_nothing_changes(world: World) -> None:
    _, url = await place_two(world)
    mug = await account_of(MUG)
    await change_account(world, mug, "rejected")
    assert (await world.pay(url)).status_code == 303
    await world.settle()
    waiting = (await transfers())[mug]
    look = f"SELECT look_at FROM transfer WHERE id = '{waiting['id']}'"
    minutes = [await minutes_to(look)]

    for _ in range(4):
        await send_transfer(world.gateways, waiting["id"])
        minutes.append(await minutes_to(look))

    assert minutes == [10, 60, 360, 1440, 1440]
    assert {row["state"] for row in (await transfers()).values()} == {"waiting", "done"}


async def minutes_to(sql: str) -> int:
    """How many minutes of business time from now, to the nearest."""
    return round((await value(sql) - clock.now()).total_seconds() / 60)
