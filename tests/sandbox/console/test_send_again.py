"""Events and deliveries on the tester's pages: seen, sent again, endpoints switched off and on."""

from __future__ import annotations

import json

import httpx

from tests.sandbox.conftest import Sandbox

COMPLETED = "checkout.session.completed"


async def _pay(sandbox: Sandbox) -> None:
    await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.app.state.deliveries.run_due()


async def test_delivery_arrives_again_when_resend_is_pressed(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await _pay(sandbox)
    (entry,) = sandbox.app.state.deliveries.list_log()

    answer = await sandbox.client.post(
        "/console/deliveries/resend", data={"id": entry["id"], "back": "/console/deliveries?state=delivered"}
    )
    page = await sandbox.client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert sandbox.shop.types() == [COMPLETED, COMPLETED]
    assert "Sent again." in page.text
    assert page.url.params["state"] == "delivered"


async def test_only_that_delivery_arrives_again_when_two_endpoints_had_the_event(sandbox: Sandbox) -> None:
    for path in ("/one", "/two"):
        await sandbox.add_endpoint((COMPLETED,), url=f"http://localhost:8000{path}")
    await _pay(sandbox)
    entry = next(one for one in sandbox.app.state.deliveries.list_log() if one["url"].endswith("/two"))

    await sandbox.client.post("/console/deliveries/resend", data={"id": entry["id"]})

    assert sorted(request.url.path for request in sandbox.shop.received) == ["/one", "/two", "/two"]


async def test_answer_is_404_when_the_delivery_to_send_again_is_gone(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post("/console/deliveries/resend", data={"id": "evt_gone:we_gone:1"})

    assert answer.status_code == 404


async def test_attempts_and_body_are_shown_when_a_delivery_is(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    sandbox.shop.answer = lambda request: httpx.Response(500, text="database down")
    await sandbox.tell("webhooks", action="forge")
    await _pay(sandbox)
    (entry,) = sandbox.app.state.deliveries.list_log()

    page = await sandbox.client.get(f"/console/deliveries/{entry['id']}")
    shown = (await sandbox.client.get(f"/console/deliveries/{entry['id']}.json")).json()["delivery"]

    assert "database down" in page.text
    assert "forge" in page.text
    assert json.loads(shown["body"])["type"] == COMPLETED
    assert [(attempt["status"], attempt["tampering"]) for attempt in shown["log"]] == [(500, "forge 0")]


async def test_deliveries_in_one_state_are_shown_when_it_is_chosen(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED, "charge.succeeded"))
    await sandbox.tell("webhooks", action="drop", type=COMPLETED)
    await _pay(sandbox)

    dropped = (await sandbox.client.get("/console/deliveries.json?state=dropped")).json()
    unknown = await sandbox.client.get("/console/deliveries?state=lost")

    assert [one["type"] for one in dropped["data"]] == [COMPLETED]
    assert (dropped["states"]["dropped"], dropped["states"]["delivered"]) == (1, 1)
    assert unknown.status_code == 404


async def test_endpoint_gets_nothing_until_it_is_switched_on_when_switched_off(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint((COMPLETED,))

    await sandbox.client.post("/console/endpoints/switch", data={"id": endpoint["id"], "to": "disabled"})
    await _pay(sandbox)
    off = sandbox.shop.types()
    await sandbox.client.post("/console/endpoints/switch", data={"id": endpoint["id"], "to": "enabled"})
    await _pay(sandbox)

    assert (off, sandbox.shop.types()) == ([], [COMPLETED])


async def test_events_have_their_deliveries_when_a_type_is_looked_for(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint((COMPLETED,))
    await _pay(sandbox)

    everything = (await sandbox.client.get("/console/events.json")).json()["data"]
    sessions = (await sandbox.client.get("/console/events.json?type=checkout.*")).json()["data"]

    assert len(everything) > 1
    assert [one["type"] for one in sessions] == [COMPLETED]
    assert [sent["state"] for sent in sessions[0]["deliveries"]] == ["delivered"]


async def test_page_of_another_place_is_not_reached_when_the_form_says_so(sandbox: Sandbox) -> None:
    for back in ("//evil.example/", "https://evil.example/", "/\\evil.example", "/console/../c/pay/x\r\nX: y", "/v1/x"):
        answer = await sandbox.client.post("/console/faults/clear", data={"back": back})
        assert answer.headers["location"] == "/console/faults?done=cleared", back
