"""Banks that answer days later: complete is not paid, no is told, and a late yes is money all the same."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from store.doctor.checks import check_reviews
from store.payments.service.delayed import BANK_DEADLINE
from store.payments.states import Door
from tests.facts import (
    NEVER,
    ONCE,
    assert_stock_adds_up,
    count_effects,
    mails,
    path_of,
    stock_of,
    the_order,
    the_payment,
    timeline,
    value,
)
from tests.payments.buying import MUG, sell_out
from tests.stall import Stall
from tests.world import Browser, rows

BANK_SECONDS = int(BANK_DEADLINE.total_seconds())


async def place(stall: Stall) -> tuple[Browser, str]:
    """Ada at the payment page: her browser and the session's reference."""
    ada = stall.browser()
    await ada.add(MUG)
    url = await ada.check_out()
    return ada, url.rpartition("/")[2]


async def wait_for_the_bank(stall: Stall) -> tuple[Browser, str]:
    """Ada is done; her bank has not answered yet."""
    ada, ref = await place(stall)
    stall.fake.pay(ref, delayed=True)
    assert await stall.look() == "processing"
    return ada, ref


async def fail_for_good(stall: Stall) -> tuple[Browser, str]:
    """The bank of a delayed method has said no."""
    ada, ref = await place(stall)
    stall.fake.pay(ref, delayed=True)
    await stall.look()
    stall.fake.refuse(ref, "The bank refused the debit")
    await stall.look()
    return ada, ref


async def test_order_waits_for_the_bank_when_the_session_is_complete_and_unpaid(stall: Stall) -> None:
    ada, ref = await place(stall)
    stall.fake.pay(ref, delayed=True)

    assert await stall.look() == "processing"

    assert await ada.status(await path_of()) == "Payment processing"
    assert await count_effects() == NEVER
    assert await stock_of(MUG) == (40, 1, 0)
    assert (await timeline())[-1] == ("webhook", "The bank is still confirming.")


async def test_no_other_attempt_opens_when_one_is_complete_and_unpaid(stall: Stall) -> None:
    ada, ref = await place(stall)
    stall.fake.pay(ref, delayed=True)
    await stall.look()

    again = await ada.post(f"{await path_of()}/pay")
    same = await ada.post("/checkout", **(await ada.checkout_form()))
    changed = await ada.post("/checkout", **(await ada.checkout_form(city="Paris")))
    cancelled = await ada.post(f"{await path_of()}/cancel")

    for answer in (again, same, changed, cancelled):
        assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    assert await value("SELECT count(*) FROM payment") == 1
    assert await value("SELECT count(*) FROM orders") == 1
    assert (await the_order())["payment_state"] == "processing"


async def test_no_other_order_opens_when_the_older_one_turns_out_to_be_waiting_for_its_bank(stall: Stall) -> None:
    ada, ref = await place(stall)
    stall.fake.pay(ref, delayed=True)

    answer = await ada.post("/checkout", **(await ada.checkout_form(city="Paris")))

    assert answer.headers["location"] == await path_of()
    assert await value("SELECT count(*) FROM orders") == 1
    assert (await the_payment())["status"] == "processing"


@pytest.mark.parametrize("days", [0, 9])
async def test_order_is_paid_when_the_bank_says_yes_days_later(stall: Stall, days: int) -> None:
    ada, ref = await place(stall)
    stall.fake.pay(ref, delayed=True)
    await stall.look()
    stall.advance(days * 86_400)
    await stall.worker.drain(sweep=True)
    assert (await the_order())["payment_state"] == "processing"
    assert await stock_of(MUG) == (40, 1, 0)

    stall.fake.confirm(ref)
    await stall.look()

    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE


