"""`/_sandbox/reset`: back to the state after seeding, or to nothing; what a tester leaves behind is gone."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Sandbox


async def test_only_the_seed_is_left_when_reset(sandbox: Sandbox) -> None:
    account, endpoint = await sandbox.open_account(), await sandbox.add_endpoint()
    await sandbox.tell("seeded")
    later = await sandbox.add_endpoint()
    await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.tell("clock", advance=60)
    await sandbox.tell("webhooks", action="hold")
    await sandbox.tell("faults", method="*", path="/v1/*", when="before", action="status", count=0)
    sandbox.app.state.mailbox.keep("shop@example.test", ["ada@example.test"], b"Subject: Hello\r\n\r\nHello")

    answer = await sandbox.tell("reset")

    assert answer.status_code == 200
    for what in ("captures", "refunds", "transfers", "balances", "events", "requests"):
        assert await sandbox.truth(what) == []
    assert (await sandbox.client.get("/_sandbox/mailbox")).json() == {"data": []}
    assert (await sandbox.client.get("/_sandbox/clock")).json()["offset"] == 0
    assert [one["id"] for one in sandbox.world.find(None, "webhook_endpoint")] == [endpoint["id"]]
    assert later["id"] != endpoint["id"]
    assert account in {one["id"] for one in sandbox.world.find(None, "account")}
    assert sandbox.app.state.deliveries.measure()["waiting"] == 0
    await sandbox.submit((await sandbox.open_session())["id"])
    assert "checkout.session.completed" in sandbox.shop.types()


async def test_nothing_is_left_when_everything_is_reset(sandbox: Sandbox) -> None:
    await sandbox.open_account()
    await sandbox.add_endpoint()
    await sandbox.tell("seeded")
    await sandbox.submit((await sandbox.open_session())["id"])
    await sandbox.tell("clock", advance=60)

    answer = await sandbox.tell("reset", all=True)
    again = await sandbox.tell("reset")

    assert (answer.json()["all"], again.json()["all"]) == (True, False)
    for kind in ("account", "webhook_endpoint", "checkout.session", "event", "balance_transaction"):
        assert sandbox.world.find(None, kind) == [], kind
    assert sandbox.app.state.clock.offset == 0
    assert await sandbox.truth("requests") == []


async def test_every_platforms_seed_stays_when_reset(sandbox: Sandbox) -> None:
    mine = {"Authorization": "Bearer sk_test_mine"}
    hook = {"url": "http://localhost:9/", "enabled_events[]": "*"}
    made = (await sandbox.client.post("/v1/webhook_endpoints", data=hook, headers=mine)).json()
    await sandbox.tell("seeded")
    await sandbox.client.post("/v1/customers", data={"email": "otto@example.test"}, headers=mine)

    await sandbox.tell("reset")

    kept = (await sandbox.client.get("/v1/webhook_endpoints", headers=mine)).json()["data"]
    assert [one["id"] for one in kept] == [made["id"]]
    assert (await sandbox.client.get("/v1/customers", headers=mine)).json()["data"] == []


async def test_code_can_be_used_again_when_reset(sandbox: Sandbox) -> None:
    coupon = (await sandbox.call("POST", "/v1/coupons", {"percent_off": "10", "duration": "once"})).json()
    made = {"promotion[type]": "coupon", "promotion[coupon]": coupon["id"], "code": "SPRING"}
    code = (await sandbox.call("POST", "/v1/promotion_codes", made)).json()
    await sandbox.tell("seeded")
    await sandbox.call("DELETE", f"/v1/coupons/{coupon['id']}")

    await sandbox.tell("reset")

    kept = (await sandbox.call("GET", "/v1/promotion_codes")).json()["data"]
    assert [one["id"] for one in kept] == [code["id"]]
    assert (await sandbox.call("GET", f"/v1/coupons/{coupon['id']}")).json()["valid"]


@pytest.mark.parametrize("everything", [False, True])
async def test_key_of_an_earlier_request_is_new_again_when_reset(sandbox: Sandbox, everything: bool) -> None:
    ada, otto = {"email": "ada@example.test"}, {"email": "otto@example.test"}
    await sandbox.tell("seeded")
    first = await sandbox.call("POST", "/v1/customers", ada, key="buyer-1")
    assert (await sandbox.call("POST", "/v1/customers", otto, key="buyer-1")).status_code == 400

    await sandbox.tell("reset", all=everything)

    again = await sandbox.call("POST", "/v1/customers", otto, key="buyer-1")
    assert (again.status_code, again.json()["email"]) == (200, "otto@example.test")
    assert "idempotent-replayed" not in again.headers
    assert [one["id"] for one in sandbox.world.find(None, "customer")] == [again.json()["id"]] != [first.json()["id"]]


async def test_disabled_endpoint_is_enabled_again_when_reset(sandbox: Sandbox) -> None:
    endpoint = await sandbox.add_endpoint()
    await sandbox.tell("seeded")
    await sandbox.tell("webhooks", action="disable")

    await sandbox.tell("reset")

    shown = (await sandbox.call("GET", f"/v1/webhook_endpoints/{endpoint['id']}")).json()
    assert shown["status"] == "enabled"


async def test_answer_is_400_when_a_reset_is_misspelt(sandbox: Sandbox) -> None:
    await sandbox.open_session()

    answer = await sandbox.tell("reset", everything=True)

    assert answer.status_code == 400
    assert "everything" in answer.json()["error"]["message"]
    assert len(sandbox.world.find(None, "checkout.session")) == 1
