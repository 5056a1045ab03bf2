"""The doctor names what is wrong with transfers: planted violations are found, and what is as it should be is not."""

from __future__ import annotations

import pytest

from store.doctor.books import COMPARISONS, read_books
from store.doctor.passing_on import check_reversals, check_transfers
from store.kit import clock
from store.kit.db import engine, fetch
from tests.facts import broken, ledger_balances, one, the_order, value
from tests.invariants import EVERYTHING
from tests.payments.buying import MUG, break_calls, mend
from tests.payouts.passing import REVERSALS, TRANSFERS, account_of, buy_two, change_account, place_two
from tests.refunds.refunding import refund_there, wait_for_money
from tests.world import World

PLANTED = "planted, and what hangs on it"


async def plant(*statements: str) -> None:
    """Write past every trigger, in one session."""
    await engine().run_script(
        "BEGIN; SET LOCAL session_replication_role = replica; " + "; ".join(statements) + "; COMMIT"
    )


@pytest.mark.leaves_broken({"I13", "I11"}, PLANTED)
async def test_vendor_is_named_when_more_than_its_share_was_passed_on(world: World) -> None:
    await buy_two(world)
    assert await broken("I13") == []

    await plant("UPDATE transfer SET amount = amount + 1 WHERE id = (SELECT id FROM transfer LIMIT 1)")

    assert await broken("I13") == [(await the_order())["number"]]


@pytest.mark.leaves_broken({"I14"}, PLANTED)
async def test_transfer_is_named_when_its_reversals_are_not_what_it_counts(world: World) -> None:
    capture = await buy_two(world)
    await refund_there(world, capture, amount=200)
    await wait_for_money(world)
    assert await broken("I14") == []

    await plant("UPDATE transfer_reversal SET amount = 99999 WHERE id = (SELECT id FROM transfer_reversal LIMIT 1)")

    assert len(await broken("I14")) == 2


@pytest.mark.leaves_broken({"I10", "I11", "I13"}, PLANTED)
async def test_transfer_is_named_when_it_has_no_journal_and_journal_when_it_has_no_transfer(world: World) -> None:
    await buy_two(world)
    ref = await value("SELECT transfer_ref FROM transfer ORDER BY id LIMIT 1")

    await plant(f"UPDATE transfer SET transfer_ref = 'tr_x' WHERE transfer_ref = '{ref}'")

    assert sorted(await broken("I10")) == sorted(["tr_x", f"stripe transfer {ref}"])


@pytest.mark.leaves_broken({"I21"}, PLANTED)
async def test_transfer_is_named_when_nobody_will_look_at_it(world: World) -> None:
    await break_calls(world, TRANSFERS, status=400)
    await buy_two(world)
    await mend(world)
    row = await one("SELECT id FROM transfer ORDER BY id LIMIT 1")

    await fetch("UPDATE transfer SET look_at = NULL WHERE id = $1", row["id"])

    assert await broken("I21") == [f"transfer {row['id']}"]


async def test_transfer_is_named_when_the_provider_has_taken_back_what_we_do_not_know_of(world: World) -> None:
    await buy_two(world)
    ref = await value("SELECT transfer_ref FROM transfer ORDER BY id LIMIT 1")
    assert await differences(world, "I13") == []

    headers = {"Authorization": "Bearer sk_test_overprint"}
    made = await world.console.post(f"/v1/transfers/{ref}/reversals", data={"amount": 5}, headers=headers)

    assert made.status_code == 200, made.text
    assert await differences(world, "I13") == [ref]


async def test_waiting_share_is_named_when_the_vendors_account_cannot_receive_it(world: World) -> None:
    assert (await check_transfers()).ok
    _, url = await place_two(world)
    await change_account(world, await account_of(MUG), "rejected")
    await world.pay(url)
    await world.settle()

    seen = await check_transfers()

    assert not seen.ok
    assert seen.detail.startswith(f"1 waiting, first {(await the_order())['number']} for Kiln")
    assert "cannot receive money at the moment" in seen.detail


async def test_reversal_is_named_when_it_waits_for_longer_than_it_should(world: World) -> None:
    assert (await check_reversals()).detail == "none waits"
    capture = await buy_two(world)
    await break_calls(world, REVERSALS, status=400)
    await refund_there(world, capture, amount=500)
    await world.settle()
    assert not (await check_reversals()).ok, "nobody knows why Stripe refuses: that does not pass by itself"

    await fetch("UPDATE transfer_reversal SET hold = 'balance'")
    at_first = await check_reversals()
    await world.advance(8 * 86400)
    later = await check_reversals()

    assert (at_first.ok, at_first.detail) == (True, "2 wait for a seller's balance")
    assert not later.ok
    assert later.detail.startswith(f"2 waiting, first {(await the_order())['number']} of ")
    assert "next: see with the vendor how it pays what it owes" in later.detail
    await mend(world)


async def test_reversal_is_named_when_its_outcome_is_unknown_for_a_day(world: World) -> None:
    capture = await buy_two(world)
    await break_calls(world, REVERSALS, when="after")
    await refund_there(world, capture, amount=500)
    await world.settle()
    assert (await check_reversals()).ok

    await world.advance(25 * 3600)

    found = await check_reversals()
    assert not found.ok
    assert "what became of it at the provider is not known" in found.detail


async def test_our_books_are_what_the_provider_answers_when_it_is_asked_by_the_port(world: World) -> None:
    """I11 as in production, without the sandbox's truth: available, pending and reserved together."""
    await buy_two(world)
    ours = await ledger_balances()

    for holder in {holder for holder, _ in ours}:
        there = await world.gateways.stripe.balance("" if holder == "platform" else holder)
        assert {(holder, money.currency): money.amount for money in there if money.amount} == {
            key: amount for key, amount in ours.items() if key[0] == holder
        }


async def differences(world: World, name: str) -> list[str]:
    """The rows in which our books and the provider's differ."""
    (chosen,) = (one for one in COMPARISONS if one.name == name)
    books = await read_books(world.console, world.settings.stripe_secret_key)
    return [row for row, _ in await chosen.find(books, clock.now() + EVERYTHING)]
