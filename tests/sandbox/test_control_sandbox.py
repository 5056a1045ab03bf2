"""`/_sandbox`: clock, truth, and who may call it."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from store.sandbox.kernel.world import DEMO_PLATFORM
from tests.sandbox.conftest import SANDBOX, Sandbox, Shop, composed


async def test_session_expires_when_the_clock_passes_its_end(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(("checkout.session.expired",))
    await sandbox.open_session()

    answer = await sandbox.tell("clock", advance=86400)
    await sandbox.app.state.deliveries.run_due()

    assert abs(answer.json()["now"] - time.time() - 86400) < 60
    assert (await sandbox.client.get("/_sandbox/clock")).json()["offset"] == 86400
    assert sandbox.shop.types() == ["checkout.session.expired"]


async def test_session_expires_when_the_clock_is_set_beyond_its_end(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(("checkout.session.expired",))
    session = await sandbox.open_session()

    answer = await sandbox.tell("clock", set=session["expires_at"])
    await sandbox.app.state.deliveries.run_due()

    assert session["expires_at"] <= answer.json()["now"] <= session["expires_at"] + 60
    assert sandbox.shop.types() == ["checkout.session.expired"]


async def test_clock_tells_now_wall_offset_and_what_is_due_when_asked(sandbox: Sandbox) -> None:
    nothing = (await sandbox.client.get("/_sandbox/clock")).json()
    session = await sandbox.open_session()
    await sandbox.tell("clock", advance=60)

    state = (await sandbox.client.get("/_sandbox/clock")).json()

    assert nothing["next_due"] is None
    assert (state["offset"], state["next_due"]) == (60, session["expires_at"])
    assert abs(state["now"] - state["wall"] - 60) <= 1
    assert abs(state["wall"] - time.time()) < 30


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "advance"),
        ({"advance": -1}, "advance"),
        ({"advance": 1.5}, "advance"),
        ({"advance": "1"}, "advance"),
        ({"advance": 10**12}, "advance"),
        ({"advance": 1, "set": 2_000_000_000}, "either"),
        ({"set": 1_000_000_000}, "only moves forward"),
        ({"set": 9_000_000_000}, "ten years"),
        ({"set": "tomorrow"}, "set"),
    ],
)
async def test_clock_stands_still_when_the_command_is_wrong(
    sandbox: Sandbox, body: dict[str, object], reason: str
) -> None:
    answer = await sandbox.client.post("/_sandbox/clock", json=body)

    assert answer.status_code == 400
    assert reason in answer.json()["error"]["message"]
    assert (await sandbox.client.get("/_sandbox/clock")).json()["offset"] == 0


async def test_truth_has_the_captured_charge_when_paid(sandbox: Sandbox) -> None:
    session = await sandbox.open_session(**{"payment_intent_data[metadata][order]": "OP-7K3M9"})
    await sandbox.submit(session["id"])

    (row,) = await sandbox.truth("captures")

    assert row["ref"].startswith("ch_")
    assert {key: row[key] for key in ("provider", "amount", "currency", "refunded", "session")} == {
        "provider": "stripe",
        "amount": 2400,
        "currency": "usd",
        "refunded": 0,
        "session": session["id"],
    }
    assert row["metadata"]["order"] == "OP-7K3M9"
    assert row["client_reference_id"] == "order-1"


async def test_truth_has_no_capture_when_declined_or_still_open(sandbox: Sandbox) -> None:
    await sandbox.submit((await sandbox.open_session())["id"], number="4000000000000002")

    assert await sandbox.truth("captures") == []


async def test_truth_has_the_account_when_a_connected_one_was_paid(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()
    more = {"payment_intent_data[application_fee_amount]": 240}
    await sandbox.submit((await sandbox.open_session(account=account, **more))["id"])
    await sandbox.tell("clock", advance=5)

    (capture,) = await sandbox.truth("captures")
    balances = {(row["account"] == account, row["currency"]): row["amount"] for row in await sandbox.truth("balances")}

    # 24.00 less Stripe's 2.9 % + 0.30 and the fee of 2.40; the platform has the fee.
    assert capture["account"] == account
    assert balances == {(True, "usd"): 2400 - 100 - 240, (False, "usd"): 240}


async def test_truth_has_the_transfer_when_a_destination_was_paid(sandbox: Sandbox) -> None:
    account = await sandbox.open_account(charged="destination")
    more = {
        "payment_intent_data[transfer_data][destination]": account,
        "payment_intent_data[application_fee_amount]": 240,
    }
    await sandbox.submit((await sandbox.open_session(**more))["id"])
    await sandbox.tell("clock", advance=5)

    captures, (transfer,) = await sandbox.truth("captures"), await sandbox.truth("transfers")

    assert len(captures) == 1
    assert (transfer["destination"], transfer["amount"], transfer["refunded"]) == (account, 2400, 0)


async def test_truth_has_what_was_given_back_when_a_destination_payment_is_refunded(sandbox: Sandbox) -> None:
    account = await sandbox.open_account(charged="destination")
    more = {
        "payment_intent_data[transfer_data][destination]": account,
        "payment_intent_data[application_fee_amount]": 240,
    }
    await sandbox.submit((await sandbox.open_session(**more))["id"])
    await sandbox.tell("clock", advance=5)
    charge = (await sandbox.truth("captures"))[0]["ref"]
    back = {"charge": charge, "reverse_transfer": "true", "refund_application_fee": "true", "metadata[why]": "late"}
    await sandbox.create("/v1/refunds", back)

    (refund,) = await sandbox.truth("refunds")
    (capture,) = await sandbox.truth("captures")
    (transfer,) = await sandbox.truth("transfers")
    balances = {row["account"]: row["amount"] for row in await sandbox.truth("balances")}

    assert (refund["charge"], refund["amount"], refund["refunded"]) == (charge, 2400, 2400)
    assert refund["metadata"] == {"why": "late"}
    assert (capture["refunded"], transfer["refunded"]) == (2400, 2400)
    # Only Stripe's fee is gone, and the platform bears it.
    assert balances == {account: 0, DEMO_PLATFORM: -100}


async def test_truth_has_each_request_with_its_answer_when_calls_were_made(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path="/v1/refunds", when="before", action="status")
    await sandbox.call("POST", "/v1/refunds", {"charge": "ch_1"}, key="refund-1", account="acct_1")
    await sandbox.open_session()

    made, lost = await sandbox.truth("requests")

    assert (made["method"], made["path"], made["status"], made["fault"]) == (
        "POST",
        "/v1/checkout/sessions",
        200,
        None,
    )
    assert made["params"]["metadata[order]"] == "OP-7K3M9"
    assert made["ref"].startswith("req_")
    assert (lost["account"], lost["idempotency_key"], lost["status"]) == ("acct_1", "refund-1", None)
    assert lost["fault"] == "before:status"


async def test_truth_marks_requests_when_an_answer_was_lost_and_replayed(sandbox: Sandbox) -> None:
    await sandbox.tell("faults", method="POST", path="/v1/customers", when="after", action="status")
    for _ in range(2):
        await sandbox.call("POST", "/v1/customers", {"email": "ada@example.test"}, key="c1")

    second, first = await sandbox.truth("requests")

    assert (first["fault"], first["replayed"], first["status"]) == ("after:status", False, 200)
    assert (second["fault"], second["replayed"], second["status"]) == (None, True, 200)


async def test_requests_keep_no_card_number_when_one_is_sent(sandbox: Sandbox) -> None:
    await sandbox.call(
        "POST",
        "/v1/payment_methods",
        {"type": "card", "card[number]": "4242424242424242", "card[cvc]": "123"},
    )

    (row,) = await sandbox.truth("requests")

    assert row["params"] == {"type": "card", "card[number]": "****", "card[cvc]": "****"}


async def test_truth_has_events_with_their_deliveries_when_delivered(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint(("checkout.session.completed",))
    session = await sandbox.open_session()
    await sandbox.submit(session["id"])

    rows = {row["type"]: row for row in await sandbox.truth("events")}

    completed = rows["checkout.session.completed"]
    assert completed["object"] == session["id"]
    assert [(one["endpoint"], one["state"]) for one in completed["deliveries"]] == [(endpoint["id"], "delivered")]
    assert rows["charge.succeeded"]["deliveries"] == []


async def test_answer_names_the_truths_when_asked_for_another(sandbox: Sandbox) -> None:
    answer = await sandbox.client.get("/_sandbox/truth/mandates")

    assert answer.status_code == 404
    assert "captures, refunds, transfers" in answer.json()["error"]["message"]


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::7", "10.0.0.1"])
async def test_strangers_are_refused_when_they_are_not_on_this_machine(tmp_path: Path, peer: str) -> None:
    async with composed(tmp_path, Shop()) as sandbox:
        transport = httpx.ASGITransport(app=sandbox.app, client=(peer, 4000))
        async with httpx.AsyncClient(transport=transport, base_url=SANDBOX) as stranger:
            answers = [await stranger.get("/_sandbox/clock"), await stranger.post("/_sandbox/reset")]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "loopback" in answers[0].json()["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:8001"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_pages_of_other_sites_are_refused_when_a_browser_carries_them(
    sandbox: Sandbox, headers: dict[str, str]
) -> None:
    assert (await sandbox.client.post("/_sandbox/reset", headers=headers)).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8001", "127.0.0.1:8001", "[::1]:8001", "sandbox"])
async def test_own_names_are_answered_when_used(sandbox: Sandbox, host: str) -> None:
    assert (await sandbox.client.get("/_sandbox/clock", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/_sandbox/nothing", 404), ("PUT", "/_sandbox/clock", 405), ("GET", "/_sandbox/reset", 405)],
)
async def test_errors_are_json_when_the_call_does_not_exist(
    sandbox: Sandbox, method: str, path: str, status: int
) -> None:
    answer = await sandbox.client.request(method, path)

    assert answer.status_code == status
    assert answer.json()["error"]["status"] == status
