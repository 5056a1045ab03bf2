"""The library's address: a script for a right one, PayPal's sentence for a wrong one; and what the button may ask."""

from __future__ import annotations

import re

import pytest

from store.sandbox.paypal.sdk_script import FILES
from tests.sandbox.paypal.conftest import PayPal

RIGHT = "client-id=overprint&currency=EUR&intent=capture&components=buttons&commit=true"


async def test_script_is_sent_to_any_page_when_the_address_is_right(paypal: PayPal) -> None:
    answer = await paypal.sandbox.client.get(f"/sdk/js?{RIGHT}")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert '"currency": "EUR"' in answer.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("currency=EUR", "Expected client-id to be passed"),
        ("client-id=a%20b", "client-id not recognized for either production or sandbox: a b"),
        ("client-id=overprint&currency=XTS", "Invalid query value for currency: XTS"),
        ("client-id=overprint&intent=sale", "Invalid query value for intent: sale"),
        ("client-id=overprint&components=marks", "Invalid query value for components: marks"),
        ("client-id=overprint&colour=gold", "Disallowed query param: colour"),
    ],
)
async def test_script_throws_the_reason_when_the_address_is_wrong(paypal: PayPal, query: str, sentence: str) -> None:
    answer = await paypal.sandbox.client.get(f"/sdk/js?{query}")

    assert answer.status_code == 400
    assert answer.text == f"throw new Error(\"SDK Validation error: '{sentence}'\");\n"


async def test_button_may_stand_in_any_page_and_loads_only_from_here(paypal: PayPal) -> None:
    page = await paypal.sandbox.client.get("/sdk/button?client-id=overprint&label=buynow&color=%22%3E&shape=pill")

    policy = page.headers["content-security-policy"]
    assert "frame-ancestors http: https:" in policy
    assert "default-src 'none'" in policy
    assert '<button type="button" hidden class="gold pill">PayPal Buy Now</button>' in page.text


async def test_window_stays_in_touch_with_its_opener_when_it_opens(paypal: PayPal) -> None:
    page = await paypal.sandbox.client.get("/sdk/opening")

    assert page.headers["cross-origin-opener-policy"] == "unsafe-none"


@pytest.mark.parametrize("name", ["nothing.js", "port.js", "..%2Fapp.py"])
async def test_no_other_file_is_sent(paypal: PayPal, name: str) -> None:
    answer = await paypal.sandbox.client.get(f"/sdk/{name}")

    assert answer.status_code == 404


async def test_look_at_an_order_is_refused_when_a_page_of_another_site_asks(paypal: PayPal) -> None:
    path = "/sdk/orders/5O190127TN364715T/summary?client-id=overprint"

    own = await paypal.sandbox.client.get(path, headers={"Sec-Fetch-Site": "same-origin"})
    other = await paypal.sandbox.client.get(path, headers={"Sec-Fetch-Site": "cross-site"})

    assert (own.status_code, own.json()["details"][0]["issue"]) == (404, "INVALID_RESOURCE_ID")
    assert other.status_code == 403


def test_library_needs_no_eval_and_no_inline_style() -> None:
    scripts = {file.name: file.read_text("utf-8") for file in FILES.glob("*.js")}

    assert len(scripts) == 6
    found = {
        name: re.findall(r"\beval\b\(|new Function|innerHTML|document\.write|cssText|<style", text)
        for name, text in scripts.items()
    }
    assert not any(found.values()), found
