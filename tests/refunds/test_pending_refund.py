"""Refunds that take their time or come to nothing: shown as they stand, and a person is asked when money came back."""

from __future__ import annotations

from store.doctor.checks import check_reviews
from store.gateways.port import RefundOutcome
from store.payments.states import Door
from store.refunds.service import sync_refunds
from tests.facts import assert_books_agree, mails, make_due, path_of, posted, the_order, timeline, value
from tests.payments.buying import MUG, break_calls, end_too_early, mend, place, sell_out
from tests.payments.test_delayed import fail_for_good, plain
from tests.stall import Stall
from tests.world import Browser, World, rows

REFUNDS = "/v1/refunds"


async def take_too_late(world: World) -> Browser:
    """A payment for an order that is over and whose goods are gone; the provider does not answer about its refund."""
    ada, url = await end_too_early(world, (MUG,))
    await sell_out((MUG,))
    await break_calls(world, REFUNDS)
    await world.pay(url)
    await world.deliver()
    await world.advance(20)
    await world.deliver()
    return ada


async def pay_twice(stall: Stall) -> str:
    """An order that is paid by its second attempt and whose first one is given back; returns that one's charge."""
    ada, first = await fail_for_good(stall)
    second = (await ada.post(f"{await path_of()}/pay")).headers["location"].rpartition("/")[2]
    stall.fake.pay(second)
    await stall.look(second)
    stall.fake.confirm(first)
    await stall.look(first)
    return f"ch_{first}"


async def test_buyer_reads_that_the_money_is_coming_when_the_provider_does_not_answer_yet(world: World) -> None:
    ada = await take_too_late(world)

    page = (await ada.get(await path_of())).text

    assert await ada.status(await path_of()) == "Refund on its way"
    assert "Your payment arrived after this order had ended, so nothing will be sent." in page
    assert "$30.00 is going back to the card you paid with." in page
    assert (await the_order())["refund_pending"] == 3000
    assert await value("SELECT state FROM operation") == "waiting"


async def test_operation_goes_on_under_the_same_key_when_the_provider_answers_again(world: World) -> None:
    await take_too_late(world)
    refused = len(await posted(world, REFUNDS))
    await mend(world)

    await make_due("operation")
    await world.settle()

    keys = [request["idempotency_key"] for request in await posted(world, REFUNDS)]
    assert len(keys) > refused > 0
    assert set(keys) == {str(await value("SELECT id FROM refund"))}
    assert await value("SELECT state FROM operation") == "done"
    await assert_books_agree(world)


async def test_refund_is_on_its_way_when_the_balance_is_too_small_for_it(world: World) -> None:
    """The whole amount was passed on and the platform has only its fee: Stripe keeps such a refund pending."""
    ada, url = await place(world)
    await world.pay(url)
    await world.settle()
    charge = (await world.truth("captures"))[0]["ref"]

    answer = await world.console.post(
        REFUNDS, data={"charge": charge}, headers={"Authorization": "Bearer sk_test_overprint"}
    )
    await world.deliver()

    assert answer.json()["status"] == "pending"
    assert await value("SELECT status FROM refund") == "pending"
    assert not await rows("SELECT 1 FROM ledger_tx WHERE kind = 'refund'")
    order = await the_order()
    assert (order["refund_pending"], order["refunded"]) == (3000, 0)
    assert await ada.status(await path_of()) == "Refund on its way"
    assert "refunded" not in {kind for kind, _, _ in await mails()}
    await assert_books_agree(world)


async def test_person_is_asked_and_the_ledger_put_back_when_a_refund_fails_days_later(stall: Stall) -> None:
    charge = await pay_twice(stall)
    capture = await value("SELECT id FROM capture WHERE kind = 'surplus'")
    stall.fake.change_refund(charge, outcome=RefundOutcome.FAILED, reason="lost_or_stolen_card", came_back=True)

    for _ in range(2):
        await sync_refunds(stall.gateways, capture)

    assert await value("SELECT status FROM refund") == "failed"
    assert await value("SELECT refunded FROM capture WHERE kind = 'surplus'") == 0
    order = await the_order()
    assert order["payment_state"] == "paid"
    words = "A refund of $30.00 failed: the card was reported lost or stolen"
    assert words in order["review_reason"]
    kinds = [row["kind"] for row in await rows("SELECT kind FROM ledger_tx WHERE kind LIKE 'refund%' ORDER BY id")]
    assert kinds == ["refund", "refund_failed"]
    assert [text for _, text in await timeline()].count(f"{words}.") == 1
    await stall.worker.drain()
    assert [kind for kind, _, _ in await mails()].count("refund_failed") == 1
    assert "came back to us: the card was reported lost or stolen" in plain(stall.letters[-1])
    found = await check_reviews()
    assert not found.ok
    assert f"{order['number']}: {words}" in found.detail
    page = (await stall.clients[0].get(await path_of())).text
    assert f"{words}." in page
    assert "Something about the money of this order is being checked by a person, who will email you." in page


async def test_refund_stays_done_when_an_older_state_is_seen_again(stall: Stall) -> None:
    stall.fake.change_refund(await pay_twice(stall), outcome=RefundOutcome.PENDING)

    await sync_refunds(stall.gateways, await value("SELECT id FROM capture WHERE kind = 'surplus'"))

    assert await value("SELECT status FROM refund") == "succeeded"
    assert await stall.look(door=Door.SWEEP) == "succeeded"
