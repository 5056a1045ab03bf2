"""An account is written down before it is asked for, and opened once whatever happens."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import httpx
import pytest

from store import seed
from store.gateways.accounts import AccountSnapshot
from store.gateways.build import build_gateways
from store.gateways.port import GatewayBug, StoredFailure, Unavailable
from store.kit.db import fetch
from store.vendors.service import open_account, sync_account
from tests.facts import one, posted, value
from tests.guards import unguarded
from tests.payments.test_die_at_any_call import Deadly, Died
from tests.stall import Stall
from tests.vendors.onboarding import make_newcomer, the_vendor
from tests.world import World, rows

OPENED = "SELECT id, account_ref, closed_at FROM connected_account WHERE vendor = $1"
ACCOUNTS = "/v1/accounts"


async def count_accounts(world: World) -> int:
    """How many accounts the provider has."""
    answer = await world.console.get(f"{ACCOUNTS}?limit=100", headers={"Authorization": "Bearer sk_test_overprint"})
    return len(answer.json()["data"])


async def test_account_is_written_down_when_it_was_opened(world: World) -> None:
    vendor_id = await make_newcomer(charge_type="direct", country="DE", currency="EUR")

    ref = await open_account(world.gateways, vendor_id)

    row, vendor = await one(OPENED, vendor_id), await the_vendor(vendor_id)
    assert (row["account_ref"], row["closed_at"]) == (ref, None)
    assert (vendor["account_ref"], vendor["state"]) == (ref, "onboarding")
    sent = [call for call in world.wire.sent if call.method == "POST" and call.url.path == ACCOUNTS][-1]
    assert sent.headers["Idempotency-Key"] == str(row["id"])


async def test_row_stands_before_the_call_when_the_provider_is_down(world: World) -> None:
    vendor_id = await make_newcomer()
    await world.tell("faults", method="POST", path=ACCOUNTS, when="before", action="status", status=401)

    with pytest.raises(Unavailable):
        await open_account(world.gateways, vendor_id)

    row = await one(OPENED, vendor_id)
    assert (row["account_ref"], row["closed_at"]) == (None, None)
    assert (await the_vendor(vendor_id))["state"] == "not_started"


@pytest.mark.parametrize("hours", [1, 25])
async def test_account_is_looked_for_when_its_answer_was_lost(world: World, hours: int) -> None:
    """The process died after the call; the key may be forgotten by the next one."""
    vendor_id = await make_newcomer()
    before = await count_accounts(world)
    dying = build_gateways(world.settings, Deadly(world.wire, 1, "after"))
    with pytest.raises(Died):
        await open_account(dying, vendor_id)
    await world.advance(hours * 3600)

    ref = await open_account(world.gateways, vendor_id)

    assert await count_accounts(world) == before + 1
    assert (await the_vendor(vendor_id))["account_ref"] == ref


async def test_lost_account_is_found_when_the_providers_clock_is_ten_minutes_behind_ours(stall: Stall) -> None:
    vendor_id = await make_newcomer()
    honest = stall.fake.open_account

    async def unheard(frozen: str, key: str) -> AccountSnapshot:
        await honest(frozen, key)
        raise Unavailable("the answer was lost")

    stall.fake.open_account = unheard  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await open_account(stall.gateways, vendor_id)
    stall.fake.open_account = honest  # type: ignore[method-assign]
    ref = stall.fake.account_keys.pop(str((await one(OPENED, vendor_id))["id"]))
    stall.fake.accounts[ref].created -= timedelta(minutes=10)
    stall.advance(60)

    assert await open_account(stall.gateways, vendor_id) == ref


@pytest.mark.parametrize("when", ["before", "after"])
async def test_one_account_is_opened_when_the_process_dies_at_any_call(world: World, when: str) -> None:
    """Every call of opening and looking, died at before and after its effect; the next one goes on."""
    before = await count_accounts(world)
    for at in range(1, 9):
        vendor_id = await make_newcomer(f"newcomer-{at}")
        way: httpx.AsyncBaseTransport = Deadly(world.wire, at, when)
        try:
            await open_account(build_gateways(world.settings, way), vendor_id)
            survived = True
        except Died:
            survived = False

        ref = await open_account(world.gateways, vendor_id)

        assert await count_accounts(world) == before + at
        assert (await one(OPENED, vendor_id))["account_ref"] == ref
        if survived:
            return
    raise AssertionError("opening an account takes more calls than were walked")


async def test_one_account_is_opened_when_two_tabs_ask_at_once(world: World) -> None:
    vendor_id = await make_newcomer()
    before = await count_accounts(world)

    refs = await asyncio.gather(*(open_account(world.gateways, vendor_id) for _ in range(2)), return_exceptions=True)

    again = await open_account(world.gateways, vendor_id)
    assert again in refs
    assert await count_accounts(world) == before + 1
    assert len(await rows(OPENED, vendor_id)) == 1


async def test_late_answer_changes_nothing_when_the_vendor_has_left_that_account_and_begun_anew(stall: Stall) -> None:
    """Two tabs, one of them slow: its answer is written down already, and by then it is the answer of yesterday."""
    vendor_id = await make_newcomer()
    answered, go_on = asyncio.Event(), asyncio.Event()
    honest = stall.fake.open_account

    async def slow(frozen: str, key: str) -> AccountSnapshot:
        answer = await honest(frozen, key)
        if not answered.is_set():
            answered.set()
            await go_on.wait()
        return answer

    stall.fake.open_account = slow  # type: ignore[method-assign]
    late = asyncio.create_task(open_account(stall.gateways, vendor_id))
    await answered.wait()
    first = await open_account(stall.gateways, vendor_id)
    stall.fake.leave(first)
    assert await sync_account(stall.gateways, vendor_id) == "disconnected"
    second = await open_account(stall.gateways, vendor_id)

    go_on.set()

    assert await late == first != second
    assert (await the_vendor(vendor_id))["account_ref"] == second


async def test_next_try_has_a_new_key_when_the_provider_refuses_the_request(world: World) -> None:
    vendor_id = await make_newcomer()
    fault = {"method": "POST", "path": ACCOUNTS, "when": "before", "action": "status", "status": 400, "count": 1}
    await world.tell("faults", **fault)

    with pytest.raises(GatewayBug):
        await open_account(world.gateways, vendor_id)
    ref = await open_account(world.gateways, vendor_id)

    first, second = await rows(f"{OPENED} ORDER BY created_at", vendor_id)
    assert first["account_ref"] is None
    assert first["closed_at"] is not None
    assert second["account_ref"] == ref


@pytest.mark.parametrize("had_effect", [True, False])
async def test_key_that_only_repeats_a_failure_is_used_no_more(stall: Stall, had_effect: bool) -> None:
    """docs.stripe.com/api/idempotent_requests: a 500 is kept under its key, whatever became of the first call."""
    vendor_id = await make_newcomer()
    honest = stall.fake.open_account

    async def repeat(frozen: str, key: str) -> AccountSnapshot:
        if had_effect:
            await honest(frozen, key)
        raise StoredFailure("Something went wrong on our end.")

    stall.fake.open_account = repeat  # type: ignore[method-assign]
    if had_effect:
        ref = await open_account(stall.gateways, vendor_id)
        assert (await one(OPENED, vendor_id))["closed_at"] is None
    else:
        with pytest.raises(StoredFailure):
            await open_account(stall.gateways, vendor_id)
        assert (await one(OPENED, vendor_id))["closed_at"] is not None
        stall.fake.open_account = honest  # type: ignore[method-assign]
        ref = await open_account(stall.gateways, vendor_id)

    assert (await the_vendor(vendor_id))["account_ref"] == ref


@pytest.mark.leaves_broken({"I18"}, "the vendors are put back to where they had not started")
async def test_no_second_account_is_opened_when_the_first_was_never_written_down(world: World) -> None:
    """The process died after the call, and the shop is filled again when the provider has forgotten the key."""
    opened = await rows("SELECT slug, account_ref FROM vendor ORDER BY slug")
    asked = len(await posted(world, ACCOUNTS))
    await fetch("ALTER TABLE connected_account DISABLE TRIGGER USER")
    await fetch("UPDATE connected_account SET account_ref = NULL")
    await fetch("ALTER TABLE connected_account ENABLE TRIGGER USER")
    await fetch("ALTER TABLE vendor DISABLE TRIGGER vendor_moves")
    await fetch("UPDATE vendor SET account_ref = NULL, state = 'not_started'")
    await fetch("ALTER TABLE vendor ENABLE TRIGGER vendor_moves")
    await world.advance(25 * 3600)

    await seed.fill(world.gateways)

    assert await rows("SELECT slug, account_ref FROM vendor ORDER BY slug") == opened
    assert len(await posted(world, ACCOUNTS)) == asked


async def test_database_refuses_when_a_second_account_is_meant_to_be_open(stall: Stall) -> None:
    vendor_id = await value("SELECT id FROM vendor WHERE slug = 'kiln-co'")
    insert = "INSERT INTO connected_account (id, vendor, request) VALUES (gen_random_uuid(), $1, '')"

    with pytest.raises(asyncpg.UniqueViolationError, match="one_open_account"):
        await fetch(insert, vendor_id)

    async with unguarded("DROP INDEX one_open_account"):
        await fetch(insert, vendor_id)


@pytest.mark.parametrize("change", ["request = 'other'", "account_ref = 'acct_other'", "created_at = now()"])
async def test_database_refuses_when_a_request_or_its_answer_is_rewritten(stall: Stall, change: str) -> None:
    update = f"UPDATE connected_account SET {change}"

    with pytest.raises(asyncpg.RaiseError, match=r"frozen|has its reference"):
        await fetch(f"{update} WHERE vendor = (SELECT id FROM vendor WHERE slug = 'kiln-co')")

    async with unguarded("DROP TRIGGER connected_account_frozen ON connected_account"):
        await fetch(f"{update} WHERE vendor = (SELECT id FROM vendor WHERE slug = 'kiln-co')")


async def test_request_is_kept_until_it_is_answered(world: World) -> None:
    vendor_id = await make_newcomer()
    await world.tell("faults", method="POST", path=ACCOUNTS, when="before", action="status", status=401)
    with pytest.raises(Unavailable):
        await open_account(world.gateways, vendor_id)
    erase = "UPDATE connected_account SET request = '' WHERE vendor = $1"

    with pytest.raises(asyncpg.RaiseError, match="is frozen"):
        await fetch(erase, vendor_id)
    async with unguarded("DROP TRIGGER connected_account_frozen ON connected_account"):
        await fetch(erase, vendor_id)
    await open_account(world.gateways, vendor_id)

    assert await value("SELECT request FROM connected_account WHERE vendor = $1", vendor_id) == ""


async def test_database_refuses_when_a_vendor_has_begun_without_an_account(stall: Stall) -> None:
    vendor_id = await make_newcomer()
    begin = "UPDATE vendor SET state = 'onboarding' WHERE id = $1"

    with pytest.raises(asyncpg.CheckViolationError, match="vendor_has_account"):
        await fetch(begin, vendor_id)

    async with unguarded("ALTER TABLE vendor DROP CONSTRAINT vendor_has_account"):
        await fetch(begin, vendor_id)
