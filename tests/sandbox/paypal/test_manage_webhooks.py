"""Webhooks are registered, changed and deleted as by PayPal's management API."""

from __future__ import annotations

from typing import Any

import pytest

from store.sandbox.paypal.events import OTHERS, SUMMARIES
from tests.sandbox.conftest import Sandbox
from tests.sandbox.paypal.conftest import PayPal

PATH = "/v1/notifications/webhooks"
URL = "https://shop.example.com/webhooks/paypal"
ALL = [{"name": "*"}]


async def register(paypal: PayPal, url: str = URL, types: Any = None) -> Any:
    return await paypal.create("POST", PATH, {"url": url, "event_types": types or ALL})


async def test_a_webhook_is_told_whole_when_it_is_created(paypal: PayPal) -> None:
    answer = await paypal.call("POST", PATH, {"url": URL, "event_types": [{"name": "PAYMENT.CAPTURE.COMPLETED"}]})

    made = answer.json()
    assert answer.status_code == 201
    assert made["url"] == URL
    assert [one["name"] for one in made["event_types"]] == ["PAYMENT.CAPTURE.COMPLETED"]
    assert {one["rel"]: one["method"] for one in made["links"]} == {
        "self": "GET",
        "update": "PATCH",
        "delete": "DELETE",
    }
    assert (await paypal.create("GET", f"{PATH}/{made['id']}")) == made
    assert (await paypal.create("GET", PATH)) == {"webhooks": [made]}
    assert not [name for name in made if name.startswith("_")]


async def test_the_root_certificate_is_there_when_a_webhook_was_registered(sandbox: Sandbox) -> None:
    file = sandbox.world.folder / "paypal-ca.pem"
    assert not file.exists()

    answer = await sandbox.client.post(
        PATH, json={"url": URL, "event_types": ALL}, auth=("overprint", "overprint-secret")
    )

    assert answer.status_code == 201
    assert file.read_text().startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/hook",
        "https://shop.example.com:8443/hook",
        "ftp://shop.example.com/hook",
        "http://127.0.0.1.example.com/hook",
        "https:///hook",
    ],
)
async def test_an_address_is_refused_when_paypal_could_not_reach_it_safely(paypal: PayPal, url: str) -> None:
    answer = await paypal.call("POST", PATH, {"url": url, "event_types": ALL})

    assert answer.status_code == 400
    assert answer.json()["name"] == "VALIDATION_ERROR"
    assert answer.json()["details"][0]["field"] == "/url"
    assert (await paypal.create("GET", PATH)) == {"webhooks": []}


async def test_plain_http_is_taken_when_it_stays_on_this_machine(paypal: PayPal) -> None:
    assert (await register(paypal, "http://localhost:8000/webhooks/paypal"))["id"]


async def test_an_eleventh_webhook_is_refused_when_an_app_has_ten(paypal: PayPal) -> None:
    for number in range(10):
        await register(paypal, f"{URL}/{number}")

    answer = await paypal.call("POST", PATH, {"url": f"{URL}/10", "event_types": ALL})

    assert (answer.status_code, answer.json()["name"]) == (400, "WEBHOOK_NUMBER_LIMIT_EXCEEDED")


async def test_a_second_webhook_is_refused_when_its_address_is_taken(paypal: PayPal) -> None:
    await register(paypal)

    answer = await paypal.call("POST", PATH, {"url": URL, "event_types": ALL})

    assert (answer.status_code, answer.json()["name"]) == (400, "WEBHOOK_URL_ALREADY_EXISTS")


