"""A process dies at any commit or call while a vendor's account is opened: the next click goes on, and there is one."""

from __future__ import annotations

import os

from store.kit.crash import EXIT_CODE
from store.kit.db import fetch
from tests.dashboard.selling import open_a_shop
from tests.facts import one
from tests.faults.child import FORM, Errand, Request, jar, run_errand
from tests.faults.serving import served
from tests.faults.test_crash_anywhere import MOST
from tests.vendors.onboarding import make_newcomer, the_vendor
from tests.vendors.test_open_account import OPENED, count_accounts
from tests.world import World

# Every pass is walked by `make test-long`.
STRIDE = 1 if os.environ.get("LONG") else 2


async def test_one_account_is_opened_when_the_process_dies_anywhere(world: World) -> None:
    otto = await open_a_shop(world)
    before = await count_accounts(world)
    click = Request("POST", "/sell/connect/start", FORM, b"", jar(otto))
    async with served(world.sandbox) as base:
        for opened, at in enumerate(range(1, MOST, STRIDE), 1):
            vendor_id = await make_newcomer(f"newcomer-{at}")
            await fetch(
                "UPDATE membership SET vendor = $1 WHERE vendor <> (SELECT id FROM vendor WHERE slug = $2)",
                vendor_id,
                "kiln-co",
            )

            code = await run_errand(world.settings, base, Errand((click,), work=False), at)
            answer = await otto.post("/sell/connect/start")

            assert answer.status_code == 303
            assert await count_accounts(world) == before + opened
            row, vendor = await one(OPENED, vendor_id), await the_vendor(vendor_id)
            assert row["account_ref"] == vendor["account_ref"]
            assert (row["closed_at"], vendor["state"]) == (None, "onboarding")
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert at > 8
