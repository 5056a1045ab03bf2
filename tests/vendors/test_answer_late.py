"""Answers that come too late, or not to the point: they change nothing of what has become true meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from store.gateways.accounts import AccountSnapshot
from store.kit.ids import new_id
from store.vendors.queries import read_standing
from store.vendors.service import note_disconnected, open_account, sync_account
from tests.gateways.fake_connect import READY
from tests.stall import Stall
from tests.vendors.onboarding import make_newcomer, the_vendor
from tests.vendors.test_sync_account import RESTRICTED, the_account


@asynccontextmanager
async def looking(stall: Stall, vendor_id: UUID) -> AsyncIterator[asyncio.Task[str]]:
    """A look whose answer has been given and arrives when this block ends."""
    given, go_on = asyncio.Event(), asyncio.Event()
    honest = stall.fake.fetch_account

    async def slow(ref: str) -> AccountSnapshot:
        answer = await honest(ref)
        given.set()
        await go_on.wait()
        return answer

    stall.fake.fetch_account = slow  # type: ignore[method-assign]
    look = asyncio.create_task(sync_account(stall.gateways, vendor_id))
    await given.wait()
    stall.fake.fetch_account = honest  # type: ignore[method-assign]
    yield look
    go_on.set()
    await look


async def test_disconnected_vendor_stays_so_when_an_answer_of_before_arrives(stall: Stall) -> None:
    vendor_id, ref = await the_account()

    async with looking(stall, vendor_id) as look:
        assert await note_disconnected(ref)
        left = await the_vendor(vendor_id)

    assert look.result() == "disconnected"
    assert (left["charges_enabled"], left["payouts_enabled"]) == (False, False)
    assert (left["card_payments"], left["transfers"], left["requirements"]) == ("", "", "{}")
    assert {**await the_vendor(vendor_id), "asked": 0} == {**left, "asked": 0}


async def test_new_account_is_not_taken_for_ready_when_the_old_ones_answer_arrives(stall: Stall) -> None:
    vendor_id = await make_newcomer()
    old = await open_account(stall.gateways, vendor_id)
    stall.fake.change(old, **READY)

    async with looking(stall, vendor_id) as look:
        assert await note_disconnected(old)
        new = await open_account(stall.gateways, vendor_id)

    vendor = await the_vendor(vendor_id)
    assert look.result() == "onboarding"
    assert (vendor["account_ref"], vendor["state"], vendor["charges_enabled"]) == (new, "onboarding", False)


async def test_look_ends_with_what_is_known_when_each_answer_was_overtaken(stall: Stall) -> None:
    """A vendor of whom events keep coming: the newest answer is there, whoever brought it."""
    vendor_id, ref = await the_account()
    honest = stall.fake.fetch_account
    overtaken = []

    async def overtake(asked: str) -> AccountSnapshot:
        answer = await honest(asked)
        overtaken.append(asked)
        stall.fake.fetch_account = honest  # type: ignore[method-assign]
        stall.fake.change(ref, **(RESTRICTED if len(overtaken) % 2 else READY))
        await sync_account(stall.gateways, vendor_id)
        stall.fake.fetch_account = overtake  # type: ignore[method-assign]
        return answer

    stall.fake.fetch_account = overtake  # type: ignore[method-assign]

    assert await sync_account(stall.gateways, vendor_id) == "restricted"
    assert len(overtaken) == 3
    vendor = await the_vendor(vendor_id)
    assert (vendor["state"], vendor["charges_enabled"]) == ("restricted", False)


async def test_nobody_is_looked_at_or_written_when_there_is_no_such_vendor(stall: Stall) -> None:
    nobody = new_id()
    reads: tuple[Any, ...] = (
        lambda: sync_account(stall.gateways, nobody),
        lambda: open_account(stall.gateways, nobody),
        lambda: read_standing(nobody),
    )
    known = (len(stall.fake.accounts), stall.fake.looks)

    for read in reads:
        with pytest.raises(LookupError, match=str(nobody)):
            await read()

    assert (len(stall.fake.accounts), stall.fake.looks) == known


async def test_nothing_is_asked_of_the_provider_when_a_vendor_has_not_started(stall: Stall) -> None:
    vendor_id = await make_newcomer()
    looks = stall.fake.looks

    assert await sync_account(stall.gateways, vendor_id) == "not_started"
    assert stall.fake.looks == looks