@pytest.mark.parametrize("types", [[], [{"name": "PAYMENT.CAPTURE.EXPLODED"}], [{}]])
async def test_a_subscription_is_refused_when_it_names_no_event(paypal: PayPal, types: Any) -> None:
    answer = await paypal.call("POST", PATH, {"url": URL, "event_types": types})

    assert (answer.status_code, answer.json()["name"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["details"][0]["field"].startswith("/event_types")


async def test_address_and_events_change_when_they_are_replaced(paypal: PayPal) -> None:
    made = await register(paypal)
    changes = [
        {"op": "replace", "path": "/url", "value": f"{URL}/new"},
        {"op": "replace", "path": "/event_types", "value": [{"name": "CHECKOUT.ORDER.APPROVED"}]},
    ]

    answer = await paypal.call("PATCH", f"{PATH}/{made['id']}", changes)

    assert answer.status_code == 200
    assert answer.json()["url"] == f"{URL}/new"
    types = (await paypal.create("GET", f"{PATH}/{made['id']}/event-types"))["event_types"]
    assert [one["name"] for one in types] == ["CHECKOUT.ORDER.APPROVED"]


async def test_certificates_are_named_where_the_app_is_now_when_it_changes_a_webhook(paypal: PayPal) -> None:
    made = await register(paypal)
    same = [{"op": "replace", "path": "/url", "value": URL}]

    answer = await paypal.call("PATCH", f"http://127.0.0.1:9001{PATH}/{made['id']}", same)

    assert answer.status_code == 200
    [kept] = paypal.app.world.find(paypal.app.merchant_id, "paypal_webhook")
    assert kept["_origin"] == "http://127.0.0.1:9001"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"op": "replace", "path": "/url", "value": URL}, "WEBHOOK_PATCH_REQUEST_NO_CHANGE"),
        ({"op": "add", "path": "/url", "value": f"{URL}/2"}, "VALIDATION_ERROR"),
        ({"op": "replace", "path": "/id", "value": "X"}, "VALIDATION_ERROR"),
        ({"op": "replace", "path": "/url", "value": "http://shop.example.com/"}, "VALIDATION_ERROR"),
        ({"op": "replace", "path": "/event_types", "value": [{"name": "NOTHING"}]}, "VALIDATION_ERROR"),
    ],
)
async def test_a_change_is_refused_when_it_changes_nothing_or_cannot_be(
    paypal: PayPal, change: dict[str, Any], name: str
) -> None:
    made = await register(paypal)

    answer = await paypal.call("PATCH", f"{PATH}/{made['id']}", [change])

    assert (answer.status_code, answer.json()["name"]) == (400, name)
    assert (await paypal.create("GET", f"{PATH}/{made['id']}")) == made


async def test_a_webhook_is_gone_when_it_was_deleted(paypal: PayPal) -> None:
    made = await register(paypal)

    answer = await paypal.call("DELETE", f"{PATH}/{made['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    gone = await paypal.call("GET", f"{PATH}/{made['id']}")
    assert (gone.status_code, gone.json()["name"]) == (404, "RESOURCE_NOT_FOUND")


async def test_every_event_can_be_asked_for_when_types_are_listed(paypal: PayPal) -> None:
    listed = (await paypal.create("GET", "/v1/notifications/webhooks-event-types"))["event_types"]

    assert {one["name"] for one in listed} == {*SUMMARIES, *OTHERS}
    assert await register(paypal, types=[{"name": one["name"]} for one in listed])


async def test_a_lookup_ties_the_app_to_its_account_until_it_is_deleted(paypal: PayPal) -> None:
    path = "/v1/notifications/webhooks-lookup"
    answer = await paypal.call("POST", path)
    made = answer.json()

    assert answer.status_code == 201
    assert made["client_id"] == "overprint"
    assert (await paypal.create("GET", path))["webhooks_lookups"] == [made]
    assert (await paypal.create("GET", f"{path}/{made['id']}")) == made
    assert (await paypal.call("DELETE", f"{path}/{made['id']}")).status_code == 204
    assert (await paypal.call("GET", f"{path}/{made['id']}")).status_code == 404


async def test_webhooks_stay_when_the_sandbox_is_reset(paypal: PayPal) -> None:
    made = await register(paypal)

    await paypal.sandbox.tell("reset")

    assert paypal.app.world.find(paypal.app.merchant_id, "paypal_webhook")[0]["id"] == made["id"]
