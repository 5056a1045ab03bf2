"""Requests on the tester's pages: sent, answered, replayed, spoilt by a fault."""

from __future__ import annotations

from store.sandbox.records import KEPT_ANSWERS, note_answer, note_request
from tests.sandbox.conftest import Sandbox


async def test_request_is_shown_with_parameters_and_answer_when_it_was_made(sandbox: Sandbox) -> None:
    customer = await sandbox.create("/v1/customers", {"name": "Ada", "metadata[order]": "OP-1"})

    listed = (await sandbox.client.get("/console/requests.json")).json()["data"]
    shown = (await sandbox.client.get(f"/console/requests/{listed[0]['id']}.json")).json()["call"]
    page = await sandbox.client.get(f"/console/requests/{listed[0]['id']}")

    assert [(one["method"], one["path"], one["status"]) for one in listed] == [("POST", "/v1/customers", 200)]
    assert shown["params"] == {"name": "Ada", "metadata[order]": "OP-1"}
    assert shown["answer"]["id"] == customer["id"]
    assert f'<a href="/console/objects/{customer["id"]}">' in page.text


async def test_refusal_is_shown_with_its_words_when_a_request_was_wrong(sandbox: Sandbox) -> None:
    await sandbox.call("GET", "/v1/customers/cus_none")

    shown = (await sandbox.client.get("/console/requests/1.json")).json()["call"]

    assert shown["status"] == 404
    assert "cus_none" in shown["answer"]["error"]["message"]


async def test_request_is_marked_when_a_fault_met_it(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path="/v1/customers", when="before", action="status")
    await sandbox.call("POST", "/v1/customers", {"name": "Ada"})

    page = await sandbox.client.get("/console/requests")
    one = await sandbox.client.get("/console/requests/1")

    assert "before:status" in page.text
    assert "No answer of the API left" in one.text


async def test_requests_are_found_when_a_parameter_is_looked_for(sandbox: Sandbox) -> None:
    await sandbox.create("/v1/customers", {"name": "Ada"})
    await sandbox.create("/v1/customers", {"name": "Otto"})

    found = (await sandbox.client.get("/console/requests.json?q=Otto")).json()["data"]

    assert [one["id"] for one in found] == [2]


async def test_request_of_nobodys_key_is_shown_on_every_platform_when_refused(sandbox: Sandbox) -> None:
    await sandbox.client.get("/v1/customers", headers={"Authorization": "Bearer nonsense"})
    await sandbox.client.get("/v1/customers", headers={"Authorization": "Bearer sk_test_mine"})

    listed = (await sandbox.client.get("/console/requests.json")).json()

    assert listed["platform"] == sandbox.world.platform
    assert [(one["status"], one["platform"]) for one in listed["data"]] == [(401, "")]


async def test_oldest_answers_are_forgotten_when_there_are_too_many(sandbox: Sandbox) -> None:
    records = sandbox.app.state.records
    for _ in range(KEPT_ANSWERS + 1):
        number = note_request(records, "GET", "/v1/events", {}, b"", b"", None, sandbox.world.platform)
        note_answer(records, number, 200, "req_1", False, b"{}")

    kept = records.execute("SELECT count(*) FROM requests WHERE answer IS NOT NULL").fetchone()[0]
    oldest = await sandbox.client.get("/console/requests/1")

    assert kept == KEPT_ANSWERS
    assert "not kept" in oldest.text


async def test_request_is_found_where_its_error_says(sandbox: Sandbox) -> None:
    refused = await sandbox.call("GET", "/v1/customers/cus_none")

    shown = await sandbox.client.get(refused.json()["error"]["request_log_url"])

    assert shown.status_code == 200
    assert "/v1/customers/cus_none" in shown.text
    assert (await sandbox.client.get("/console/requests/req_none")).status_code == 404
