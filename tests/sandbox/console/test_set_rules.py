"""Faults by form: the same rules as by the control API, the same refusals, ended by one button."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Sandbox

FAULT = {"method": "POST", "path": "/v1/refunds*", "when": "after", "action": "slow", "seconds": "2.5", "count": "3"}


async def test_fault_is_the_same_as_by_api_when_set_by_form(sandbox: Sandbox) -> None:
    more = {"account": "acct_1", "object": "ch_1", "probability": "0.5", "seed": "7", "status": ""}

    answer = await sandbox.client.post("/console/faults/requests", data={**FAULT, **more})
    by_form = (await sandbox.client.get("/_sandbox/faults")).json()["data"]
    await sandbox.client.delete("/_sandbox/faults")
    numbers = {"seconds": 2.5, "count": 3, "probability": 0.5, "seed": 7}
    await sandbox.tell("faults", **{**FAULT, "account": "acct_1", "object": "ch_1", **numbers})
    by_api = (await sandbox.client.get("/_sandbox/faults")).json()["data"]

    assert answer.status_code == 303
    assert by_form == by_api
    assert by_form[0]["probability"] == 0.5


async def test_rule_is_the_same_as_by_api_when_set_by_form(sandbox: Sandbox) -> None:
    form = {"action": "delay", "type": "charge.*", "event": "", "endpoint": "we_1", "count": "0", "seconds": "20"}

    await sandbox.client.post("/console/faults/webhooks", data=form)
    by_form = (await sandbox.client.get("/_sandbox/webhooks")).json()["data"]
    await sandbox.tell("webhooks", action="clear")
    await sandbox.tell("webhooks", action="delay", type="charge.*", endpoint="we_1", count=0, seconds=20)
    by_api = (await sandbox.client.get("/_sandbox/webhooks")).json()["data"]

    assert by_form == by_api != []


@pytest.mark.parametrize(
    ("form", "change", "reason"),
    [
        ("requests", {"count": "many"}, "count"),
        ("requests", {"action": "status", "seconds": "", "status": "200"}, "400 to 599"),
        ("requests", {"seed": "4"}, "probability"),
        ("requests", {"path": ""}, "path"),
        ("webhooks", {"action": "delay"}, "seconds"),
        ("webhooks", {"action": "reorder", "count": "1"}, "2 or more"),
    ],
)
async def test_page_says_why_and_keeps_what_was_typed_when_a_rule_is_wrong(
    sandbox: Sandbox, form: str, change: dict[str, str], reason: str
) -> None:
    usual = {**FAULT, "object": "kept_1"} if form == "requests" else {"event": "kept_1"}

    page = await sandbox.client.post(f"/console/faults/{form}", data={**usual, **change})

    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert reason in page.text
    assert 'value="kept_1"' in page.text
    assert 'href="/console/faults" aria-current="page"' in page.text
    assert 'href="/console/faults.json"' in page.text
    assert (sandbox.app.state.faults.requests, sandbox.app.state.faults.deliveries) == ([], [])


async def test_every_page_says_that_rules_are_in_force_when_some_are(sandbox: Sandbox) -> None:
    await sandbox.client.post("/console/faults/requests", data=FAULT)

    for path in ("/", "/console/objects", "/console/clock", "/mailbox"):
        assert "1 rule</a> is in force" in (await sandbox.client.get(path)).text, path


async def test_no_rule_is_left_and_held_deliveries_arrive_when_all_are_ended(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(("checkout.session.completed",))
    await sandbox.client.post("/console/faults/requests", data=FAULT)
    await sandbox.client.post("/console/faults/webhooks", data={"action": "hold"})
    await sandbox.submit((await sandbox.open_session())["id"])

    answer = await sandbox.client.post("/console/faults/clear", data={"back": "/console/clock"})
    await sandbox.app.state.deliveries.run_due()

    assert answer.headers["location"] == "/console/clock?done=cleared"
    assert (sandbox.app.state.faults.requests, sandbox.app.state.faults.deliveries) == ([], [])
    assert sandbox.shop.types() == ["checkout.session.completed"]


async def test_wrong_rule_leaves_a_page_that_can_end_the_others_when_shown(sandbox: Sandbox) -> None:
    await sandbox.client.post("/console/faults/requests", data=FAULT)

    page = await sandbox.client.post("/console/faults/requests", data={**FAULT, "count": "many"})

    assert 'name="back" value="/console/faults"' in page.text
