"""One verb for every door: the provider's truth is fetched and applied once, whatever an event says."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from store.gateways.accounts import AccountSnapshot, Requirements
from store.gateways.port import Unavailable
from store.kit import clock
from store.kit.db import fetch
from store.vendors.service import note_disconnected, open_account, sync_account
from tests.facts import one, value
from tests.gateways.fake_connect import READY
from tests.guards import unguarded
from tests.stall import Stall
from tests.vendors.onboarding import make_newcomer, the_vendor
from tests.world import rows

RESTRICTED = {
    "charges_enabled": False,
    "payouts_enabled": False,
    "card_payments": "inactive",
    "transfers": "inactive",
    "requirements": Requirements(
        currently_due=("external_account",), past_due=("external_account",), disabled_reason="requirements.past_due"
    ),
}
MAILS = "SELECT recipient, view FROM mail_message WHERE kind = 'restricted'"


async def the_account(slug: str = "kiln-co") -> tuple[UUID, str]:
    """A demo vendor and its account."""
    row = await one("SELECT id, account_ref FROM vendor WHERE slug = $1", slug)
    return row["id"], row["account_ref"]


def delay_first_answer(stall: Stall) -> tuple[asyncio.Event, asyncio.Event]:
    """The provider's next answer about an account is on its way when the first event is set, until the second is."""
    fetched, go_on = asyncio.Event(), asyncio.Event()
    honest = stall.fake.fetch_account

    async def slow(asked: str) -> AccountSnapshot:
        answer = await honest(asked)
        if not fetched.is_set():
            fetched.set()
            await go_on.wait()
        return answer

    stall.fake.fetch_account = slow  # type: ignore[method-assign]
    return fetched, go_on


async def test_vendor_walks_from_first_form_to_active_when_the_provider_goes_on(stall: Stall) -> None:
    vendor_id = await make_newcomer()
    ref = await open_account(stall.gateways, vendor_id)
    seen = [await sync_account(stall.gateways, vendor_id)]
    stall.fake.change(ref, details_submitted=True, requirements=Requirements(pending_verification=("individual",)))
    seen.append(await sync_account(stall.gateways, vendor_id))
    stall.fake.change(ref, **READY)
    seen.append(await sync_account(stall.gateways, vendor_id))
    stall.fake.change(ref, **RESTRICTED)
    seen.append(await sync_account(stall.gateways, vendor_id))
    stall.fake.change(ref, **READY)
    seen.append(await sync_account(stall.gateways, vendor_id))

    assert seen == ["onboarding", "under_review", "active", "restricted", "active"]
    moves = await rows(
        "SELECT to_state FROM transition WHERE machine = 'vendor' AND row_id = $1 ORDER BY seq", str(vendor_id)
    )
    assert [move["to_state"] for move in moves] == ["onboarding", "under_review", "active", "restricted", "active"]


async def test_facts_are_kept_when_the_provider_tells_them(stall: Stall) -> None:
    vendor_id, ref = await the_account()
    stall.fake.change(ref, **RESTRICTED)

    await sync_account(stall.gateways, vendor_id)

    vendor = await the_vendor(vendor_id)
    assert (vendor["charges_enabled"], vendor["payouts_enabled"], vendor["transfers"]) == (False, False, "inactive")
    assert '"currently_due":["external_account"]' in vendor["requirements"]


async def test_nothing_changes_when_the_same_account_is_looked_at_again(stall: Stall) -> None:
    vendor_id, _ = await the_account()
    before = await the_vendor(vendor_id)

    await asyncio.gather(*(sync_account(stall.gateways, vendor_id) for _ in range(5)))

    after = await the_vendor(vendor_id)
    looks = ("asked", "answered", "synced_at", "check_at")
    assert {k: v for k, v in after.items() if k not in looks} == {k: v for k, v in before.items() if k not in looks}


async def test_vendor_is_told_once_when_the_account_is_restricted(stall: Stall) -> None:
    vendor_id, ref = await the_account()
    stall.fake.change(ref, **RESTRICTED)

    for _ in range(3):
        await sync_account(stall.gateways, vendor_id)

    await stall.worker.send_mail()
    (letter,) = stall.letters
    assert (letter["To"], letter["Subject"]) == ("vera@example.com", "Kiln & Co cannot take payments at the moment")
    words = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Stripe still needs: a bank account for your payouts." in words
    assert "/sell/onboarding" in words


