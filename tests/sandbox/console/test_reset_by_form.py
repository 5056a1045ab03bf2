"""Back to the beginning by form: to the seeded state, or to nothing."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Sandbox


@pytest.mark.parametrize(("form", "endpoints", "done"), [({}, 1, "reset"), ({"all": "true"}, 0, "emptied")])
async def test_seed_stays_or_goes_when_the_button_says_so(
    sandbox: Sandbox, form: dict[str, str], endpoints: int, done: str
) -> None:
    await sandbox.add_endpoint()
    await sandbox.tell("seeded")
    await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.client.post("/console/scenarios/stripe-down")

    answer = await sandbox.client.post("/console/reset", data=form)

    assert answer.headers["location"] == f"/?done={done}"
    assert len(sandbox.world.find(None, "webhook_endpoint")) == endpoints
    assert sandbox.world.find(None, "checkout.session") == []
    assert (sandbox.app.state.faults.requests, sandbox.app.state.faults.scenario) == ([], None)


async def test_page_asks_first_when_opened(sandbox: Sandbox) -> None:
    await sandbox.open_session()

    page = await sandbox.client.get("/console/reset")

    assert "Empty everything" in page.text
    assert len(sandbox.world.find(None, "checkout.session")) == 1
