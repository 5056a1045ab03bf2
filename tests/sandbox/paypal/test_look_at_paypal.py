"""The tester's pages show PayPal's objects, events, deliveries and requests beside the other provider's."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.sandbox.paypal.conftest import PayPal

URL = "http://localhost:8000/webhooks/paypal"


async def register(paypal: PayPal) -> str:
    wanted = {"url": URL, "event_types": [{"name": "*"}]}
    return str((await paypal.create("POST", "/v1/notifications/webhooks", wanted))["id"])


async def buy(paypal: PayPal, outcome: str = "balance", **unit: Any) -> tuple[str, str]:
    """Ids of an order that was captured, and of its capture."""
    amount = {"currency_code": "USD", "value": "24.00"}
    order = await paypal.open_order({"amount": amount, "invoice_id": "OP-7K3M9-1", **unit})
    await paypal.sandbox.tell("paypal", action="approve", id=order["id"], outcome=outcome)
    taken = await paypal.create("POST", f"/v2/checkout/orders/{order['id']}/capture", {}, key="cap-1")
    return order["id"], taken["purchase_units"][0]["payments"]["captures"][0]["id"]


async def look(paypal: PayPal, path: str) -> str:
    answer = await paypal.sandbox.client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def press(paypal: PayPal, page: str, words: str) -> httpx.Response:
    """Send the form on an object's page whose button says these words."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if f">{words}</button>" in one)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    action = re.findall(r'action="([^"]+)"', form)[0]
    return await paypal.sandbox.client.post(action, data=fields)


async def test_an_order_leads_to_its_approval_page_when_it_is_new(paypal: PayPal) -> None:
    order, _ = await buy(paypal)

    start = await look(paypal, "/")
    page = await look(paypal, f"/console/objects/{order}")

    assert "OP-7K3M9-1" in start
    for text in (start, page):
        assert f'href="/checkoutnow?token={order}"' in text
    assert "$24.00" in page
    assert "CHECKOUT.ORDER.APPROVED" in page
    assert '"_' not in page.replace("&#34;", '"')


async def test_amounts_are_right_when_paypal_has_fewer_decimals(paypal: PayPal) -> None:
    order, _ = await buy(paypal, amount={"currency_code": "HUF", "value": "4500"})

    assert "4,500.00" in await look(paypal, f"/console/objects/{order}")


async def test_a_capture_shows_who_was_told_and_who_asked_when_it_is_looked_at(paypal: PayPal) -> None:
    await register(paypal)
    order, capture = await buy(paypal)
    await paypal.sandbox.app.state.deliveries.run_due()
    await paypal.create("GET", f"/v2/payments/captures/{capture}")

    found = await paypal.sandbox.client.get("/console/objects", params={"q": capture})
    page = await look(paypal, found.headers["location"])

    assert found.status_code == 303
    assert "PAYMENT.CAPTURE.COMPLETED" in page
    assert ">delivered<" in page
    assert f"/v2/payments/captures/{capture}" in page
    assert order in page


async def test_events_of_both_providers_are_listed_and_found_by_type(paypal: PayPal) -> None:
    await buy(paypal)
    await paypal.sandbox.create("/v1/customers", {"email": "ada@example.com"})

    everything = await look(paypal, "/console/events")
    captures = await look(paypal, "/console/events?type=PAYMENT.CAPTURE.*")

    assert "customer.created" in everything
    assert "CHECKOUT.ORDER.APPROVED" in everything
    assert "PAYMENT.CAPTURE.COMPLETED" in captures
    assert "customer.created" not in captures
    assert "CHECKOUT.ORDER.APPROVED" not in captures


async def test_an_event_is_shown_with_its_deliveries_when_opened(paypal: PayPal) -> None:
    await register(paypal)
    _, capture = await buy(paypal)
    event = paypal.app.world.find(paypal.app.merchant_id, "paypal_event")[0]

    page = await look(paypal, f"/console/objects/{event['id']}")

    assert f"<dd>{event['event_type']}</dd>" in page
    assert "/console/deliveries/" in page
    assert f'href="/console/objects/{capture}">{capture}</a>' in page


async def test_a_webhook_is_switched_off_and_on_when_its_button_is_pressed(paypal: PayPal) -> None:
    await register(paypal)

    for state in ("disabled", "enabled"):
        page = await look(paypal, "/console/deliveries")
        assert URL in page
        answer = await press(
            paypal, page, f'Switch {"off" if state == "disabled" else "on"}<span class="unseen"> {URL}</span>'
        )
        assert answer.status_code == 303
        [kept] = paypal.app.world.find(paypal.app.merchant_id, "paypal_webhook")
        assert kept["_status"] == state


async def test_requests_are_shown_with_key_body_and_answer_when_opened(paypal: PayPal) -> None:
    order, _ = await buy(paypal)

    listed = await look(paypal, f"/console/requests?q={order}")
    number = re.findall(r"/console/requests/(\d+)", listed)[0]
    page = await look(paypal, f"/console/requests/{number}")

    assert f"/v2/checkout/orders/{order}/capture" in page
    assert "<dd><code>cap-1</code></dd>" in page
    assert "COMPLETED" in page


async def test_a_waiting_capture_ends_when_its_button_is_pressed(paypal: PayPal) -> None:
    _, capture = await buy(paypal, "echeck")
    page = await look(paypal, f"/console/objects/{capture}")

    answer = await press(paypal, page, "Deny it")

    assert answer.status_code == 303
    assert (await paypal.create("GET", f"/v2/payments/captures/{capture}"))["status"] == "DECLINED"
    after = await look(paypal, answer.headers["location"])
    assert "It happened at PayPal&#39;s side" in after
    assert "Deny it" not in after


async def test_the_page_says_why_when_a_button_comes_too_late(paypal: PayPal) -> None:
    _, capture = await buy(paypal, "echeck")
    page = await look(paypal, f"/console/objects/{capture}")
    await press(paypal, page, "Complete it")

    late = await press(paypal, page, "Deny it")

    assert late.status_code == 400
    assert "COMPLETED already" in late.text


async def test_a_form_of_another_site_is_refused_when_it_acts_at_paypals_side(paypal: PayPal) -> None:
    _, capture = await buy(paypal)

    answer = await paypal.sandbox.client.post(
        "/console/paypal",
        data={"action": "refund", "id": capture},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert (await paypal.create("GET", f"/v2/payments/captures/{capture}"))["status"] == "COMPLETED"