async def test_vendor_is_told_once_when_its_review_ends_well(stall: Stall) -> None:
    """One look was asked before the end and is answered after it; others come again and at once."""
    vendor_id = await make_newcomer(name="Newcomer")
    ref = await open_account(stall.gateways, vendor_id)
    stall.fake.change(ref, details_submitted=True, requirements=Requirements(pending_verification=("individual",)))
    assert await sync_account(stall.gateways, vendor_id) == "under_review"
    await stall.worker.send_mail()
    assert stall.letters == []
    fetched, go_on = delay_first_answer(stall)
    late = asyncio.create_task(sync_account(stall.gateways, vendor_id))
    await fetched.wait()
    stall.fake.change(ref, **READY)
    seen = await asyncio.gather(*(sync_account(stall.gateways, vendor_id) for _ in range(4)))
    go_on.set()
    seen.append(await late)
    seen.append(await sync_account(stall.gateways, vendor_id))

    assert set(seen) == {"active"}
    await stall.worker.send_mail()
    (letter,) = stall.letters
    assert letter["Subject"] == "Newcomer can take payments"
    assert "/sell/home" in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]


async def test_nobody_is_told_that_goods_can_be_bought_when_the_shop_is_on_a_break(stall: Stall) -> None:
    vendor_id = await make_newcomer(name="Newcomer")
    ref = await open_account(stall.gateways, vendor_id)
    stall.fake.change(ref, details_submitted=True, requirements=Requirements(pending_verification=("individual",)))
    assert await sync_account(stall.gateways, vendor_id) == "under_review"
    await rows("UPDATE vendor SET paused = true WHERE id = $1 RETURNING id", vendor_id)

    stall.fake.change(ref, **READY)
    assert await sync_account(stall.gateways, vendor_id) == "active"

    await stall.worker.send_mail()
    assert stall.letters == []


async def test_older_answer_is_dropped_and_asked_for_anew_when_a_newer_one_came_first(stall: Stall) -> None:
    """Two looks at once: the first one's answer is old when it arrives, after the second's."""
    vendor_id, ref = await the_account()
    fetched, go_on = delay_first_answer(stall)
    first = asyncio.create_task(sync_account(stall.gateways, vendor_id))
    await fetched.wait()
    stall.fake.change(ref, **RESTRICTED)
    second = await sync_account(stall.gateways, vendor_id)
    go_on.set()

    assert (await first, second) == ("restricted", "restricted")
    assert await value("SELECT state FROM vendor WHERE id = $1", vendor_id) == "restricted"
    assert len(await rows(MAILS)) == 1


async def test_vendor_is_disconnected_and_asked_no_more_when_the_account_has_let_us_go(stall: Stall) -> None:
    vendor_id, ref = await the_account()
    stall.fake.leave(ref)

    state = await sync_account(stall.gateways, vendor_id)

    looks = stall.fake.looks
    assert state == await sync_account(stall.gateways, vendor_id) == "disconnected"
    stall.advance(40 * 24 * 3600)
    await stall.worker.sweep()
    assert await value("SELECT check_at FROM vendor WHERE id = $1", vendor_id) is None
    assert await value("SELECT closed_at IS NOT NULL FROM connected_account WHERE account_ref = $1", ref)
    assert stall.fake.looks - looks == 5, "the other five vendors were looked at"


async def test_vendor_is_disconnected_once_when_several_learn_of_it(stall: Stall) -> None:
    _, ref = await the_account()

    noted = await asyncio.gather(*(note_disconnected(ref) for _ in range(5)))

    assert sorted(noted) == [False] * 4 + [True]
    assert len(await rows(MAILS)) == 1


async def test_another_account_is_opened_when_the_vendor_starts_again_after_disconnecting(stall: Stall) -> None:
    vendor_id, old = await the_account()
    stall.fake.leave(old)
    await sync_account(stall.gateways, vendor_id)

    new = await open_account(stall.gateways, vendor_id)

    assert new != old
    assert await sync_account(stall.gateways, vendor_id) == "onboarding"
    assert await value("SELECT account_ref FROM vendor WHERE id = $1", vendor_id) == new


async def test_nothing_changes_when_the_provider_does_not_answer(stall: Stall) -> None:
    vendor_id, _ = await the_account()

    async def silent(ref: str) -> AccountSnapshot:
        raise Unavailable("no answer")

    stall.fake.fetch_account = silent  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await sync_account(stall.gateways, vendor_id)

    assert await value("SELECT state FROM vendor WHERE id = $1", vendor_id) == "active"


async def test_look_comes_soon_when_an_account_is_under_review(stall: Stall) -> None:
    vendor_id, ref = await the_account()
    stall.fake.change(ref, **{**RESTRICTED, "requirements": Requirements(disabled_reason="under_review")})

    await sync_account(stall.gateways, vendor_id)

    due: Any = await value("SELECT check_at FROM vendor WHERE id = $1", vendor_id)
    assert timedelta(seconds=50) < due - clock.now() <= timedelta(minutes=1)


@pytest.mark.parametrize("to", ["not_started", "onboarding"])
async def test_database_refuses_when_a_vendor_moves_where_no_move_leads(stall: Stall, to: str) -> None:
    move = f"UPDATE vendor SET state = '{to}' WHERE slug = 'kiln-co'"

    with pytest.raises(asyncpg.CheckViolationError, match="is not an allowed move"):
        await fetch(move)

    async with unguarded("DROP TRIGGER vendor_moves ON vendor"):
        await fetch(move)
