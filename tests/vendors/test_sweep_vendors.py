"""Vendors are looked at by themselves, each when its time has come."""

from __future__ import annotations

from store.gateways.accounts import AccountSnapshot
from store.gateways.port import Unavailable
from store.vendors.sweep import sweep_vendors
from tests.facts import value
from tests.stall import Stall
from tests.vendors.test_sync_account import RESTRICTED, the_account

HOURS = 3600


async def test_look_comes_again_when_its_time_has_come(stall: Stall) -> None:
    vendor_id, ref = await the_account()
    stall.fake.change(ref, **RESTRICTED)
    stall.advance(11 * HOURS)
    early = await sweep_vendors(stall.gateways)
    stall.advance(1 * HOURS + 1)

    looked = await sweep_vendors(stall.gateways)

    assert (early, looked) == (0, 6)
    assert await value("SELECT state FROM vendor WHERE id = $1", vendor_id) == "restricted"
    stall.advance(29 * 60)
    assert await sweep_vendors(stall.gateways) == 0
    stall.advance(61)
    assert await sweep_vendors(stall.gateways) == 1


async def test_look_is_made_again_when_the_provider_did_not_answer(stall: Stall) -> None:
    honest = stall.fake.fetch_account

    async def silent(ref: str) -> AccountSnapshot:
        raise Unavailable("no answer")

    stall.fake.fetch_account = silent  # type: ignore[method-assign]
    stall.advance(12 * HOURS + 1)
    assert await sweep_vendors(stall.gateways) == 6
    stall.fake.fetch_account = honest  # type: ignore[method-assign]
    assert await sweep_vendors(stall.gateways) == 0

    stall.advance(5 * 60)

    assert await sweep_vendors(stall.gateways) == 6
    assert await sweep_vendors(stall.gateways) == 0


async def test_others_are_looked_at_when_one_vendor_cannot_be(stall: Stall) -> None:
    _, ref = await the_account()
    honest = stall.fake.fetch_account

    async def broken(asked: str) -> AccountSnapshot:
        if asked == ref:
            raise TypeError("an answer that nobody can read")
        return await honest(asked)

    stall.fake.fetch_account = broken  # type: ignore[method-assign]
    stall.advance(12 * HOURS + 1)

    assert await sweep_vendors(stall.gateways) == 6
    assert await value("SELECT count(*) FROM vendor WHERE answered = asked") == 5