async def test_goods_are_kept_until_the_long_deadline_when_the_bank_is_silent(stall: Stall) -> None:
    ada, _ = await wait_for_the_bank(stall)
    stall.advance(BANK_SECONDS - 60)
    await stall.worker.drain(sweep=True)
    assert ((await the_order())["payment_state"], await stock_of(MUG)) == ("processing", (40, 1, 0))

    stall.advance(120)
    await stall.worker.drain(sweep=True)

    order = await the_order()
    assert (order["payment_state"], order["review_reason"]) == (
        "needs_review",
        "the bank has not answered for 21 days",
    )
    assert await stock_of(MUG) == (40, 0, 0)
    await assert_stock_adds_up()
    assert await ada.status(await path_of()) == "Being checked"
    assert not (await check_reviews()).ok
    assert (await the_payment())["status"] == "processing"
    await ada.post(f"{await path_of()}/pay")
    assert await value("SELECT count(*) FROM payment") == 1


@pytest.mark.parametrize("left", [True, False])
async def test_either_answer_counts_when_the_bank_gives_it_after_the_long_deadline(stall: Stall, left: bool) -> None:
    ada, ref = await wait_for_the_bank(stall)
    stall.advance(BANK_SECONDS + 60)
    await stall.worker.drain(sweep=True)
    if not left:
        await sell_out((MUG,))

    stall.fake.confirm(ref)
    await stall.look()

    assert await ada.status(await path_of()) == ("Paid" if left else "Refunded")
    assert await value("SELECT kind FROM capture") == ("settling" if left else "surplus")
    await assert_stock_adds_up()


async def test_order_ends_and_the_buyer_is_told_when_the_bank_says_no_after_the_long_deadline(stall: Stall) -> None:
    _, ref = await wait_for_the_bank(stall)
    stall.advance(BANK_SECONDS + 60)
    await stall.worker.drain(sweep=True)

    stall.fake.refuse(ref, "The bank refused the debit")
    for _ in range(2):
        await stall.look()

    assert (await the_order())["payment_state"] == "expired"
    assert [kind for kind, _, _ in await mails()] == ["payment_failed"]
    assert await stock_of(MUG) == (40, 0, 0)
    await assert_stock_adds_up()


async def test_buyer_has_time_to_try_again_when_the_bank_says_no_days_later(stall: Stall) -> None:
    ada, ref = await wait_for_the_bank(stall)
    stall.advance(3 * 86_400)
    stall.fake.refuse(ref, "The bank refused the debit")
    await stall.look()
    await stall.worker.drain(sweep=True)
    assert await ada.status(await path_of()) == "Payment failed"

    url = (await ada.post(f"{await path_of()}/pay")).headers["location"]

    stall.fake.pay(url.rpartition("/")[2])
    await stall.look()
    assert await ada.status(await path_of()) == "Paid"


async def test_goods_go_back_soon_when_the_bank_says_no_and_nobody_tries_again(stall: Stall) -> None:
    _, ref = await wait_for_the_bank(stall)
    stall.advance(3 * 86_400)
    stall.fake.refuse(ref, "The bank refused the debit")
    await stall.look()

    stall.advance(46 * 60)
    await stall.worker.drain(sweep=True)

    assert (await the_order())["payment_state"] == "expired"
    assert await stock_of(MUG) == (40, 0, 0)


async def test_buyer_is_told_and_may_try_again_when_the_bank_says_no(stall: Stall) -> None:
    ada, _ = await fail_for_good(stall)

    assert await ada.status(await path_of()) == "Payment failed"
    page = (await ada.get(await path_of())).text
    assert "The bank refused the debit. You were not charged. Your cart is saved." in page
    assert "Try again" in page
    assert await mails() == [("payment_failed", "ada@example.com", "done")]
    assert "did not go through: The bank refused the debit" in plain(stall.letters[0])
    assert await ada.groups() == ["platform-USD"]
    assert await stock_of(MUG) == (40, 1, 0)


async def test_buyer_is_told_once_when_the_no_comes_again(stall: Stall) -> None:
    await fail_for_good(stall)

    for door in (Door.SWEEP, Door.CHECK, Door.WEBHOOK):
        await stall.look(door=door)

    assert len(stall.letters) == 1


