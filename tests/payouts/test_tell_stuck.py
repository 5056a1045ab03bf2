"""A shop is told once for each address, or for having none, that its owner has to name one; never of what is ours."""

from __future__ import annotations

import pytest

from tests.payouts.at_paypal import DAY, buy_at_paypal, pay_out, wait
from tests.payouts.paying_out import give_address
from tests.world import World, rows

MAILS = "SELECT view::jsonb ->> 'why' AS why FROM mail_message WHERE kind = 'payout_waits'"


async def test_owner_is_told_once_when_a_share_has_no_address(world: World) -> None:
    await buy_at_paypal(world)

    (waits,) = await pay_out(world)
    await wait(world, DAY)
    await world.worker.send_mail()

    mails = [mail for mail in world.sandbox.state.mailbox.list_mails() if "waits for your PayPal" in mail["subject"]]
    (mail,) = mails
    text = world.sandbox.state.mailbox.find_mail(mail["id"])["text"]
    assert mail["subject"].startswith(f"${waits['amount'] / 100:.2f} for Kiln & Co")
    assert "could not be paid out. There is no verified PayPal address" in text
    assert "\n\nConfirm a PayPal address. The share goes out when you have.\n\nIf other shares" in text
    assert "/sell/payouts" in text


@pytest.mark.parametrize("word", ["unclaimed", "returned"])
async def test_owner_is_told_once_when_nobody_takes_it_at_the_address(world: World, word: str) -> None:
    await give_address(f"{word}@paypal.example")
    await buy_at_paypal(world)

    await pay_out(world)
    await wait(world, DAY)

    assert len(await rows(MAILS)) == 1


async def test_mail_names_the_address_and_comes_once_however_many_shares_wait_for_it(world: World) -> None:
    await give_address("unclaimed@paypal.example")
    await buy_at_paypal(world)
    await world.advance(60)
    await buy_at_paypal(world)

    await pay_out(world)
    await world.worker.send_mail()

    (mail,) = [one for one in world.sandbox.state.mailbox.list_mails() if "waits for your PayPal" in one["subject"]]
    for text in (mail["text"], mail["html"]):
        assert "unclaimed@paypal.example" in text
        assert "Open a PayPal account with this address, or confirm another one" in text
    cause = str((await rows("SELECT cause FROM mail_message WHERE kind = 'payout_waits'"))[0]["cause"])
    assert "example" not in cause


async def test_owner_is_told_again_when_another_address_does_not_accept_either(world: World) -> None:
    await buy_at_paypal(world)
    await pay_out(world)
    await give_address("unclaimed@paypal.example")
    await rows("UPDATE payout SET look_at = payable_at RETURNING id")

    await wait(world, DAY)
    await wait(world, 60)

    assert [row["why"][:21] for row in await rows(f"{MAILS} ORDER BY created_at")] == [
        "There is no verified ",
        "Nobody has taken it y",
    ]


async def test_nobody_is_told_of_a_share_that_comes_back_after_another_address_was_confirmed(world: World) -> None:
    await give_address("unclaimed@paypal.example")
    await buy_at_paypal(world)
    await pay_out(world)
    await give_address("vera@paypal.example")
    await rows("UPDATE payout SET look_at = payable_at RETURNING id")

    await wait(world, 60)
    payouts = await wait(world, 60)

    assert [row["state"] for row in payouts] == ["returned", "paid"]
    assert len(await rows(MAILS)) == 1


@pytest.mark.parametrize("word", ["vera", "onhold", "pending"])
async def test_nobody_is_told_when_there_is_nothing_to_mend(world: World, word: str) -> None:
    await give_address(f"{word}@paypal.example")
    await buy_at_paypal(world)

    await pay_out(world)

    assert await rows(MAILS) == []
