"""The hosted page as it is shown: open, complete, processing, expired, unknown; its head and its policy."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.sandbox.conftest import SHOP, Sandbox

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " form-action 'self' {shop}; base-uri 'none'; frame-ancestors 'none'"
)


async def test_page_has_the_agreed_labels_when_open(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()

    page = await sandbox.client.get(session["url"])

    labels = re.findall(r"<label[^>]*>([^<]*)</label>", page.text)
    assert page.status_code == 200
    assert labels == ["Card number", "Expiry", "CVC", "Name on card"]
    assert re.findall(r'<button type="submit" class="primary">([^<]*)</button>', page.text) == ["Pay $24.00"]
    assert f'<a href="{SHOP}/cart">Cancel</a>' in page.text
    assert "Riso print: Moon over Lisbon" in page.text
    assert page.text.count("<h1") == 1
    assert "4000 0000 0000 9995" in page.text
    assert "<strong>Sandbox</strong>" in page.text


async def test_policy_lists_the_merchants_origin_when_open(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()

    page = await sandbox.client.get(session["url"])

    assert page.headers["content-security-policy"] == POLICY.format(shop=SHOP)
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "localhost:9999"])
async def test_url_has_the_host_the_caller_used_when_created(sandbox: Sandbox, host: str) -> None:
    sandbox.client.headers["Host"] = host
    session = await sandbox.open_session()

    assert session["url"].startswith(f"http://{host}/c/pay/cs_test_")
    assert (await sandbox.client.get(session["url"])).status_code == 200


@pytest.mark.parametrize(("currency", "amount", "button"), [("eur", 8600, "Pay €86.00"), ("jpy", 4500, "Pay ¥4,500")])
async def test_amount_has_the_currencys_digits_when_shown(
    sandbox: Sandbox, currency: str, amount: int, button: str
) -> None:
    session = await sandbox.open_session(amount, currency)

    page = await sandbox.client.get(session["url"])

    assert button in unescape(page.text)


async def test_page_says_complete_and_links_to_the_order_when_paid(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.submit(session["id"])

    page = await sandbox.client.get(f"/c/pay/{session['id']}")

    assert page.status_code == 200
    assert "<h1>This payment is complete</h1>" in page.text
    assert f'href="{SHOP}/return?session_id={session["id"]}"' in page.text
    assert "<form" not in page.text


async def test_page_says_processing_when_complete_but_unpaid(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    account, kind, stored = sandbox.world.lookup(session["id"]) or ("", "", {})
    sandbox.world.put(account, kind, stored | {"status": "complete", "payment_status": "unpaid"})

    page = await sandbox.client.get(f"/c/pay/{session['id']}")

    assert "<h1>This payment is processing</h1>" in page.text
    assert "<form" not in page.text


async def test_page_says_expired_and_links_back_when_time_is_up(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.tell("clock", advance=86400)

    page = await sandbox.client.get(f"/c/pay/{session['id']}")

    assert "<h1>This payment page has expired</h1>" in page.text
    assert "You have not been charged" in page.text
    assert f'href="{SHOP}/cart"' in page.text
    assert f'<a href="{SHOP}/">To the shop</a>' in page.text
    assert "<form" not in page.text


async def test_page_says_expired_when_the_shop_ended_the_session(sandbox: Sandbox) -> None:
    session = await sandbox.open_session()
    await sandbox.call("POST", f"/v1/checkout/sessions/{session['id']}/expire")

    page = await sandbox.client.get(f"/c/pay/{session['id']}")

    assert "<h1>This payment page has expired</h1>" in page.text


@pytest.mark.parametrize("path", ["/", "/mailbox", "/c/pay/cs_test_unknown"])
async def test_pages_lead_back_to_the_shop_when_an_endpoint_says_where_it_is(sandbox: Sandbox, path: str) -> None:
    before = await sandbox.client.get(path)
    await sandbox.add_endpoint()

    after = await sandbox.client.get(path)

    assert "To the shop" not in before.text
    assert f'<a href="{SHOP}/">To the shop</a>' in after.text


@pytest.mark.parametrize("path", ["/c/pay/cs_test_forged", "/c/pay/pi_1", "/c/pay/cs_x/challenge/y", "/nowhere"])
async def test_answer_is_a_404_page_when_unknown(sandbox: Sandbox, path: str) -> None:
    page = await sandbox.client.get(path)

    assert page.status_code == 404
    assert "<h1>There is nothing here</h1>" in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_what_the_shop_wrote_is_text_when_it_looks_like_markup(sandbox: Sandbox) -> None:
    session = await sandbox.open_session(
        **{"line_items[0][price_data][product_data][name]": "<script>alert(1)</script>"}
    )

    page = await sandbox.client.get(session["url"])

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


async def test_first_page_links_to_what_happened_when_something_did(sandbox: Sandbox) -> None:
    await sandbox.add_endpoint(("checkout.session.completed",))
    empty = await sandbox.client.get("/")
    session = await sandbox.open_session()
    await sandbox.submit(session["id"])

    page = await sandbox.client.get("/")

    assert "None yet." in empty.text
    assert f'href="/c/pay/{session["id"]}"' in page.text
    assert "checkout.session.completed" in page.text
    assert '<span class="tag delivered">delivered</span>' in page.text
    assert 'href="/mailbox"' in page.text


@pytest.mark.parametrize("path", ["/", "/mailbox", "/nowhere"])
async def test_pages_run_no_inline_script_or_style_when_shown(sandbox: Sandbox, path: str) -> None:
    page = await sandbox.client.get(path)

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"<style|<script(?![^>]*src=)|\son\w+=|\sstyle=", page.text)


@pytest.mark.parametrize("name", ["sandbox.css", "pay.js", "favicon.svg"])
async def test_assets_are_sent_when_named(sandbox: Sandbox, name: str) -> None:
    assert (await sandbox.client.get(f"/assets/{name}")).status_code == 200


@pytest.mark.parametrize("name", ["base.html", "..%2Fapp.py", "nothing.css"])
async def test_other_files_are_not_sent_when_asked_for(sandbox: Sandbox, name: str) -> None:
    assert (await sandbox.client.get(f"/assets/{name}")).status_code == 404