async def test_new_attempt_opens_when_the_buyer_tries_again_after_a_no(stall: Stall) -> None:
    ada, first = await fail_for_good(stall)

    url = (await ada.post(f"{await path_of()}/pay")).headers["location"]

    second = url.rpartition("/")[2]
    assert second != first
    assert ((await the_payment())["attempt"], (await the_order())["payment_state"]) == (2, "awaiting_payment")
    stall.fake.pay(second)
    await stall.look()
    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE


async def test_new_attempt_of_the_same_order_opens_when_the_form_comes_again_after_a_no(stall: Stall) -> None:
    ada, _ = await fail_for_good(stall)

    await ada.check_out()

    assert await value("SELECT count(*) FROM orders") == 1
    assert ((await the_payment())["attempt"], (await the_order())["payment_state"]) == (2, "awaiting_payment")


async def test_order_ends_when_the_bank_said_no_and_nobody_tries_again(stall: Stall) -> None:
    ada, _ = await fail_for_good(stall)
    stall.advance(46 * 60)

    await stall.worker.drain(sweep=True)

    assert await ada.status(await path_of()) == "Checkout expired"
    assert await stock_of(MUG) == (40, 0, 0)
    assert (await timeline())[-1] == ("sweep", "The time to pay ran out.")


async def test_order_ends_when_a_failed_one_is_cancelled(stall: Stall) -> None:
    ada, _ = await fail_for_good(stall)

    await ada.post(f"{await path_of()}/cancel")

    assert await ada.status(await path_of()) == "Canceled"
    assert await stock_of(MUG) == (40, 0, 0)


async def test_order_is_paid_when_the_bank_takes_back_its_no(stall: Stall) -> None:
    ada, ref = await fail_for_good(stall)

    stall.fake.confirm(ref)
    assert await stall.look() == "succeeded"

    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE


async def test_second_payment_goes_back_in_full_when_an_order_is_paid_twice(stall: Stall) -> None:
    """The bank's no was not its last word: the first attempt is paid after the second one was."""
    ada, first = await fail_for_good(stall)
    second = (await ada.post(f"{await path_of()}/pay")).headers["location"].rpartition("/")[2]
    stall.fake.pay(second)
    await stall.look(second)
    stall.fake.confirm(first)

    assert await stall.look(first) == "succeeded"

    kinds = await rows("SELECT kind, refunded FROM capture ORDER BY created_at")
    assert [tuple(row.values()) for row in kinds] == [("settling", 0), ("surplus", 3000)]
    assert await value("SELECT amount FROM refund WHERE ours AND status = 'succeeded'") == 3000
    order = await the_order()
    assert (order["payment_state"], order["refund_pending"], order["refunded"]) == ("paid", 0, 0)
    assert await ada.status(await path_of()) == "Paid"
    assert await stock_of(MUG) == (40, 0, 1)
    await assert_stock_adds_up()
    assert [kind for kind, _, _ in await mails()] == ["payment_failed", "order_confirmed", "sold", "refunded"]


async def test_second_payment_goes_back_when_the_order_was_paid_before_the_last_attempt_was_used(
    stall: Stall,
) -> None:
    ada, first = await fail_for_good(stall)
    second = (await ada.post(f"{await path_of()}/pay")).headers["location"].rpartition("/")[2]
    stall.fake.confirm(first)
    await stall.look(first)
    assert await ada.status(await path_of()) == "Paid"

    stall.fake.pay(second)
    await stall.look(second)

    assert await value("SELECT count(*) FROM capture WHERE kind = 'settling'") == 1
    assert await value("SELECT refunded FROM capture WHERE kind = 'surplus'") == 3000
    assert await stock_of(MUG) == (40, 0, 1)
    await assert_stock_adds_up()


async def test_person_is_asked_when_the_provider_says_that_nothing_was_due(stall: Stall) -> None:
    ada, ref = await place(stall)
    stall.fake.pay(ref)
    stall.fake.sessions[ref].asked["total"] = 0

    assert await stall.look() == "needs_review"

    assert "amount: the provider has $0.00, the order $30.00" in (await the_payment())["review_reason"]
    assert await ada.status(await path_of()) == "Being checked"


def plain(letter: EmailMessage) -> str:
    """The text part of a mail."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
